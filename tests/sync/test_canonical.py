"""Canonical JSON, against the examples of RFC 8785."""

import pytest

from edge_sync.canonical import canonical

# RFC 8785, section 3.2.3: the sorting sample, and the literals of section 3.2.2.
SORTING = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\U0001f600": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
}
SORTED = [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
]


def test_names_are_sorted_as_the_rfc_says() -> None:
    text = canonical(SORTING).decode()
    places = [text.index(value) for value in SORTED]
    assert places == sorted(places)


def test_strings_are_escaped_as_the_rfc_says() -> None:
    value = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/"
    assert canonical({"string": value}) == '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    assert canonical([None, True, False, ()]) == b"[null,true,false,[]]"


@pytest.mark.parametrize("value", [1.0, 2**53, {1: 2}, b"x", object(), "\ud800"])
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(value)
