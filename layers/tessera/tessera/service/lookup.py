"""Finding the member that a path names, for the caller who may."""

from collections.abc import Callable
from typing import TypeVar

from tessera.access import Caller
from tessera.member import Member
from tessera.refusals import Invalid, NotFound, Unreadable
from tessera.store.read import Found, read

T = TypeVar("T")


def named(caller: Caller, path_id: str) -> str:
    """Answer the id that a path's `{member_id}` stands for.

    Raises:
        NotFound: the caller is a member, and it is not theirs.
    """
    own = caller.identity.member_id
    if path_id in ("me", own):
        return own
    if caller.acts_for_others:
        return path_id
    # The shop may have linked this caller to a member whose id was derived from another identity.
    if read(member=own).aliases.get(own) == path_id:
        return path_id
    raise NotFound


def find(member_id: str, reading: Callable[[str], Found]) -> tuple[Member, Found]:
    """Read a member and what else is needed, following a linked identity to its member.

    Raises:
        NotFound: nobody has enrolled under this id.
    """
    found = reading(member_id)
    if alias := found.aliases.get(member_id):
        member_id = alias
        found = reading(member_id)
    if member_id not in found.members:
        raise NotFound
    return found.members[member_id], found


def access_first(member_id: str, parse: Callable[[], T]) -> T:
    """Read a request's content; if it is wrong, say so only to a caller whose member exists.

    Raises:
        NotFound: nobody has enrolled under this id.
        Invalid: the content is wrong.
        Unreadable: the content is no content.
    """
    try:
        return parse()
    except (Invalid, Unreadable):
        find(member_id, lambda id_: read(member=id_))
        raise
