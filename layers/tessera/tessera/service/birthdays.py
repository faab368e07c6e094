"""Birthdays: handing out those that have come since the last night."""

from datetime import datetime

from tessera import birthdays, occasions
from tessera.occasions import TOLD_AT_ONCE, Birthdays
from tessera.programme.load import in_force
from tessera.runs import LatestNights, Night
from tessera.service.on_offer import brought_by
from tessera.store import queues
from tessera.store.birthdays import born_on
from tessera.store.runs import NIGHTS, night_key, read_runs


def hand_out(night_id: str, now: datetime) -> int:
    """Send whose birthday it has been, somewhere, since the night before to the coupon jobs queue, in batches.

    Without a template that birthdays bring, nobody is looked for. Most are handed out by three nights in a row: the day
    comes and goes at other instants elsewhere, and until it is over whoever enrols on it has it, too.

    Returns:
        how many were handed out.

    Raises:
        Unavailable: the store or the queue did not answer; running it again does no harm.
    """
    if not brought_by("birthday", in_force()):
        return 0
    since = _last_night(night_id, now)
    handed_out = 0
    for day in birthdays.days_since(since, now):
        for birthday in birthdays.kept(day):
            ids = list(born_on(birthday))
            groups = [ids[first : first + TOLD_AT_ONCE] for first in range(0, len(ids), TOLD_AT_ONCE)]
            told = [Birthdays(day=day, members=group, since=since, as_of=now) for group in groups]
            queues.send_all("COUPON_JOBS_QUEUE_URL", [occasions.write(batch) for batch in told])
            handed_out += len(ids)
    return handed_out


def _last_night(night_id: str, now: datetime) -> datetime:
    """Answer when the last night was that handed out everything, or how far back birthdays are caught up."""
    latest = read_runs([NIGHTS]).get(NIGHTS)
    before = latest.before(night_id) if isinstance(latest, LatestNights) else ()
    nights = read_runs([night_key(known) for known in before]).values()
    whole = [night.as_of for night in nights if isinstance(night, Night) and any(out.ended for out in night.hand_outs)]
    return max([now - birthdays.CAUGHT_UP, *whole])
