"""A steady rate of the mix, whatever comes of it: what is due is sent when it is due, or counted from then."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.load.mix import Mix

AT_ONCE = 64
"""Operations that are under way at most; what is due beyond that waits, and its waiting counts."""


def keep_up(mix: Mix, rate: float, seconds: float) -> float:
    """Begin so many operations a second for so long; answer the seconds until the last was done."""
    operations = mix.operations()
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = []
        for number in range(round(rate * seconds)):
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            under_way.append(pool.submit(mix.take, next(operations), due))
        for operation in under_way:
            operation.result()
    return time.perf_counter() - began
