"""The manual of the format keeps its promises: every key is in it, every example is accepted."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from firmware_specs import catalog
from firmware_specs.spec import dispensing, fields, kinds, rules, types, wires
from firmware_specs.spec.parse import parse

MANUAL = (Path(catalog.__file__).parent / "README.md").read_text()
TABLES = dict(re.findall(r"<!-- (\w+) -->\n\n((?:\|.*\n)+)", MANUAL))
EXAMPLES = re.findall(r"```toml\n(.*?)```", MANUAL, re.DOTALL)
STRUCTS = {
    name: kind
    for module in (types, wires, fields, rules, kinds, dispensing)
    for name, kind in vars(module).items()
    if isinstance(kind, type)
    and issubclass(kind, msgspec.Struct)
    and kind.__module__ == module.__name__
    and kind is not types.LoadedSpec
}


def keys(kind: type[msgspec.Struct]) -> list[str]:
    tagged = ["type"] if kind.__struct_config__.tag else []
    return [*tagged, *kind.__struct_fields__]


@pytest.mark.parametrize("name", STRUCTS)
def test_the_manual_has_every_key_and_no_other(name: str) -> None:
    told = re.findall(r"^\| \**`(\w+)`\** \| (.+) \|$", TABLES[name], re.MULTILINE)
    assert [key for key, _ in told] == keys(STRUCTS[name])
    assert all(meaning.strip(" ?") for _, meaning in told)


@pytest.mark.parametrize("name", STRUCTS)
def test_a_bold_key_is_one_that_must_be_there(name: str) -> None:
    bold = re.findall(r"^\| \*\*`(\w+)`\*\* ", TABLES[name], re.MULTILINE)
    required = {field.name for field in msgspec.structs.fields(STRUCTS[name]) if field.required}
    assert set(bold) - {"type"} == required - {"type"}


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split('"')[1])
def test_every_example_is_accepted(text: str) -> None:
    assert parse(text, "README.md").device


def test_there_is_an_example_for_every_link() -> None:
    links = {type(parse(text, "README.md").link) for text in EXAMPLES}
    assert links == {wires.BleWire, wires.SerialWire, wires.ModbusWire, wires.SharedWire}


def test_every_type_of_field_is_told() -> None:
    (row,) = re.findall(r"^\| \*\*`type`\*\* \| (.+) \|$", TABLES["Field"], re.MULTILINE)
    words = set(re.findall(r"\w+", row))
    assert {str(kind) for kind in get_args(fields.FieldType)} <= words
