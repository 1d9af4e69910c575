"""Sets of sequence numbers as ranges, both ends included: what receipts and gap records speak of.

A normal form is sorted, disjoint and not adjacent; every function here returns it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def merge(ranges: Iterable[Range]) -> Ranges:
    """The normal form of any ranges; those whose last is before their first are left out."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if last < first:
            continue
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def of(sequences: Iterable[int]) -> Ranges:
    """The ranges of single numbers."""
    return merge((n, n) for n in sequences)


def expand(ranges: Iterable[Range]) -> Iterator[int]:
    """Each number, in the order of the ranges."""
    for first, last in ranges:
        yield from range(first, last + 1)


def count(ranges: Iterable[Range]) -> int:
    """How many numbers there are in ranges that do not overlap."""
    return sum(last - first + 1 for first, last in ranges)


def clip(ranges: Iterable[Range], highest: int) -> Ranges:
    """Those from 1 to `highest`."""
    return merge((max(first, 1), min(last, highest)) for first, last in ranges)


def covers(ranges: Ranges, part: Iterable[Range]) -> bool:
    """Whether each range of `part` lies wholly in one of the normal form `ranges`."""
    return all(any(a <= first and last <= b for a, b in ranges) for first, last in part)


def up_to(ranges: Ranges) -> int:
    """The number up to which, from 1, none is missing in a normal form; 0 when 1 is missing."""
    return ranges[0][1] if ranges and ranges[0][0] <= 1 else 0
