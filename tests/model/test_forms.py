"""The JSON form: what was written once is readable for ever, to the octet."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import get_args

import jsonschema
import msgspec
import pytest

from edge_agent.model import forms
from edge_agent.model.errors import WireError
from edge_agent.model.records import Record

COMPAT = Path(__file__).parents[1] / "data" / "compat"
FROZEN = [
    line
    for file in sorted(COMPAT.glob("*/records.jsonl"))
    for line in file.read_bytes().splitlines()
]
SCHEMA = Path(forms.__file__).with_name("records.schema.json")


@pytest.mark.parametrize("line", FROZEN, ids=lambda line: str(json.loads(line)["type"]))
def test_what_a_release_wrote_is_read_and_written_alike(line: bytes) -> None:
    assert forms.encode(forms.decode(line)) == line


def test_every_kind_of_record_is_frozen() -> None:
    kinds = {kind.__struct_config__.tag for kind in get_args(Record)}
    assert kinds == {json.loads(line)["type"] for line in FROZEN}


@pytest.mark.parametrize("line", FROZEN, ids=lambda line: str(json.loads(line)["type"]))
def test_frozen_records_fit_the_schema(line: bytes) -> None:
    jsonschema.validate(json.loads(line), json.loads(SCHEMA.read_text()))


def test_the_schema_in_the_repository_is_the_types() -> None:
    now = json.loads(json.dumps(forms.json_schema()))
    assert json.loads(SCHEMA.read_text()) == now, "run: edge-agent schema record"


def test_decimals_keep_their_trailing_zeros() -> None:
    frame = next(json.loads(line) for line in FROZEN if b'"5.60"' in line)
    decoded = forms.decode(msgspec.json.encode(frame))
    values = [observation.value for observation in getattr(decoded, "observations", ())]
    assert [str(value) for value in values] == ["5.60"]
    assert isinstance(values[0], Decimal)


def test_a_later_release_may_add_fields() -> None:
    record = json.loads(FROZEN[0]) | {"invented_later": {"deep": [1, 2]}}
    assert forms.encode(forms.decode(msgspec.json.encode(record))) == FROZEN[0]


@pytest.mark.parametrize(
    "octets", [b"", b"{", b"[]", b'{"type":"frame"}', b'{"type":"no-such"}', b"\xff"]
)
def test_what_is_no_record_is_a_wire_error(octets: bytes) -> None:
    with pytest.raises(WireError):
        forms.decode(octets)
