"""Make-up cards (补签卡): the programme grants them, and one makes up one missed sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tessera.journal import Detail, Journal

CARDS = "make_up_cards"
"""Where an entry's detail says how many cards it gave or, negative, took."""


def grant(journal: Journal, cards: int) -> Detail:
    """Grant cards, as many as the programme lets a member have; answer what the entry says of it."""
    rules, held = journal.programme.sign_ins.make_up, journal.member.make_up_cards
    granted = min(cards, max(0, rules.most - held)) if rules else 0
    return _change(journal, granted)


def use(journal: Journal) -> Detail:
    """Use a card, which is there; answer what the entry says of it."""
    return _change(journal, -1)


def _change(journal: Journal, cards: int) -> Detail:
    if not cards:
        return {}
    journal.change(make_up_cards=journal.member.make_up_cards + cards)
    return {CARDS: cards}
