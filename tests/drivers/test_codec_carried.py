"""A part that another carries is decoded with it, and what is private in it stays so."""

from decimal import Decimal

import pytest

from edge_agent.model.errors import OverlongError, TruncatedError
from edge_drivers import codec
from edge_drivers.codec.explain import explain
from edge_drivers.codec.readings import Absent
from firmware_specs.spec.parse import parse

SPEC = """\
format = 1
device = "thing"
title = { en = "Thing", zh = "物" }
sources = { leaflet = "The maker's leaflet" }

[link]
type = "shared"

[parts.frame]
title = "Frame"
source = "leaflet 1"
event = "frame"
fields = [
  { name = "command", type = "u8" },
  { name = "length", type = "u8" },
  { name = "payload", type = "octets", length = "length" },
  { name = "sum", type = "u8", check = "sum8" },
]

[parts.temperature]
title = "Temperature"
source = "leaflet 2"
within = "frame"
when = "command == 1"
fields = [
  { name = "celsius", type = "u8", unit = "Cel" },
  { name = "who", type = "u8", private = true },
]

[[parts.temperature.observations]]
kind = "body-temperature"
value = "celsius"

[parts.several]
title = "Several records"
source = "leaflet 3"
within = "frame"
when = "command == 2"
record = 2
event = "record"
fields = [{ name = "number", type = "u16" }]
"""
DECODER = codec.compile(parse(SPEC, "thing.toml"))


def frame(command: int, *payload: int) -> bytes:
    octets = bytes((command, len(payload), *payload))
    return octets + bytes((sum(octets) & 0xFF,))


def test_what_is_carried_says_what_the_frame_means() -> None:
    (reading,) = DECODER.decode("frame", frame(1, 37, 9))
    assert (reading.part, reading.carried) == ("frame", "temperature")
    assert [(o.kind, o.value) for o in reading.measured] == [("body-temperature", Decimal(37))]
    told = explain(DECODER, reading)
    assert (told["command"].raw, told["celsius"].unit) == (1, "Cel")


def test_what_is_private_in_it_is_blanked_where_it_stands() -> None:
    (reading,) = DECODER.decode("frame", frame(1, 37, 9))
    assert reading.octets == bytes((1, 2, 37, 0, frame(1, 37, 9)[-1]))
    assert isinstance(reading.fields["who"], Absent)


def test_several_records_are_several_readings() -> None:
    readings = DECODER.decode("frame", frame(2, 1, 0, 2, 0))
    assert [reading.fields["number"] for reading in readings] == [1, 2]


def test_another_command_is_the_frame_alone() -> None:
    (reading,) = DECODER.decode("frame", frame(3, 1))
    assert (reading.carried, reading.event and reading.event.name) == ("", "frame")


@pytest.mark.parametrize("octets", [frame(1, 37), frame(2, 1), b"\x01\x09\x25"])
def test_a_payload_cut_short_is_told(octets: bytes) -> None:
    with pytest.raises(TruncatedError):
        DECODER.decode("frame", octets)


def test_a_payload_too_long_is_told() -> None:
    with pytest.raises(OverlongError):
        DECODER.decode("frame", frame(1, 37, 9, 9))
