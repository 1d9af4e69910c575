"""To write the document anew: `python tests/sync/test_asyncapi.py > sync/asyncapi.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from edge_agent.model import forms
from edge_agent.model.commands import Command
from edge_agent.model.records import Lane
from edge_sync.packing import Packer
from edge_sync.portions import Portion
from edge_sync.store import Store
from edge_sync.wire import messages
from edge_sync.wire.asyncapi import document
from edge_sync.wire.context import Context
from edge_sync.wire.forms import form
from edge_sync.wire.messages import Receipt
from tests.support.sync import ADDRESS, Clock, frame

FILE = Path(__file__).parents[2] / "sync" / "asyncapi.json"


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def check(name: str, octets: bytes) -> None:
    schema: dict[str, Any] = document() | {"$ref": f"#/components/schemas/{name}"}
    jsonschema.validate(json.loads(octets.partition(b"\n")[0]), schema)


def test_the_file_is_what_the_types_say() -> None:
    assert FILE.read_text() == text(), __doc__


def test_all_references_lead_somewhere() -> None:
    def follow(value: object) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
                if name == "$ref":
                    place: Any = made
                    for step in str(inner).removeprefix("#/").split("/"):  # pyright: ignore[reportUnknownArgumentType]
                        place = place[step]
                follow(inner)  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, list):
            for inner in value:  # pyright: ignore[reportUnknownVariableType]
                follow(inner)  # pyright: ignore[reportUnknownArgumentType]

    made = document()
    follow(made)


@pytest.mark.parametrize("name", ["compact", "fhir"])
@pytest.mark.parametrize("history", [True, False])
async def test_real_messages_are_as_described(tmp_path: Path, name: str, *, history: bool) -> None:
    async with await Store.open(tmp_path / "buffer.sqlite") as store:
        await store.deliver([frame(n, points=3) for n in range(1, 20)])
        packer = Packer(store, Clock(), ADDRESS.path, name, form(name))
        packed = await packer.next(Portion(Lane.OBSERVATION, history, 0, 19), 100, 1 << 20)
    assert packed
    check("Batch", packed.payload)
    assert len(messages.decode_batch(packed.payload).records) == 19


def test_receipts_commands_and_bundles_are_as_described() -> None:
    check("Receipt", messages.encode(Receipt(1, ADDRESS.path, "e", Lane.ALARM, 7, ((9, 9),))))
    check("Command", msgspec.json.encode(Command("c", "dispense", "2030-01-01T00:00:00Z")))
    with pytest.raises(jsonschema.ValidationError):
        check("Receipt", b'{"type":"receipt"}')
    bundle = form("fhir")(forms.encode(frame(1)), Context(ADDRESS.path))
    assert json.loads(bundle)["resourceType"] == "Bundle"


if __name__ == "__main__":
    print(text(), end="")  # noqa: T201
