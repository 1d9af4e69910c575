"""Ranges of sequences, against plain sets of numbers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_sync.wire import ranges

sequences = st.sets(st.integers(1, 60), max_size=40)


@given(sequences)
def test_ranges_say_the_same_as_the_numbers(numbers: set[int]) -> None:
    made = ranges.of(numbers)
    assert list(ranges.expand(made)) == sorted(numbers)
    assert ranges.count(made) == len(numbers)
    assert all(a[1] + 1 < b[0] for a, b in pairwise(made))


@given(sequences, sequences)
def test_merging_is_a_union_in_any_order(a: set[int], b: set[int]) -> None:
    assert ranges.merge([*ranges.of(a), *ranges.of(b)]) == ranges.of(a | b)
    assert ranges.merge([*ranges.of(b), *ranges.of(a)]) == ranges.of(a | b)


@given(sequences, sequences)
def test_covering(a: set[int], b: set[int]) -> None:
    assert ranges.covers(ranges.of(a), ranges.of(b)) == (b <= a)


@given(sequences, sequences)
def test_both_and_without(a: set[int], b: set[int]) -> None:
    assert ranges.both(ranges.of(a), ranges.of(b)) == ranges.of(a & b)
    assert ranges.without(ranges.of(a), ranges.of(b)) == ranges.of(a - b)


@given(sequences)
def test_up_to_is_before_the_first_hole(numbers: set[int]) -> None:
    upto = ranges.up_to(ranges.of(numbers))
    assert upto + 1 not in numbers
    assert all(n in numbers for n in range(1, upto + 1))
