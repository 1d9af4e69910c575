"""The grammar of conditions, and when two of them can never hold together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_drivers.codec.conditions import compile_always
from firmware_specs.spec.bits import bit_range
from firmware_specs.spec.conditions import Term, exclude_each_other, parse_condition


def term(name: str, equals: int | None, negated: bool) -> str:
    return f"{'not ' * negated}{name}" + ("" if equals is None else f" == {equals}")


TERMS = st.builds(term, st.sampled_from("ab"), st.sampled_from([None, 0, 1, 2]), st.booleans())
CONDITIONS = st.lists(TERMS, max_size=3).map(" and ".join)


def test_a_condition_is_terms_joined_by_and() -> None:
    assert parse_condition("a and not b == 5") == (Term("a"), Term("b", 5, negated=True))
    assert parse_condition("") == ()


@pytest.mark.parametrize("text", ["a or b", "a = 5", "A", "not", "a and", "a == -1"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no condition"):
        parse_condition(text)


@given(CONDITIONS, CONDITIONS, st.integers(0, 3), st.integers(0, 3))
def test_conditions_said_to_exclude_each_other_never_hold_together(
    one: str, other: str, a: int, b: int
) -> None:
    values = {"a": a, "b": b}
    both = compile_always(one)(values, 0) and compile_always(other)(values, 0)
    assert not (both and exclude_each_other(one, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "not a"),
        ("a == 1", "a == 2"),
        ("a", "a == 0"),
        ("a == 3", "not a"),
        ("b and a", "not a"),
    ],
)
def test_these_exclude_each_other(one: str, other: str) -> None:
    assert exclude_each_other(one, other)
    assert exclude_each_other(other, one)


def test_bit_ranges() -> None:
    assert bit_range("3-4") == (3, 4)
    with pytest.raises(ValueError, match="ends before it begins"):
        bit_range("4-3")
