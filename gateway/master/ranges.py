"""Batch numbers that are committed, as few ranges as they make."""

from collections.abc import Iterable

__all__ = ["Ack", "acknowledgement", "merge"]

Range = tuple[int, int]
Ack = tuple[int, list[Range]]
"""`upto`: every batch from 1 to it; `also`: further ranges."""


def merge(ranges: Iterable[Range], numbers: Iterable[int]) -> list[Range]:
    """The ranges together with single numbers, joined where they touch."""
    joined: list[Range] = []
    for first, last in sorted([*ranges, *((number, number) for number in numbers)]):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def acknowledgement(ranges: list[Range]) -> Ack:
    """`upto` and `also` of ranges in order; batches are numbered from 1."""
    if ranges and ranges[0][0] <= 1:
        return ranges[0][1], ranges[1:]
    return 0, ranges
