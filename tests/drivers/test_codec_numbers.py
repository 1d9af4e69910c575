"""Medical floats, dates and checks, against independent encoders and catalogued values."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.model.errors import MalformedError
from edge_agent.model.observations import AbsentReason
from edge_drivers.codec.checks import CHECKS
from edge_drivers.codec.numbers import medfloat16, medfloat32
from edge_drivers.codec.readings import Absent
from edge_drivers.codec.times import datetime_text, shifted


@given(st.integers(-2045, 2045), st.integers(-8, 7))
def test_sfloat_round_trip(mantissa: int, exponent: int) -> None:
    word = (exponent & 0xF) << 12 | mantissa & 0xFFF
    value = medfloat16(word)
    if word in (0x07FE, 0x0802):
        assert isinstance(value, Absent)
        return
    assert isinstance(value, Decimal)
    assert value.as_tuple().exponent == exponent
    assert value == Decimal(mantissa).scaleb(exponent)


@given(st.integers(-(2**23) + 3, 2**23 - 3), st.integers(-128, 127))
def test_float_round_trip(mantissa: int, exponent: int) -> None:
    value = medfloat32((exponent & 0xFF) << 24 | mantissa & 0xFFFFFF)
    assert isinstance(value, Decimal)
    assert value == Decimal(mantissa).scaleb(exponent)


def test_a_special_is_the_whole_word() -> None:
    assert medfloat16(0x07FF) == Absent(AbsentReason.NOT_A_NUMBER, "NaN")
    assert medfloat16(0x0FFF) == Decimal(-1)
    assert medfloat16(0xF7FF) == Decimal("204.7")


def test_trailing_zeros_are_kept() -> None:
    assert str(medfloat16(0xE0C8)) == "2.00"
    assert str(medfloat16(0xF014)) == "2.0"


def test_unknown_parts_of_a_date_stay_unknown() -> None:
    assert datetime_text(bytes.fromhex("00000411142930")) == "0000-04-17T20:41:48"
    assert shifted("0000-00-00T23:59:30", 1) == "0000-00-00T00:00:30"
    assert shifted("2024-02-28T23:59:00", 2) == "2024-02-29T00:01:00"


@pytest.mark.parametrize("octets", ["E8070D01000000", "E8070120000000", "E8070101180000"])
def test_a_date_that_cannot_be_is_malformed(octets: str) -> None:
    with pytest.raises(MalformedError):
        datetime_text(bytes.fromhex(octets))


def test_a_time_before_the_first_year_is_malformed() -> None:
    with pytest.raises(MalformedError, match="0001-01-01T00:00:00 -5 min"):
        shifted("0001-01-01T00:00:00", -5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crc16-mcrf4xx", 0x6F91),
        ("crc16-modbus", 0x4B37),
        ("crc16-ccitt-false", 0x29B1),
        ("crc8-07", 0xF4),
        ("sum8", 0xDD),
        ("xor8", 0x31),
    ],
)
def test_check_values_of_the_catalogue(name: str, value: int) -> None:
    """`check` of each entry in reveng's catalogue: over the text 123456789."""
    assert CHECKS[name](b"123456789") == value
