"""From fields to observations: units, flags, doubt, absence, and what must never become a value."""

from decimal import Decimal

import pytest

from edge_agent.model.errors import (
    ChecksumError,
    MalformedError,
    OverlongError,
    TruncatedError,
)
from edge_agent.model.observations import AbsentReason, MeasurementStatus, Observation
from edge_drivers import codec
from edge_drivers.codec.readings import Absent, Reading
from firmware_specs import catalog
from firmware_specs.spec.parse import parse

QUESTIONABLE = MeasurementStatus.QUESTIONABLE


def decode(device: str, part: str, octets: str) -> tuple[Reading, ...]:
    return codec.compile(catalog.find(device).spec).decode(part, bytes.fromhex(octets))


def measured(device: str, part: str, octets: str) -> tuple[Observation, ...]:
    (reading,) = decode(device, part, octets)
    return reading.measured


def test_glucose_in_kg_per_litre_is_mg_per_decilitre() -> None:
    (glucose,) = measured("glucose", "measurement", "020100E307021B0B0A1E64B011")
    assert (glucose.kind, str(glucose.value), glucose.unit) == (
        "glucose-capillary-blood",
        "100",
        "mg/dL",
    )


def test_glucose_in_mol_per_litre_is_mmol_per_litre() -> None:
    (glucose,) = measured("glucose", "measurement", "060100E307021B0B0A1E37C011")
    assert (str(glucose.value), glucose.unit) == ("5.5", "mmol/L")


@pytest.mark.parametrize("type_and_location", ["1A", "4A", "41"])
def test_a_control_solution_is_no_patients_value(type_and_location: str) -> None:
    (glucose,) = measured("glucose", "measurement", f"020100E307021B0B0A1E64B0{type_and_location}")
    assert glucose.kind == "glucose-control"


def test_a_reserved_type_is_malformed() -> None:
    with pytest.raises(MalformedError, match="type is 12"):
        decode("glucose", "measurement", "020100E307021B0B0A1E64B01C")


def test_a_record_is_named_by_base_time_and_dated_by_offset() -> None:
    (reading,) = decode("glucose", "measurement", "030100E307021B0B0A1EFBFF64B011")
    assert reading.device_time == "2019-02-27T11:05:30"
    assert reading.name == "seq:1 time:2019-02-27T11:10:30"


def test_a_diastolic_above_the_systolic_is_questionable_and_kept() -> None:
    (pressure,) = measured("blood-pressure", "measurement", "00480051004000")
    assert pressure.status == (QUESTIONABLE,)
    assert [part.value for part in pressure.components] == [72, 81, 64]


def test_nan_is_absent_with_its_reason() -> None:
    (pressure,) = measured("blood-pressure", "measurement", "00FF07FF07FF07")
    assert [part.absent for part in pressure.components] == [AbsentReason.NOT_A_NUMBER] * 3


def test_an_implausible_value_is_questionable_and_kept() -> None:
    (rate,) = measured("heart-rate", "measurement", "00FF")
    assert (rate.value, rate.status) == (Decimal(255), (QUESTIONABLE,))


def test_rr_intervals_are_exact_and_in_order() -> None:
    _, first, second = measured("heart-rate", "measurement", "103C00040102")
    assert (first.channel, first.value) == ("1", Decimal(1))
    assert (second.channel, second.value) == ("2", Decimal("0.5009765625"))


def test_a_weight_that_failed_is_no_weight() -> None:
    (weight,) = measured("weight-scale", "measurement", "00FFFF")
    assert (weight.value, weight.absent) == (None, AbsentReason.ERROR)


def test_a_demonstration_is_dropped_and_counted() -> None:
    (reading,) = decode("pulse-oximeter", "continuous", "0462003C000004")
    assert reading.measured == ()
    assert reading.dropped == 2


def test_a_finger_out_gives_no_value_and_no_signal() -> None:
    (reading,) = decode("cms50d-plus", "live", "9005104061")
    assert [m.absent for m in reading.measured] == [AbsentReason.TEMP_UNKNOWN] * 2
    assert [samples.valid for samples in reading.samples] == [False]


def test_several_records_in_one_notification() -> None:
    first, second = decode("glucose-cgm", "measurement", "06000C100600" + "06000D100700")
    assert [r.fields["glucose"] for r in (first, second)] == [Decimal(120), Decimal(130)]


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        ("", TruncatedError),
        ("00000C100600", MalformedError),
        ("07000C100600", TruncatedError),
        ("08000C100600586F", ChecksumError),
        ("07000C10060001", OverlongError),
    ],
)
def test_each_damage_has_its_error(octets: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        decode("glucose-cgm", "measurement", octets)


def test_a_truncation_names_the_field_and_the_place() -> None:
    with pytest.raises(TruncatedError, match="timestamp needs 7 octets at octet 7, 0 are left"):
        decode("blood-pressure", "measurement", "02030004000500")


PRIVATE = """
format = 1
device = "card"
title = { en = "Card", zh = "卡" }
sources = { doc = "A document" }
[link]
type = "shared"
[parts.card]
title = "A card"
source = "doc 1"
event = "card"
fields = [
  { name = "kind", type = "u8" },
  { name = "holder", type = "text", length = 4, private = true },
  { name = "number", type = "u16", private = true, bits = { low = "0-7" } },
  { name = "rest", type = "octets" },
]
"""


def test_private_fields_are_blanked_and_masked() -> None:
    decoder = codec.compile(parse(PRIVATE, "card.toml"))
    (reading,) = decoder.decode("card", b"\x01Anna\x01\x02end")
    assert reading.octets == b"\x01" + bytes(6) + b"end"
    masked = {name for name, value in reading.fields.items() if isinstance(value, Absent)}
    assert masked == {"holder", "number", "low"}
    assert "Anna" not in repr(reading)


ORDERS = """
format = 1
device = "orders"
title = { en = "Orders", zh = "序" }
sources = { doc = "A document" }
[link]
type = "modbus"
[parts.block]
title = "A block"
source = "doc 1"
registers = { function = 3, address = 0, count = 9 }
event = "block"
fields = [
  { name = "a", type = "u32", word_order = "ABCD" },
  { name = "b", type = "u32", word_order = "CDAB" },
  { name = "c", type = "s32", word_order = "DCBA" },
  { name = "d", type = "u32", word_order = "BADC" },
  { name = "e", type = "s16", word_order = "BA" },
]
"""


def test_word_orders() -> None:
    decoder = codec.compile(parse(ORDERS, "orders.toml"))
    octets = "01020304" + "03040102" + "FEFFFFFF" + "02010403" + "FEFF"
    (reading,) = decoder.decode("block", bytes.fromhex(octets))
    assert reading.fields == {"a": 0x01020304, "b": 0x01020304, "c": -2, "d": 0x01020304, "e": -2}
