"""Whether the repeat of what was acknowledged is answered as the first time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.load.asking import ask, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.load.asking import Asked

AT_ONCE = 8


def other_answers(asked: Sequence[Asked]) -> list[str]:
    """Repeat each acknowledged change, and say which was answered otherwise than the first time.

    What is held again after it was released, or has lapsed, is another hold, so only what was confirmed is held again.
    """
    confirmed = {one.request.key for one in asked if one.request.books in {"confirmation", "purchase"}}
    changes = [one for one in asked if one.acknowledged and (one.request.books or one.request.step == "claim")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = pool.map(
            _repeat, [one for one in changes if one.request.books != "hold" or one.request.key in confirmed]
        )
        return [what for what in wrong if what]


def _repeat(first: Asked) -> str:
    again = ask(first.request)
    if first.answer is None or again.answer is None or not again.acknowledged:
        return f"{first.request.step} again: {name_of(again.answer)}"
    if first.request.step == "enrol":  # answers the card as it is now
        same = first.answer.json()["member_id"] == again.answer.json()["member_id"]
    else:
        same = first.answer.body == again.answer.body
    return "" if same else f"{first.request.step} again: {again.answer.body!r}, was {first.answer.body!r}"
