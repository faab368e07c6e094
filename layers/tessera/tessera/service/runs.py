"""Runs: counting what comes of each batch, and summing it up."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tessera import runs
from tessera.coupon_jobs import CouponJob, GrantJob
from tessera.evaluations import Evaluation
from tessera.runs import Counted, HandOut, Night, Summary
from tessera.store import run_counts
from tessera.store.runs import counts_key, read_runs


def report(run: str, batch: int, counts: Mapping[str, int], at: datetime) -> Summary | None:
    """Count what came of a batch, once however often it is delivered.

    Args:
        run: the name of the run's record.
        batch: the number of the batch.
        counts: what came of it.
        at: when it was taken up.

    Returns:
        the run's summary, if this batch was the last; None otherwise.

    Raises:
        Unavailable: the store did not answer; reporting it again does no harm.
    """
    chunk, place = runs.chunk_of(batch)
    counted = run_counts.add(counts_key(run, chunk), place, counts, at)
    return completed(run) if _count_chunk(run, chunk, counted) else None


def end(run: str, number: int, handed_out: HandOut, at: datetime) -> None:
    """Fill the last chunk of a run's hand-out, which has fewer batches than a chunk has places. Safe to repeat."""
    if places := handed_out.free_places():
        chunk, _ = runs.chunk_of(runs.first_batch(number) + handed_out.batches)
        _count_chunk(run, chunk, run_counts.fill(counts_key(run, chunk), places, at))


def completed(run: str) -> Summary | None:
    """Answer the summary of a run if all of it is done."""
    record = read_runs([run, counts_key(run)])
    hand_outs, whole = _hand_outs(record.get(run)), _counted(record.get(counts_key(run)))
    return summarize(run, hand_outs) if runs.is_complete(hand_outs, whole) else None


def read_each(names: Sequence[str]) -> list[tuple[Night | Evaluation, bool]]:
    """Read the runs of these records that are there, and say of each whether all of it is done."""
    found = read_runs([*names, *map(counts_key, names)])
    return [
        (record, runs.is_complete(_hand_outs(record), _counted(found.get(counts_key(name)))))
        for name in names
        if isinstance(record := found.get(name), Night | Evaluation)
    ]


def summarize(run: str, hand_outs: Sequence[HandOut]) -> Summary:
    """Sum up a run: two round trips, or more if many chunks are not complete."""
    whole = _counted(read_runs([counts_key(run)]).get(counts_key(run)))
    keys = {counts_key(run, chunk): chunk for chunk in runs.chunks(hand_outs) if chunk not in whole.done}
    open_chunks = {keys[name]: _counted(found) for name, found in read_runs(list(keys)).items()}
    return runs.summary(hand_outs, whole, open_chunks)


def undone(run: str, handed_out: HandOut) -> list[int]:
    """Answer the numbers of the batches that are not counted, of a run that has handed out all at once."""
    records = read_runs([counts_key(run), *(counts_key(run, chunk) for chunk in handed_out.chunks())])
    whole = _counted(records.get(counts_key(run))).done
    done = {chunk: _counted(records.get(counts_key(run, chunk))).done for chunk in handed_out.chunks()}
    places = ((batch, *runs.chunk_of(batch)) for batch in range(handed_out.batches))
    return [batch for batch, chunk, place in places if chunk not in whole and place not in done[chunk]]


def _count_chunk(run: str, chunk: int, counted: Counted) -> bool:
    """Count a chunk as a whole for the run, if it is complete; say whether it is."""
    if len(counted.done) < runs.CHUNK or counted.last_at is None:
        return False
    run_counts.add(counts_key(run), chunk, counted.counts, counted.last_at)
    return True


def _hand_outs(record: object) -> Sequence[HandOut]:
    match record:
        case Night():
            return record.hand_outs
        case Evaluation() | CouponJob() | GrantJob():
            return (record.handed_out,)
    return ()


def _counted(record: object) -> Counted:
    return record if isinstance(record, Counted) else Counted()
