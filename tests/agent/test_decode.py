"""`edge-agent decode`: every vector from outside, names however people write them, its schema."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from edge_agent.cli import decode as command
from edge_agent.cli.decoding import decode
from edge_agent.cli.lookup import UnknownError, find_device, find_part
from edge_agent.cli.matching import agrees
from edge_agent.cli.output import encode, lines
from edge_agent.cli.vectors import Vector, check, read_file
from firmware_specs import catalog

PACKAGE = Path(command.__file__).parent
SPECS = catalog.find_all()
SCHEMA: Any = Draft202012Validator(json.loads((PACKAGE / "decode.schema.json").read_text()))
DEVICES = Path(catalog.__file__).parent / "devices"
KNOWN = [vector for file in sorted(DEVICES.glob("*.json")) for vector in read_file(file).vectors]

MUST_PASS = {
    *("Heart Rate 180D", "Blood Pressure 1810", "Glucose 1808", "RACP 2A52", "Polar PMD"),
    *("Polar H10 PMD", "Contec CMS50D+", "XY-MD02 / SHT20", "GATT", "IEEE 11073-20601"),
    *("Current Time 1805", "Device Information 180A", "Battery 180F"),
    *("CGM 181F", "Health Thermometer 1809", "Pulse Oximeter 1822", "Weight Scale 181D"),
    *("Body Composition 181B", "CGM E2E-CRC", "Modbus"),
}
Printed = Callable[[], list[dict[str, Any]]]


def run(*arguments: str) -> int:
    parser = ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """What was printed since, line by line."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_shared_vector_of_our_devices_passes(shared: Path) -> None:
    vectors = read_file(shared / "vectors" / "device-vectors.json").vectors
    results = [check(vector, SPECS) for vector in vectors]
    failed = [(r.vector.id, r.why) for r in results if r.outcome == "failed"]
    assert not failed
    uncovered = {r.vector.device for r in results if r.outcome == "not-covered"}
    assert not uncovered & MUST_PASS


@pytest.mark.parametrize("vector", KNOWN, ids=lambda vector: vector.id)
def test_every_line_is_of_the_published_schema(vector: Vector) -> None:
    found = list(lines(decode(vector.device, vector.part, vector.hex, SPECS)))
    assert found
    for line in found:
        SCHEMA.validate(json.loads(encode(line)))


def test_an_observation_with_its_components(printed: Printed) -> None:
    assert run("Blood Pressure 1810", "2A35", "15BDF00B009FF03C001200") == 0
    pressure, pulse = printed()
    assert pressure["components"][0] == {"kind": "systolic", "value": "18.9", "unit": "kPa"}
    assert pressure["flags"] == ["cuff_loose"]
    assert (pulse["kind"], pulse["value"], pulse["unit"]) == ("pulse-rate-cuff", "60", "/min")


def test_a_waveform(printed: Printed) -> None:
    assert run("polar-pmd", "data", "00 00 94 35 77 00 00 00 00 00 02 80 ff 02 80 00") == 0
    (ecg,) = printed()
    assert (ecg["type"], ecg["samples"], ecg["rate"]) == ("waveform", [[-32766, 32770]], "130")
    assert ecg["last_ns"] == 2_000_000_000


def test_an_error_is_an_object_and_status_1(printed: Printed) -> None:
    assert run("Blood Pressure 1810", "2A35", "01:02:03") == 1
    (error,) = printed()
    assert (error["type"], error["error"]) == ("error", "truncated")
    assert error["message"] == "diastolic needs 2 octets at octet 3, 0 are left"
    SCHEMA.validate(error)


@pytest.mark.parametrize(
    ("arguments", "kind", "told"),
    [
        (["toaster", "2A35", "00"], "unknown", "no spec is called 'toaster'"),
        (["glucose", "toast", "00"], "unknown", "glucose has no part 'toast'"),
        (["glucose", "2A18", "0g"], "malformed", "the octets are no hex"),
    ],
)
def test_a_wrong_question(arguments: list[str], kind: str, told: str, printed: Printed) -> None:
    assert run(*arguments) == 1
    (error,) = printed()
    assert error["error"] == kind
    assert told in error["message"]
    SCHEMA.validate(error)


def test_a_spec_that_cannot_be_accepted(tmp_path: Path, printed: Printed) -> None:
    (tmp_path / "bad.toml").write_text("format = 2")
    assert run("--specs-dir", str(tmp_path), "bad", "2A18", "00") == 1
    (error,) = printed()
    assert error["error"] == "spec"
    assert "bad.toml: format: is 2, not 1" in error["message"]
    SCHEMA.validate(error)


def test_a_bad_spec_hinders_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.toml").write_text("format = 2")
    folder = ("--specs-dir", str(tmp_path))
    assert run(*folder, "heart-rate", "2A37", "007F") == 0
    assert run(*folder, "--list") == 0
    told = capsys.readouterr()
    assert '"kind":"heart-rate"' in told.out
    assert told.err.count("not used: ") == 2
    assert "bad.toml: format: is 2, not 1; write `format = 1`" in told.err


@pytest.mark.parametrize(
    ("device", "spec"),
    [
        ("BLOOD-PRESSURE", "blood-pressure"),
        ("blood pressure 1810", "blood-pressure"),
        ("1810", "blood-pressure"),
        ("血糖仪", "glucose"),
        ("Polar H10", "polar-pmd"),
        ("Contec  CMS50D+", "cms50d-plus"),
        ("Heart Rate", "heart-rate"),
        ("SHT20", "xy-md02"),
    ],
)
def test_a_device_by_any_of_its_names(device: str, spec: str) -> None:
    assert find_device(device, SPECS).spec.device == spec


def test_a_device_that_may_be_several_is_refused() -> None:
    with pytest.raises(
        UnknownError, match="'monitor' may be any of: and-ua767pc, blood-pressure, "
    ):
        find_device("monitor", SPECS)


@pytest.mark.parametrize(
    ("device", "part", "found"),
    [
        ("heart-rate", "2a37", ("heart-rate", "measurement")),
        ("heart-rate", "0x2A37", ("heart-rate", "measurement")),
        ("heart-rate", "00002A37-0000-1000-8000-00805F9B34FB", ("heart-rate", "measurement")),
        ("Polar PMD", "fb005c82-02e7-f387-1cad-8acd2d8df0c8", ("polar-pmd", "data")),
        ("Polar PMD", "FB005C82 ECG frame type 0", ("polar-pmd", "data")),
        ("Polar PMD", "FB005C82 ACC frame type 129", ("polar-pmd", "data")),
        ("Polar PMD", "FB005C81 indication", ("polar-pmd", "control")),
        ("Contec CMS50D+", "5-byte live frame", ("cms50d-plus", "live")),
        ("Glucose 1808", "Battery Level", ("glucose", "battery")),
        ("Glucose 1808", "2A19", ("glucose", "battery")),
        ("RACP 2A52", "request write", ("gatt-common", "record-access")),
        ("an unknown device", "SFLOAT (LE)", ("gatt-common", "sfloat")),
    ],
)
def test_a_part_by_any_of_its_names(device: str, part: str, found: tuple[str, str]) -> None:
    meant = find_part(device, part, SPECS)
    assert (meant.loaded.spec.device, meant.part) == found


def test_a_reply_that_fits_a_block_is_that_block(printed: Printed) -> None:
    assert run("xy-md02", "Modbus RTU reply FC04", "01040401310222 2ACE") == 0
    assert [(line["kind"], line["value"]) for line in printed()] == [
        ("air-temperature", "30.5"),
        ("relative-humidity", "54.6"),
    ]


def test_a_reply_whose_register_is_told_is_that_field(printed: Printed) -> None:
    assert run("--register", "2", "xy-md02", "Modbus RTU reply FC04", "01040202223849") == 0
    (humidity,) = printed()
    assert (humidity["kind"], humidity["value"]) == ("relative-humidity", "54.6")


def test_a_reply_whose_register_is_open_is_no_observation(printed: Printed) -> None:
    assert run("xy-md02", "Modbus RTU reply FC04", "01040202223849") == 0
    (event,) = printed()
    assert event["type"] == "event"
    assert event["fields"]["humidity"]["value"] == "54.6"


def test_a_modbus_exception(printed: Printed) -> None:
    assert run("xy-md02", "Modbus TCP reply", "0001 0000 0003 01 84 02") == 0
    (event,) = printed()
    assert event["fields"]["text"]["raw"] == "illegal data address"


def test_the_echo_of_a_write(printed: Printed) -> None:
    """MODBUS Application Protocol 1.1b3, 6.6: the reply to function 6 is its echo."""
    assert run("modbus", "Modbus TCP reply FC06", "0001 0000 0006 11 06 0001 0003") == 0
    (event,) = printed()
    assert event["event"] == "modbus-reply"
    assert [event["fields"][key]["raw"] for key in ("unit", "start", "value")] == [17, 1, 3]


def test_list_names_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 0
    table = capsys.readouterr().out
    for device, loaded in SPECS.items():
        assert device in table
        assert all(part in table for part in loaded.spec.parts)


def test_list_as_json(printed: Printed) -> None:
    assert run("--list", "--json") == 0
    assert len(printed()) == sum(len(loaded.spec.parts) for loaded in SPECS.values())


def test_vectors_tells_each_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = {
        "id": "a",
        "device/profile": "1810",
        "characteristic or protocol": "2A49",
        "hex": "0100",
        "expected": {"features": "0x0001"},
    }
    bad = good | {"id": "b", "expected": {"features": 2}}
    other = good | {"id": "c", "device/profile": "toaster", "characteristic or protocol": "x"}
    file = tmp_path / "v.json"
    file.write_text(json.dumps([good, bad, other]))
    assert run("--vectors", str(file)) == 1
    told = capsys.readouterr().out
    assert "features: expected 2, got Decimal('1')" in told
    assert told.endswith("1 passed, 1 failed, 1 not covered\n")
    file.write_text(json.dumps([good, other]))
    assert run("--vectors", str(file), "--json") == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary == {"type": "summary", "passed": 1, "failed": 0, "not-covered": 1}


def test_a_file_that_holds_no_vectors(tmp_path: Path, printed: Printed) -> None:
    (tmp_path / "v.json").write_text("{}")
    assert run("--vectors", str(tmp_path / "v.json")) == 1
    (error,) = printed()
    assert "holds no vectors" in error["message"]


def test_a_file_that_is_not_there(tmp_path: Path, printed: Printed) -> None:
    assert run("--vectors", str(tmp_path / "none.json")) == 1
    (error,) = printed()
    assert "none.json: cannot be read: No such file or directory" in error["message"]


CUFF = {
    "id": "a",
    "device/profile": "1810",
    "characteristic or protocol": "2A35",
    "hex": "00480051004000",
}
PRESSURE = {
    "kind": "blood-pressure",
    "components": [
        {"kind": "systolic", "value": "72", "unit": "mm[Hg]"},
        {"kind": "diastolic", "value": "81", "unit": "mm[Hg]"},
        {"kind": "mean-arterial-pressure", "value": "64", "unit": "mm[Hg]"},
    ],
    "status": ["questionable"],
}


def outcome(expected: dict[str, Any], names: dict[str, str] | None = None) -> tuple[str, ...]:
    """Why a vector of the cuff fails."""
    vector = msgspec.convert(CUFF | {"expected": expected}, Vector)
    return check(vector, SPECS, names or {}).why


@pytest.mark.parametrize(
    "wrong",
    [
        PRESSURE | {"kind": "pulse-rate-cuff"},
        PRESSURE | {"status": []},
        PRESSURE | {"channel": "1"},
        PRESSURE | {"components": PRESSURE["components"][:2]},
        {key: PRESSURE[key] for key in ("kind", "components")},
    ],
)
def test_the_meaning_of_a_vector_is_compared_whole(wrong: dict[str, Any]) -> None:
    assert not outcome({"observations": [PRESSURE], "waveforms": [], "event": None})
    (why,) = outcome({"observations": [wrong]})
    assert why.startswith('observations: expected [{"kind"')
    assert outcome({"observations": []})
    assert outcome({"event": "cuff-pressure"})


def test_a_value_has_its_precision() -> None:
    precise = json.loads(json.dumps(PRESSURE).replace('"72"', '"72.0"'))
    assert outcome({"observations": [precise]})


def test_a_file_of_vectors_may_bring_names() -> None:
    assert outcome({"oben": 72})
    assert not outcome({"oben": 72}, {"oben": "systolic"})


def test_no_question_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("glucose") == 2
    assert "DEVICE PART HEX are needed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("want", "got", "same"),
    [
        ("138", 138, True),
        ("37.60", 37.6, False),
        ("0x0027", 39, True),
        ({"year": None, "month": 4}, "0000-04-17T20:41:59", True),
        ([1, 2], (1, 2), True),
        ([1, 2], (1, 3), False),
        ("mmHg", "mm[Hg]", True),
        ("2018-01-01T21:14", "2018-01-01T21:14:00", True),
        ("FFFF", b"\xff\xff", True),
        (None, 0, False),
        (None, "2018-01-01T21:14:00", False),
        ("abc", 1, False),
    ],
)
def test_agreement(want: object, got: object, same: bool) -> None:
    assert agrees(want, got) is same
