"""RACP requests against other people's octets, and answers with every response code."""

import pytest

from edge_agent.model.errors import MalformedError
from edge_drivers import codec
from edge_drivers.codec import racp
from firmware_specs import catalog

DECODER = codec.compile(catalog.find("glucose").spec)


def test_requests() -> None:
    """`01 01` and `03 00`: bluetooth-sig's tests; `01 03 01 …`: xDrip's RecordsCmdTx."""
    assert racp.report_all().hex() == "0101"
    assert racp.abort().hex() == "0300"
    assert racp.report_from(258).hex() == "0103010201"
    assert racp.count_all().hex() == "0401"
    assert racp.count_from(1).hex() == "0403010100"


@pytest.mark.parametrize("sequence", [-1, 65536])
def test_a_sequence_that_is_no_16_bit_number_is_refused(sequence: int) -> None:
    with pytest.raises(ValueError, match="no 16-bit number"):
        racp.report_from(sequence)


@pytest.mark.parametrize("code", list(racp.Code))
def test_every_response_code(code: racp.Code) -> None:
    (reading,) = DECODER.decode("control", bytes((6, 0, 1, code)))
    assert racp.answer_of(reading) == racp.RacpAnswer(1, code)


@pytest.mark.parametrize("octets", ["0500FF", "0500FF00", "0500FF000000"])
def test_a_number_in_one_two_or_four_octets(octets: str) -> None:
    (reading,) = DECODER.decode("control", bytes.fromhex(octets))
    assert racp.answer_of(reading) == racp.RacpAnswer(4, racp.Code.SUCCESS, 255)


@pytest.mark.parametrize("octets", ["0101", "0600010B", "06000100"])
def test_what_is_no_answer_is_malformed(octets: str) -> None:
    (reading,) = DECODER.decode("control", bytes.fromhex(octets))
    with pytest.raises(MalformedError):
        racp.answer_of(reading)


def test_our_requests_read_back() -> None:
    (reading,) = DECODER.decode("control", racp.report_from(7))
    assert (reading.fields["opcode"], reading.fields["operator"]) == (1, 3)
    assert (reading.fields["filter"], reading.fields["operand"]) == (1, 7)
