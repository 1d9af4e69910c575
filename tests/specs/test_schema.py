"""The published JSON Schema of the format is made from the types, and every spec is of it."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from firmware_specs import catalog
from firmware_specs.spec.schema import schema_text, spec_schema

PACKAGE = Path(catalog.__file__).parent


def test_the_published_schema_is_current() -> None:
    told = "run: python -m firmware_specs.spec.schema > firmware_specs/spec.schema.json"
    assert (PACKAGE / "spec.schema.json").read_text() == schema_text(), told


@pytest.mark.parametrize("path", sorted((PACKAGE / "devices").glob("*.toml")), ids=lambda p: p.stem)
def test_every_spec_is_of_the_schema(path: Path) -> None:
    validator: Any = Draft202012Validator(json.loads(schema_text()))
    errors = [error.message for error in validator.iter_errors(tomllib.loads(path.read_text()))]
    assert not errors


def test_the_schema_refuses_unknown_keys() -> None:
    validator: Any = Draft202012Validator(spec_schema())
    spec = tomllib.loads((PACKAGE / "devices/heart-rate.toml").read_text())
    assert validator.is_valid(spec)
    assert not validator.is_valid(spec | {"colour": 1})
