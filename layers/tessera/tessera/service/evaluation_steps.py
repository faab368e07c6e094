"""The steps of an evaluation: each hands out the next members, and sends the message of the step after it.

The message is sent once the step is committed. If that fails, the message of the step that was done comes again, and
sends it then; so a job goes on whatever is lost, and no step is done twice.
"""

from dataclasses import dataclass
from datetime import datetime

from tessera.due_work import BATCH, DueWork
from tessera.due_work import write as write_work
from tessera.evaluations import MOST_BUCKETS, Evaluation, Evaluations, Step, read, write
from tessera.identities import BUCKETS
from tessera.runs import Summary
from tessera.service.attempts import until_committed
from tessera.service.runs import completed, end
from tessera.store import queues
from tessera.store.buckets import members_of
from tessera.store.runs import EVALUATIONS, evaluation_key, read_runs
from tessera.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a message did: the job as it is now, the members it handed out, and the summary if all are evaluated.

    Of a job that was stopped, or that another message carries on, it did nothing.
    """

    evaluation: Evaluation | None = None
    members: int = 0
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class _Walk:
    """The next members, and where the step after begins."""

    member_ids: list[str]
    bucket: int
    after: str | None


def take_step(body: str, now: datetime, *, again: bool) -> Stepped:
    """Do a step of a job.

    Args:
        body: the message.
        now: when it was sent.
        again: whether it was delivered before.

    Raises:
        ValueError: the message is none.
        Unavailable: the store or a queue did not answer; try again.
    """
    step = read(body)
    evaluation = _find(step.evaluation_id)
    if evaluation is None or evaluation.status != "running":
        return Stepped()
    if again and step.number == evaluation.step - 1:
        _send_next(evaluation, 0)
        return Stepped(evaluation)
    if step.number != evaluation.step:
        return Stepped()
    walk = _walk(evaluation)
    if not _goes_on(step):
        return Stepped()
    batches = _send(evaluation, walk.member_ids, now)
    stepped = until_committed(lambda: _commit(step, walk, batches, now))
    if stepped is None:
        return Stepped()
    if stepped.status == "running":
        _send_next(stepped, stepped.seconds_for(len(walk.member_ids)))
    summary = completed(evaluation_key(step.evaluation_id)) if stepped.status == "done" else None
    return Stepped(stepped, len(walk.member_ids), summary)


def _walk(evaluation: Evaluation) -> _Walk:
    """Take the members of one step, from where the one before ended."""
    member_ids: list[str] = []
    last = min(evaluation.bucket + MOST_BUCKETS, BUCKETS)
    after = evaluation.after
    for bucket in range(evaluation.bucket, last):
        for member_id in members_of(bucket, after, evaluation.members_of_a_step - len(member_ids)):
            member_ids.append(member_id)
            if len(member_ids) == evaluation.members_of_a_step:
                return _Walk(member_ids, bucket, member_id)
        after = None
    return _Walk(member_ids, last, None)


def _goes_on(step: Step) -> bool:
    """Say whether a job is running and at this step still: while it walks, it may have been stopped."""
    evaluation = _find(step.evaluation_id)
    return evaluation is not None and evaluation.status == "running" and evaluation.step == step.number


def _send(evaluation: Evaluation, member_ids: list[str], now: datetime) -> int:
    """Hand the members out; answer in how many batches. They have the same numbers if the step is begun again."""
    run, first = evaluation_key(evaluation.evaluation_id), evaluation.handed_out.batches
    groups = [member_ids[start : start + BATCH] for start in range(0, len(member_ids), BATCH)]
    works = [
        DueWork(task="evaluate", ids=ids, as_of=now, run=run, batch=first + number) for number, ids in enumerate(groups)
    ]
    queues.send_all("SETTLEMENTS_QUEUE_URL", [write_work(work) for work in works])
    return len(works)


def _commit(step: Step, walk: _Walk, batches: int, now: datetime) -> Evaluation | None:
    """Note that a step is done; None if it was noted before. A job that was stopped meanwhile stays stopped."""
    key = evaluation_key(step.evaluation_id)
    found = read_runs([key, EVALUATIONS])
    evaluation, evaluations = found.get(key), found.get(EVALUATIONS)
    if not isinstance(evaluation, Evaluation) or evaluation.step != step.number:
        return None
    stepped = evaluation.stepped(walk.bucket, walk.after, batches, len(walk.member_ids), now)
    transaction = Transaction()
    transaction.run(stepped)
    if stepped.status == "done":
        end(key, 0, stepped.handed_out, now)
        if isinstance(evaluations, Evaluations) and evaluations.running == step.evaluation_id:
            transaction.run(evaluations.ended())
    transaction.commit()
    return stepped


def _send_next(evaluation: Evaluation, seconds: int) -> None:
    queues.send_later("EVALUATIONS_QUEUE_URL", write(Step(evaluation.evaluation_id, evaluation.step)), seconds)


def _find(evaluation_id: str) -> Evaluation | None:
    evaluation = read_runs([evaluation_key(evaluation_id)]).get(evaluation_key(evaluation_id))
    return evaluation if isinstance(evaluation, Evaluation) else None
