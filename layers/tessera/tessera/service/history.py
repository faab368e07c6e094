"""Looking back: a member and the statement as of a past instant, by what had been recorded until then."""

from datetime import datetime
from itertools import takewhile

from tessera.history import rebuild
from tessera.instants import parse_instant
from tessera.member import Member
from tessera.programme.load import in_force
from tessera.refusals import NotFound, Unreadable
from tessera.store import lists


def as_of(text: str, now: datetime) -> datetime:
    """Read a past instant from the query.

    Raises:
        Unreadable: it is no instant, or has not come yet.
    """
    try:
        instant = parse_instant(text)
    except ValueError as error:
        raise Unreadable("bad_as_of", f"as_of {error}.") from None
    if instant > now:
        raise Unreadable("bad_as_of", "as_of must not be in the future.")
    return instant


def member_as_of(member: Member, instant: datetime) -> Member:
    """Answer a member as they were at a past instant.

    Raises:
        NotFound: they had not enrolled.
    """
    if instant < member.enrolled_at:
        raise NotFound
    if member.booked_at <= instant:
        return member
    known = takewhile(lambda kept: kept[0].recorded_at <= instant, lists.history(member.member_id, member.sequence))
    return rebuild(member, (entry for entry, _ in known), in_force())


def last_recorded(member: Member, instant: datetime) -> int:
    """Find the number of the last entry that was recorded by a past instant; 0 if there was none.

    Entries are recorded in the order of their numbers, without a gap: a few reads find it among thousands.
    """
    low, high = 0, member.sequence
    while low < high:
        middle = (low + high + 1) // 2
        (entry,) = lists.entries(member.member_id, 1, before=middle + 1)
        low, high = (middle, high) if entry.recorded_at <= instant else (low, middle - 1)
    return low
