"""The JSON Schema of the format, made from its types, for editors and for other languages.

The committed copy is `firmware_specs/spec.schema.json`; write it anew with
`python -m firmware_specs.spec.schema > firmware_specs/spec.schema.json`.
"""

from __future__ import annotations

import json
from typing import Any, cast

import msgspec

from firmware_specs.spec.types import Spec

_AS_STRING = {"type": "string", "format": "decimal"}


def spec_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a spec as TOML gives it: decimals are numbers there."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | msgspec.json.schema(Spec)
    return cast("dict[str, Any]", _numbers(schema))


def schema_text() -> str:
    """The schema as the repository keeps it."""
    return json.dumps(spec_schema(), indent=1, ensure_ascii=False) + "\n"


def _numbers(node: object) -> object:
    if isinstance(node, dict):
        table = cast("dict[str, object]", node)
        if {key: table.get(key) for key in _AS_STRING} == _AS_STRING:
            return {"type": "number"} | ({"default": _default(table)} if "default" in table else {})
        return {key: _numbers(value) for key, value in table.items()}
    return (
        [_numbers(item) for item in cast("list[object]", node)] if isinstance(node, list) else node
    )


def _default(table: dict[str, object]) -> object:
    return float(str(table["default"]))


if __name__ == "__main__":
    import sys

    sys.stdout.write(schema_text())
