"""Nights, for those who want to know what one has done."""

from tessera import run_answers
from tessera.refusals import NotFound
from tessera.runs import LatestNights, Night
from tessera.service.runs import summarize
from tessera.store.runs import NIGHTS, night_key, read_runs


def show(night_id: str) -> run_answers.NightSummary:
    """Show how far a night is, and what has come of it.

    Raises:
        NotFound: there was no such night.
    """
    night = read_runs([night_key(night_id)]).get(night_key(night_id))
    if not isinstance(night, Night):
        raise NotFound
    return run_answers.night(night, summarize(night_key(night_id), night.hand_outs))


def list_latest() -> run_answers.NightList:
    """List the latest nights, newest first."""
    nights = read_runs([NIGHTS]).get(NIGHTS)
    if not isinstance(nights, LatestNights):
        return {"items": []}
    found = read_runs([night_key(night_id) for night_id in nights.night_ids])
    listed = [found[night_key(night_id)] for night_id in nights.night_ids]
    return {"items": [run_answers.night_listed(night) for night in listed if isinstance(night, Night)]}
