"""Signing in, and making up for days that were missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from tessera.make_ups import MakeUpResult
    from tessera.sign_ins import SignInResult


class SignIn(TypedDict):
    """What a sign-in gave."""

    day: str
    streak: int
    points: int
    growth: int


class MadeUp(TypedDict):
    """What making up a day gave, and the cards that are left."""

    day: str
    streak: int
    points: int
    growth: int
    make_up_cards: int


class ToMakeUp(TypedDict):
    """The make-up cards at hand, and the days that one could be used for now, whatever their month."""

    cards: int
    days: list[str]


class SignInMonth(TypedDict):
    """A month of sign-ins; `made_up` are those of its `days` that were made up."""

    month: str
    days: list[str]
    made_up: list[str]
    streak: int
    longest_streak: int
    make_up: ToMakeUp


def sign_in(result: SignInResult) -> SignIn:
    """Write what a sign-in gave."""
    return {
        "day": result.day.isoformat(),
        "streak": result.streak,
        "points": result.points,
        "growth": result.growth,
    }


def make_up(result: MakeUpResult) -> MadeUp:
    """Write what making up a day gave."""
    return {
        "day": result.day.isoformat(),
        "streak": result.streak,
        "points": result.points,
        "growth": result.growth,
        "make_up_cards": result.make_up_cards,
    }
