"""Coupon jobs: codes made by the thousand, and coupons granted to a list of members, in the background.

A job's codes go into files, and the members of a list into batches. Each is a message of the coupon jobs queue, version
1, and a batch of the job's run: it is counted once, however often it is delivered.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from tessera import codes
from tessera.refusals import Conflict
from tessera.runs import HandOut

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

FILE_CODES = 50_000
"""Codes in a file: what one message makes within seconds."""
_FILE_PARTS = codes.parts_for(FILE_CODES)

GRANTED_AT_ONCE = 25
"""Members in a message."""

GRANTED, REFUSED = "granted", "refused:"
"""What is counted of a list: the members who have a coupon, and by its code each reason why others have not."""
CODES = "codes"
"""What is counted of a job: the codes that are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponJob:
    """Codes of a template that were asked for."""

    job_id: str
    template_id: str
    number: int
    """How many codes."""
    first_part: int
    """The first of the parts that its codes are of."""
    secret: bytes | None
    """What its codes are drawn from; None once all are made, for whoever has it has the codes."""
    started_at: datetime
    started_by: str
    """The subject of the operator's token."""
    version: int = 0

    @property
    def files(self) -> int:
        """How many files its codes go into."""
        return -(-self.number // FILE_CODES)

    @property
    def handed_out(self) -> HandOut:
        """All of it is handed out when it starts."""
        return HandOut(batches=self.files, ended_at=self.started_at)

    def parts_of(self, file: int) -> list[Part]:
        """Answer the parts that go into a file, numbered from 0."""
        first = file * _FILE_PARTS
        last = min(first + _FILE_PARTS, codes.parts_for(self.number))
        return [
            Part(self.first_part + place, min(codes.PART_CODES, self.number - place * codes.PART_CODES))
            for place in range(first, last)
        ]

    def finished(self) -> CouponJob:
        """Forget the secret."""
        return replace(self, secret=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantJob:
    """A list of members each of whom is to have a coupon."""

    job_id: str
    template_id: str
    members: tuple[str, ...]
    started_at: datetime
    started_by: str
    """The subject of the operator's token."""
    version: int = 0

    @property
    def handed_out(self) -> HandOut:
        """All of it is handed out when it starts."""
        return HandOut(batches=-(-len(self.members) // GRANTED_AT_ONCE), ended_at=self.started_at)

    def work(self, batch: int) -> GrantWork:
        """Answer what is to be done about a batch, numbered from 0."""
        first = batch * GRANTED_AT_ONCE
        return GrantWork(
            job_id=self.job_id,
            template_id=self.template_id,
            members=self.members[first : first + GRANTED_AT_ONCE],
            by=self.started_by,
            batch=batch,
            batches=self.handed_out.batches,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a job's codes: its number among all parts, and how many codes it has."""

    number: int
    codes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponJobs:
    """How many jobs there have been, and how many parts they have taken."""

    count: int = 0
    parts: int = 0
    version: int = 0

    def start_codes(
        self, template_id: str, number: int, secret: bytes, by: str, now: datetime
    ) -> tuple[CouponJobs, CouponJob]:
        """Start one more job that makes codes.

        Args:
            template_id: whose codes they are to be.
            number: how many.
            secret: `codes.SECRET_BYTES` random bytes.
            by: the subject of the operator's token.
            now: the request's time.

        Raises:
            Conflict: there are not so many parts left.
        """
        parts = self.parts + codes.parts_for(number)
        if parts > codes.PARTS:
            raise Conflict("codes_exhausted", "There are not so many codes left.")
        job = CouponJob(
            job_id=self._next_id,
            template_id=template_id,
            number=number,
            first_part=self.parts,
            secret=secret,
            started_at=now,
            started_by=by,
        )
        return replace(self, count=self.count + 1, parts=parts), job

    def start_grants(
        self, template_id: str, members: Sequence[str], by: str, now: datetime
    ) -> tuple[CouponJobs, GrantJob]:
        """Start one more job that grants coupons; who is on the list twice has one."""
        job = GrantJob(
            job_id=self._next_id,
            template_id=template_id,
            members=tuple(dict.fromkeys(members)),
            started_at=now,
            started_by=by,
        )
        return replace(self, count=self.count + 1), job

    @property
    def _next_id(self) -> str:
        return f"cj_{self.count + 1}"


@dataclass(frozen=True, slots=True)
class FileWork:
    """A file of a job's codes that is to be made."""

    job_id: str
    file: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantWork:
    """A batch of a job's members, each of whom is to have a coupon."""

    job_id: str
    template_id: str
    members: Sequence[str]
    by: str
    batch: int
    batches: int
    """How many the job has."""

    def claim_id(self, member_id: str) -> str:
        """Name what a member is granted by the job, so that it is granted once."""
        return f"grant:{self.job_id}:{member_id}"


def write(work: FileWork | GrantWork) -> str:
    """Write a message."""
    if isinstance(work, GrantWork):
        content = asdict(work) | {"members": list(work.members)}
        return json.dumps({"schema_version": 1, "type": "grants", **content})
    return json.dumps({"schema_version": 1, "type": "codes", "job_id": work.job_id, "file": work.file})


def read(body: str) -> FileWork | GrantWork:
    """Read a message.

    Raises:
        ValueError: it is none, or one of another version.
    """
    match json.loads(body):
        case {"schema_version": 1, "type": "codes", "job_id": str(job_id), "file": int(file)}:
            return FileWork(job_id, file)
        case {
            "schema_version": 1,
            "type": "grants",
            "job_id": str(job_id),
            "template_id": str(template_id),
            "members": list(members),
            "by": str(by),
            "batch": int(batch),
            "batches": int(batches),
        }:
            return GrantWork(
                job_id=job_id, template_id=template_id, members=members, by=by, batch=batch, batches=batches
            )
    message = "this is no message of the coupon jobs queue"
    raise ValueError(message)
