"""Evaluations: all members re-evaluated under a changed programme, in the background and at a set rate.

An operator starts one. It walks through the buckets of members in steps, each a message of the evaluations queue,
version 1, which carries the job's id and the number of the step. A step that was done is not done again: the message of
another step than the one that the job is at does nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from tessera.identities import BUCKETS
from tessera.refusals import Conflict
from tessera.runs import HandOut

if TYPE_CHECKING:
    from datetime import datetime

STEP_SECONDS = 5
"""A step hands out the members of so many seconds, at the job's rate."""

MOST_BUCKETS = 512
"""Buckets that a step looks into at most: where few members are, most are empty."""

Status = Literal["running", "stopped", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A job: how far it has walked through the buckets, and what it has handed out. `rate` is in members a second."""

    evaluation_id: str
    started_at: datetime
    changed_at: datetime
    changed_by: str
    """Who started, stopped or resumed it last: the subject of the operator's token."""
    rate: int
    status: Status = "running"
    step: int = 0
    """How many steps are done: the number of the next one."""
    bucket: int = 0
    """Where the next step begins."""
    after: str | None = None
    """The last member of that bucket who was handed out."""
    handed_out: HandOut = field(default_factory=HandOut)
    version: int = 0

    @property
    def members_of_a_step(self) -> int:
        """How many members a step hands out."""
        return self.rate * STEP_SECONDS

    def seconds_for(self, members: int) -> int:
        """Answer how long so many members take at the rate."""
        return -(-members // self.rate)

    def stepped(self, bucket: int, after: str | None, batches: int, members: int, now: datetime) -> Evaluation:
        """Answer the job after a step that got as far as `after` in `bucket`; behind the last bucket it is done."""
        is_done = bucket == BUCKETS
        handed_out = self.handed_out.with_batches(batches, members=members)
        return replace(
            self,
            step=self.step + 1,
            bucket=bucket,
            after=after,
            handed_out=replace(handed_out, ended_at=now if is_done else None),
            status="done" if is_done else self.status,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """How many evaluations there have been, and which of them runs: one at a time."""

    count: int = 0
    running: str | None = None
    version: int = 0

    def start(self, rate: int, by: str, now: datetime) -> tuple[Evaluations, Evaluation]:
        """Start one more.

        Raises:
            Conflict: one is running.
        """
        self._insist_on_no_other(None)
        evaluation = Evaluation(
            evaluation_id=evaluation_id(self.count + 1), started_at=now, changed_at=now, changed_by=by, rate=rate
        )
        return replace(self, count=self.count + 1, running=evaluation.evaluation_id), evaluation

    def stop(self, evaluation: Evaluation, by: str, now: datetime) -> tuple[Evaluations, Evaluation]:
        """Stop one: no further step is done. One that is not running stays as it is."""
        if evaluation.status != "running":
            return self, evaluation
        return replace(self, running=None), replace(evaluation, status="stopped", changed_at=now, changed_by=by)

    def resume(
        self, evaluation: Evaluation, rate: int | None, by: str, now: datetime
    ) -> tuple[Evaluations, Evaluation]:
        """Go on from where one was stopped, or change the rate of one that runs.

        Raises:
            Conflict: it is done, or another one is running.
        """
        if evaluation.status == "done":
            raise Conflict("evaluation_done", "This evaluation has reached all members; start another one.")
        self._insist_on_no_other(evaluation.evaluation_id)
        resumed = replace(evaluation, status="running", rate=rate or evaluation.rate, changed_at=now, changed_by=by)
        return replace(self, running=evaluation.evaluation_id), resumed

    def ended(self) -> Evaluations:
        """Let the next one start."""
        return replace(self, running=None)

    def before(self, number: int | None) -> range:
        """Answer the numbers of those before one, or of all, newest first."""
        return range(self.count if number is None else min(number - 1, self.count), 0, -1)

    def _insist_on_no_other(self, evaluation_id: str | None) -> None:
        if self.running not in {None, evaluation_id}:
            raise Conflict("evaluation_running", "Another evaluation is running; stop it, or wait until it is done.")


def evaluation_id(number: int) -> str:
    """Name an evaluation by its number, from 1."""
    return f"te_{number}"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job."""

    evaluation_id: str
    number: int


def write(step: Step) -> str:
    """Write a message."""
    return json.dumps({"schema_version": 1, "evaluation_id": step.evaluation_id, "step": step.number})


def read(body: str) -> Step:
    """Read a message.

    Raises:
        ValueError: it is none, or one of another version.
    """
    match json.loads(body):
        case {"schema_version": 1, "evaluation_id": str(evaluation_id), "step": int(number)}:
            return Step(evaluation_id, number)
    message = "this is no message of the evaluations queue"
    raise ValueError(message)
