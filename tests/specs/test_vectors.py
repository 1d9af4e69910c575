"""Vectors say what octets mean, whole: each rule of each spec is met by one."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from edge_agent.cli.decoding import Decoded, decode
from edge_agent.cli.vectors import Vector, read_file
from firmware_specs import catalog
from firmware_specs.spec.check_rules import kinds_of, names_of
from firmware_specs.spec.rules import ObservationRule
from firmware_specs.spec.types import Part, Spec

PACKAGE = Path(catalog.__file__).parent
SPECS = catalog.find_all()
FILES = {name: read_file(PACKAGE / f"devices/{name}.vectors.json") for name in SPECS}
SCHEMA: Any = Draft202012Validator(json.loads((PACKAGE / "vectors.schema.json").read_text()))


def own_parts(spec: Spec) -> Mapping[str, Part]:
    """The parts that are not those of every Bluetooth device."""
    common = SPECS[catalog.COMMON].spec
    shared: Mapping[str, Part] = {} if spec.device == catalog.COMMON else common.parts
    return {name: part for name, part in spec.parts.items() if part != shared.get(name)}


OBSERVATIONS = [
    (device, name, place)
    for device, loaded in SPECS.items()
    for name, part in own_parts(loaded.spec).items()
    for place in range(len(part.observations))
]
WAVEFORMS = [
    (device, name, kind)
    for device, loaded in SPECS.items()
    for name, part in loaded.spec.parts.items()
    for rule in part.waveforms
    for kind in rule.kinds
]


@cache
def decoded(device: str) -> list[tuple[Vector, Decoded]]:
    """The vectors beside a spec, and what they say."""
    vectors = FILES[device].vectors
    return [(one, decode(one.device, one.part, one.hex, SPECS)) for one in vectors]


def vectors_of(device: str, part: str) -> list[Vector]:
    """The vectors of a part of a spec, alone or carried by another."""
    return [
        vector
        for vector, found in decoded(device)
        if found.spec
        and found.spec.device == device
        and part in {found.part, *(e.reading.carried for e in found.explanations)}
    ]


def meets(observation: dict[str, Any], rule: ObservationRule) -> bool:
    """Whether an observation may be one of a rule: a repeated field numbers the channels."""
    channel = observation.get("channel", "")
    return observation["kind"] in kinds_of(rule) and (channel == rule.channel or channel.isdigit())


@pytest.mark.parametrize(("device", "part", "place"), OBSERVATIONS)
def test_each_observation_is_met_by_a_vector(device: str, part: str, place: int) -> None:
    rule = SPECS[device].spec.parts[part].observations[place]
    expected = [
        observation
        for vector in vectors_of(device, part)
        for observation in vector.expected.get("observations", [])
    ]
    assert any(meets(observation, rule) for observation in expected)


@pytest.mark.parametrize(("device", "part", "kind"), WAVEFORMS)
def test_each_waveform_is_met_by_a_vector(device: str, part: str, kind: str) -> None:
    expected = [
        channel["kind"]
        for vector in vectors_of(device, part)
        for waveform in vector.expected.get("waveforms", [])
        for channel in waveform["channels"]
    ]
    assert kind in expected


@pytest.mark.parametrize("device", SPECS)
def test_vectors_are_of_the_schema(device: str) -> None:
    held = json.loads((PACKAGE / f"devices/{device}.vectors.json").read_text())
    SCHEMA.validate(held)
    SCHEMA.validate(held["vectors"])


def test_the_shared_vectors_are_of_the_schema(shared: Path) -> None:
    SCHEMA.validate(json.loads((shared / "vectors" / "device-vectors.json").read_text()))


def test_the_schema_refuses_an_unknown_key_of_an_observation() -> None:
    (vector,) = json.loads(json.dumps(read_raw("battery-1")))
    vector["expected"]["observations"][0]["colour"] = "red"
    assert not SCHEMA.is_valid([vector])


def read_raw(name: str) -> list[dict[str, Any]]:
    """A vector of the shared values as the file has it."""
    held = json.loads((PACKAGE / "devices/gatt-common.vectors.json").read_text())
    return [vector for vector in held["vectors"] if vector["id"] == name]


@pytest.mark.parametrize("device", SPECS)
def test_names_lead_to_fields(device: str) -> None:
    known = {"sequence", "device_time", "slot"}.union(
        *(names_of(part) for part in SPECS[device].spec.parts.values())
    )
    for meant in FILES[device].names.values():
        paths = (meant,) if isinstance(meant, str) else meant
        assert {path.partition(".")[0] for path in paths} <= known
