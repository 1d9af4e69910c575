"""Sets of sequence numbers as ranges, both ends included: what receipts and gap records speak of.

A normal form is sorted, disjoint and not adjacent; every function here returns it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Annotated, Final

import msgspec

HIGHEST: Final = (1 << 63) - 1
"""What a database's integer can hold."""
Number = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST)]
Range = tuple[Number, Number]
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


def covers(ranges: Ranges, part: Iterable[Range]) -> bool:
    """Whether each range of `part` lies wholly in one of the normal form `ranges`."""
    for first, last in part:
        at = bisect_right(ranges, first, key=itemgetter(0))
        if not at or ranges[at - 1][1] < last:
            return False
    return True


def both(one: Ranges, other: Ranges) -> Ranges:
    """What is in both normal forms."""
    found: list[Range] = []
    at = there = 0
    while at < len(one) and there < len(other):
        first = max(one[at][0], other[there][0])
        last = min(one[at][1], other[there][1])
        if first <= last:
            found.append((first, last))
        if one[at][1] < other[there][1]:
            at += 1
        else:
            there += 1
    return tuple(found)


def without(ranges: Ranges, part: Ranges) -> Ranges:
    """What of a normal form is not in another one."""
    edges = [0, *(edge for first, last in part for edge in (first - 1, last + 1)), HIGHEST]
    return both(ranges, merge(zip(edges[::2], edges[1::2], strict=True)))


def up_to(ranges: Ranges) -> int:
    """The number up to which, from 1, none is missing in a normal form; 0 when 1 is missing."""
    return ranges[0][1] if ranges and ranges[0][0] <= 1 else 0
