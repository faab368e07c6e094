"""Runs: counting what comes of each batch, and summing it up."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tessera import runs
from tessera.evaluations import Evaluation
from tessera.runs import HandOut, Night, Summary, Tally
from tessera.store import tallies
from tessera.store.runs import read_runs, tally_key


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
    tally = tallies.add(tally_key(run, chunk), place, counts, at)
    return completed(run) if _count_chunk(run, chunk, tally) else None


def end(run: str, number: int, handed_out: HandOut, at: datetime) -> None:
    """Fill the last chunk of a run's hand-out, which has fewer batches than a chunk has places. Safe to repeat."""
    if places := handed_out.free_places():
        chunk, _ = runs.chunk_of(runs.first_batch(number) + handed_out.batches)
        _count_chunk(run, chunk, tallies.fill(tally_key(run, chunk), places, at))


def completed(run: str) -> Summary | None:
    """Answer the summary of a run if all of it is done."""
    record = read_runs([run, tally_key(run)])
    hand_outs, whole = _hand_outs(record.get(run)), _tally(record.get(tally_key(run)))
    return summarize(run, hand_outs) if runs.is_complete(hand_outs, whole) else None


def summarize(run: str, hand_outs: Sequence[HandOut]) -> Summary:
    """Sum up a run: two round trips, or more if many chunks are not complete."""
    whole = _tally(read_runs([tally_key(run)]).get(tally_key(run)))
    keys = {tally_key(run, chunk): chunk for chunk in runs.chunks(hand_outs) if chunk not in whole.done}
    open_chunks = {keys[name]: _tally(found) for name, found in read_runs(list(keys)).items()}
    return runs.summary(hand_outs, whole, open_chunks)


def _count_chunk(run: str, chunk: int, tally: Tally) -> bool:
    """Count a chunk in the run's own tally, if it is complete; say whether it is."""
    if len(tally.done) < runs.CHUNK or tally.last_at is None:
        return False
    tallies.add(tally_key(run), chunk, tally.counts, tally.last_at)
    return True


def _hand_outs(record: object) -> Sequence[HandOut]:
    match record:
        case Night():
            return record.hand_outs
        case Evaluation():
            return (record.handed_out,)
    return ()


def _tally(record: object) -> Tally:
    return record if isinstance(record, Tally) else Tally()
