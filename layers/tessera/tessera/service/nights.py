"""Nights, for those who want to know what one has done."""

from tessera import paging
from tessera.answers import nights as answers
from tessera.refusals import NotFound
from tessera.runs import LatestNights, Night
from tessera.service.runs import read_each, summarize
from tessera.store.runs import NIGHTS, night_key, read_runs


def show(night_id: str) -> answers.NightSummary:
    """Show how far a night is, and what has come of it.

    Raises:
        NotFound: there was no such night.
    """
    night = read_runs([night_key(night_id)]).get(night_key(night_id))
    if not isinstance(night, Night):
        raise NotFound
    return answers.night(night, summarize(night_key(night_id), night.hand_outs))


def list_nights(limit: str | None, cursor: str | None) -> answers.NightPage:
    """List the latest nights, newest first.

    Raises:
        Unreadable: limit or cursor is none.
    """
    most = paging.limit(limit)
    before = paging.position(NIGHTS, cursor)
    known = read_runs([NIGHTS]).get(NIGHTS)
    night_ids = known.before(before) if isinstance(known, LatestNights) else ()
    page = night_ids[:most]
    found = read_each([night_key(night_id) for night_id in page])
    return {
        "items": [answers.night_listed(night, done=done) for night, done in found if isinstance(night, Night)],
        "next_cursor": paging.cursor(NIGHTS, page[-1]) if len(night_ids) > most else None,
    }
