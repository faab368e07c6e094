"""Orders that name a redemption: what their arrival makes of it, and of what it takes that all members share."""

from dataclasses import dataclass, field, replace

from tessera import redemptions
from tessera.allowances import COMMITTED_WITHIN
from tessera.journal import Journal
from tessera.messages import OrderCompleted
from tessera.redemptions import Arrival, Redemption
from tessera.service import allowances
from tessera.store.items import redemption_key
from tessera.store.read import read


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What an arriving order makes of the redemption it names; and that, if its allowances were taken once more."""

    arrival: Arrival = field(default_factory=Arrival)
    taken_again: Redemption | None = None

    def undo(self) -> None:
        """Give back what was taken once more: the order was not committed."""
        if self.taken_again:
            allowances.give_back(self.taken_again)

    def settle(self) -> None:
        """Settle what the redemption had taken: the order is committed."""
        if self.arrival.redemption:
            allowances.settle(self.arrival.redemption)


def redeem(journal: Journal, message: OrderCompleted, redemption: Redemption | None) -> Redeemed:
    """Confirm the redemption that an order names, or take it again if it was let go."""
    if redemption is None or not redemptions.is_named(redemption, message, journal.member.member_id):
        return Redeemed(redemptions.on_arrival(journal, None, [], message))
    is_open = redemption.is_open(journal.now)
    others = [] if is_open else [redemption_key(redemptions.record_of_others(redemption))]
    found = read(coupons=(redemption.member_id, redemption.coupon_ids), operations=others)
    if any(isinstance(other, Redemption) and other.is_open(journal.now) for other in found.operations.values()):
        # What was let go is not taken beside it: the refunds of an order give back what one redemption has paid.
        return Redeemed(redemptions.on_arrival(journal, None, [], message))
    its_coupons = found.coupons
    every = list(its_coupons.values())
    if is_open or not redemption.allowances:
        return Redeemed(redemptions.on_arrival(journal, redemption, every, message))
    if redemption.lapsed(journal.now):
        redemption = allowances.let_go(redemption)
    again = replace(redemption, ticket=allowances.new_ticket())
    heads = read(templates=allowances.limited(its_coupons)).templates
    short = allowances.take(again, allowances.under_present_limits(its_coupons, heads), COMMITTED_WITHIN)
    arrival = redemptions.on_arrival(journal, again, every, message, allowed=not short)
    if arrival.redemption or short:
        return Redeemed(arrival, None if short else again)
    allowances.give_back(again)
    return Redeemed(arrival)
