"""`make load-with-kills`: a steady load while processes of functions die, and then whether anything was lost."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tessera.programme import load
from tests.bench import tables
from tests.load import figures, queues
from tests.load.audit import Audit
from tests.load.kills import killing
from tests.load.mix import Mix
from tests.load.repeats import other_answers
from tests.load.steady import keep_up
from tests.stack import processes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.stack import Stack
    from tests.load.asking import Asked
    from tests.load.kills import Kill

MEMBERS = 200
HOLD_MINUTES = 2
"""Instead of fifteen: what is left to lapse does so while others still shop."""
STOCK_AN_OPERATION = 0.05
"""Half of what redemptions claim, so that all is sold before the end."""
UNTIL_EMPTY = 900
"""Seconds: a message whose function died comes back after 150, and may meet that up to four times."""
UNTIL_FREE = 61
"""Seconds after which a unit whose claim was broken off may be had again."""


def main() -> None:
    """Run, print what came of it, and fail if anything is wrong."""
    parser = argparse.ArgumentParser(
        prog="make load-with-kills", usage="make load-with-kills MINUTES=10 RATE=4 KILL_EVERY=1"
    )
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--rate", type=float, required=True, help="operations a second")
    parser.add_argument("--kill-every", type=float, required=True, help="seconds, on average")
    arguments = parser.parse_args()
    seconds = arguments.minutes * 60
    with tempfile.TemporaryDirectory() as directory:
        programme = Path(directory) / "programme.yaml"
        rules = load.load(load.PACKAGED).model_dump(mode="json")
        programme.write_text(json.dumps(rules | {"checkout": rules["checkout"] | {"hold_minutes": HOLD_MINUTES}}))
        with processes.running(Path(directory), programme) as stack:
            mix = Mix(stack, seed=1, stock=round(arguments.rate * seconds * STOCK_AN_OPERATION))
            mix.settle_in(MEMBERS, at_once=8)
            keep_up(mix, arguments.rate, 10)  # the functions have to start
            before = len(mix.asked)
            with killing(stack, arguments.kill_every, seed=1) as kills:
                took = keep_up(mix, arguments.rate, seconds)
            _say(mix.asked[before:], kills, took)
            mistakes = _check(stack, mix)
    sys.exit("\n".join(mistakes) if mistakes else 0)


def _say(asked: Sequence[Asked], kills: Sequence[Kill], seconds: float) -> None:
    print(f"\n{len(asked):,} requests in {seconds:.0f} s, {len(kills)} processes killed at work:")
    for function, count in Counter(kill.function for kill in kills).most_common():
        print(f"  {function}: {count}")
    figures.head("which")
    figures.steps("all", asked, seconds)
    figures.steps("sent again", [one for one in asked if one.acknowledged and one.failures], seconds)
    figures.errors(asked)


def _check(stack: Stack, mix: Mix) -> list[str]:
    """Wait until all is over, and say what is wrong."""
    print(f"\nQueues are empty after {queues.wait_until_empty(stack, UNTIL_EMPTY, delayed=True):.0f} s more.")
    time.sleep(UNTIL_FREE)
    mix.sell_out()
    audit = Audit(stack, mix)
    mistakes = audit.mistakes(all_over=True)
    if audit.issued != mix.limited["stock"]:
        mistakes.append(f"{audit.issued} coupons of a stock of {mix.limited['stock']}, though all are sold")
    mistakes += other_answers(mix.asked)
    queues.wait_until_empty(stack, UNTIL_EMPTY, delayed=False)
    after = Audit(stack, mix)
    mistakes += after.mistakes(all_over=True)
    if after.entries != audit.entries:
        mistakes.append(f"{after.entries} entries after all was repeated, {audit.entries} before")
    mistakes += [f"dead letters: {queue}, {count}" for queue, count in queues.dead_letters(stack).items()]
    tables.head("members", "entries", "coupons of limited stock", "mistakes", words=0)
    tables.row(*(f"{count:,}" for count in (len(mix.members), audit.entries, audit.issued, len(mistakes))))
    return mistakes


if __name__ == "__main__":
    main()
