"""Starting, stopping and resuming evaluations, and showing how far they are."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import Field

from tessera import idempotency, paging
from tessera.access import Caller
from tessera.answers import evaluations as answers
from tessera.answers import write as write_answer
from tessera.evaluations import Evaluation, Evaluations, Step, evaluation_id, write
from tessera.idempotency import Answer
from tessera.refusals import NotFound
from tessera.service.attempts import until_committed
from tessera.service.runs import read_each, summarize
from tessera.shapes import Shape, read_json
from tessera.shapes import read as shape
from tessera.store import queues
from tessera.store.read import read
from tessera.store.runs import EVALUATIONS, evaluation_key, read_runs
from tessera.store.transaction import Transaction

_PATH = "/tier-evaluations"

Rate = Annotated[int, Field(ge=1, le=1000)]
"""Members a second."""


class EvaluationRequest(Shape):
    """How fast an evaluation may go: members a second."""

    rate: Rate


class ResumptionRequest(Shape):
    """A new rate for an evaluation, if it is to have one."""

    rate: Rate | None = None


def start(caller: Caller, body: str | None, key: str | None, now: datetime) -> str:
    """Start an evaluation of all members under the programme in force.

    Returns:
        the evaluation as JSON: to a repeat, byte for byte what was answered first.

    Raises:
        Unreadable: the body is no JSON, or the key is none.
        Invalid: it names no rate.
        Conflict: another one is running, or the key came with another body.
        Unavailable: its first step could not be sent; a repeat with the same key, or resuming it, sends it again.
    """
    content = read_json(body)
    wanted = shape(EvaluationRequest, content)
    request = idempotency.request(caller.key, "POST", _PATH, key, content)

    def attempt() -> tuple[str, str]:
        if request and (earlier := _answered(request)):
            return read_json(earlier)["evaluation_id"], earlier
        known = read_runs([EVALUATIONS]).get(EVALUATIONS)
        evaluations = known if isinstance(known, Evaluations) else Evaluations()
        evaluations, evaluation = evaluations.start(wanted.rate, caller.identity.subject, now)
        text = write_answer(_answer(evaluation))
        transaction = Transaction()
        transaction.run(evaluations)
        transaction.run(evaluation)
        if request:
            transaction.operation(request.answered(text))
        transaction.commit()
        return evaluation.evaluation_id, text

    evaluation_id, text = until_committed(attempt)
    # After a repeat it is there twice: the step that is done already is not done again.
    queues.send_all("EVALUATIONS_QUEUE_URL", [write(Step(evaluation_id, 0))])
    return text


def stop(caller: Caller, evaluation_id: str, now: datetime) -> answers.EvaluationSummary:
    """Stop an evaluation: no further step begins to hand out members.

    Those of a step that has begun to, five seconds' worth, and those in the queue are evaluated still.

    Raises:
        NotFound: there is no such evaluation.
    """
    return _answer(_change(evaluation_id, lambda all_, one: all_.stop(one, caller.identity.subject, now)))


def resume(caller: Caller, evaluation_id: str, body: str | None, now: datetime) -> answers.EvaluationSummary:
    """Go on with an evaluation from where it is, at another rate if one is named.

    One that is running gets a message for its next step, in case the one that it had is lost.

    Raises:
        NotFound: there is no such evaluation.
        Unreadable: the body is no JSON.
        Invalid: it names no rate.
        Conflict: it is done, or another one is running.
    """
    _find(evaluation_id)
    wanted = shape(ResumptionRequest, read_json(body) if body else {})
    by = caller.identity.subject
    evaluation = _change(evaluation_id, lambda all_, one: all_.resume(one, wanted.rate, by, now))
    queues.send_all("EVALUATIONS_QUEUE_URL", [write(Step(evaluation_id, evaluation.step))])
    return _answer(evaluation)


def show(evaluation_id: str) -> answers.EvaluationSummary:
    """Show how far an evaluation is, and what has changed.

    Raises:
        NotFound: there is no such evaluation.
    """
    return _answer(_find(evaluation_id)[1])


def list_evaluations(limit: str | None, cursor: str | None) -> answers.EvaluationPage:
    """List evaluations, newest first.

    Raises:
        Unreadable: limit or cursor is none.
    """
    most = paging.limit(limit)
    before = paging.number(EVALUATIONS, cursor)
    known = read_runs([EVALUATIONS]).get(EVALUATIONS)
    numbers = known.before(before) if isinstance(known, Evaluations) else range(0)
    page = numbers[:most]
    found = read_each([evaluation_key(evaluation_id(number)) for number in page])
    return {
        "items": [answers.evaluation_listed(one, done=done) for one, done in found if isinstance(one, Evaluation)],
        "next_cursor": paging.cursor(EVALUATIONS, str(page[-1])) if len(numbers) > most else None,
    }


def _answered(request: idempotency.Request) -> str | None:
    """Answer what a request was answered before."""
    earlier = read(operations=[request.key]).operations.get(request.key)
    return request.replay(earlier).body if isinstance(earlier, Answer) else None


def _change(
    evaluation_id: str, change: Callable[[Evaluations, Evaluation], tuple[Evaluations, Evaluation]]
) -> Evaluation:
    def attempt() -> Evaluation:
        evaluations, evaluation = change(*_find(evaluation_id))
        transaction = Transaction()
        transaction.run(evaluations)
        transaction.run(evaluation)
        transaction.commit()
        return evaluation

    return until_committed(attempt)


def _find(evaluation_id: str) -> tuple[Evaluations, Evaluation]:
    found = read_runs([EVALUATIONS, evaluation_key(evaluation_id)])
    evaluations, evaluation = found.get(EVALUATIONS), found.get(evaluation_key(evaluation_id))
    if not isinstance(evaluations, Evaluations) or not isinstance(evaluation, Evaluation):
        raise NotFound
    return evaluations, evaluation


def _answer(evaluation: Evaluation) -> answers.EvaluationSummary:
    run = evaluation_key(evaluation.evaluation_id)
    return answers.evaluation(evaluation, summarize(run, [evaluation.handed_out]))
