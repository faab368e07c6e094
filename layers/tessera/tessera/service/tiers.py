"""Where a member stands on the ladder, and what an order would change about it."""

from datetime import datetime
from typing import TYPE_CHECKING

from tessera.access import Caller
from tessera.answers import tiers as answers
from tessera.outlook import of
from tessera.refusals import Unreadable
from tessera.service.lookup import find, named
from tessera.service.opening import look
from tessera.store import lists
from tessera.store.read import read

if TYPE_CHECKING:
    from tessera.journal import Journal

_MOST_SPENT = 1_000_000_000


def show_tier(caller: Caller, path_id: str, if_spend: str | None, now: datetime) -> answers.TierInFull:
    """Show what is missing to the next tier, what keeps the present one, and what has happened to it.

    Args:
        caller: who asks.
        path_id: the member, as the path names them.
        if_spend: minor units of an order to be tried, as the query has them.
        now: the request's time.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: what is to be spent is no amount.
    """
    member, _ = find(named(caller, path_id), lambda id_: read(member=id_))
    spend = _amount(if_spend) if if_spend is not None else None
    journal = look(member, now)
    seen = of(journal)
    told = lists.entries_numbered(member.member_id, member.tier_entries)
    # What is overdue is shown though it is not in the ledger yet.
    told += [entry for entry in journal.entries if entry.sequence in journal.member.tier_entries]
    tried = _try(journal, spend) if spend is not None else None
    return answers.tier(seen, sorted(told, key=lambda entry: -entry.sequence), tried)


def _try(journal: "Journal", spend: int) -> answers.IfSpent:
    """Count an order that nobody has placed, and show what it would leave."""
    # Few ask, and what counts orders is slow to import.
    from tessera import purchases  # noqa: PLC0415
    from tessera.messages import OrderCompleted  # noqa: PLC0415
    from tessera.shapes import Line  # noqa: PLC0415

    message = OrderCompleted(
        type="order.completed",
        order_id="if_spend",
        member_id=journal.member.member_id,
        placed_at=journal.now,
        currency=journal.programme.currency,
        lines=[Line(line_id="1", sku="if_spend", quantity=1, unit_price=spend)],
    )
    order = purchases.complete(journal, message, "")
    waits = journal.programme.points.growth_waits and order.growth
    return answers.if_spent(spend, order, order.terms.matures_at if waits else None, of(journal))


def _amount(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_MOST_SPENT)) and int(text) <= _MOST_SPENT):
        raise Unreadable("bad_if_spend", f"if_spend must be a whole number of minor units, at most {_MOST_SPENT}.")
    return int(text)
