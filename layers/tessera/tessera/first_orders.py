"""First orders: for which order a member's coupon that is good for a first order alone is held or used.

Until that order comes the member has ordered nothing, and a second such coupon would apply as well. So it is kept with
the member from the hold on, confirmed or not, and told from the entries alone.
"""

from collections.abc import Mapping

_ENDING = frozenset({"release", "purchase"})
"""The kinds of entries after which it is no longer at checkout: the hold was let go, or the order has come."""


def after_entry(before: str | None, kind: str, source: Mapping[str, str], detail: Mapping[str, object]) -> str | None:
    """Answer the id of the order after one more entry; None if there is none."""
    order_id = source.get("order_id")
    if "first_order" in detail:
        return order_id
    return None if kind in _ENDING and order_id == before else before
