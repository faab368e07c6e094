"""Rounding, in one place: how a whole is split into integer parts that add up to it."""

from collections.abc import Sequence


def apportion(whole: int, weights: Sequence[int]) -> list[int]:
    """Split `whole` by largest remainder in proportion to `weights`; ties go to the earlier part.

    The parts are integers that sum to `whole`, and none exceeds its exact share by one or more. With no weight at
    all there is nothing to be proportional to, and `whole` must be 0.

    Raises:
        ValueError: something is to be split over weights that are all 0.
    """
    total = sum(weights)
    if total == 0:
        if whole:
            message = f"{whole} cannot be split over nothing"
            raise ValueError(message)
        return [0] * len(weights)
    parts, remainders = [], []
    for i, weight in enumerate(weights):
        part, remainder = divmod(whole * weight, total)
        parts.append(part)
        remainders.append((-remainder, i))
    remainders.sort()
    for _, i in remainders[: whole - sum(parts)]:
        parts[i] += 1
    return parts
