"""The AsyncAPI 3 document of all that goes over the wire, made of the types themselves. Pure."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from edge_agent.model.commands import Command
from edge_agent.model.records import Lane, Record
from edge_sync.wire import messages
from edge_sync.wire.messages import Batch, Receipt
from edge_sync.wire.signed import Signature

_REF: Final = "#/components/schemas/{name}"
_LEVELS: Final = {
    "root": "what all topics begin with; one or more levels",
    "province": "two digits of GB/T 2260, 00 for none",
    "city": "two digits of GB/T 2260, 00 for none",
    "county": "two digits of GB/T 2260, 00 for none",
    "township": "three digits of GB/T 10114, 000 for none",
    "village": "three digits of the statistics bureau, 000 for none",
    "site": "the clinic or home",
    "gateway": "the gateway's name in the site",
}
_PATH: Final = "/v1/" + "/".join(f"{{{level}}}" for level in list(_LEVELS)[1:])


def document() -> dict[str, Any]:
    """The document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Edge gateway and region",
            "version": str(messages.VERSION),
            "description": (
                "Records go up by lane; receipts and commands come down. QoS 1, persistent"
                " sessions, MQTT 5 or 3.1.1. A message is one line of JSON; with encoding `zlib`"
                " the records follow the line as a zlib stream of a JSON array; with"
                " `nameless+zlib` frames and their observations in it have no `id`, as that is a"
                " hash of what they hold (decision 126). A command's line is"
                " followed by a line break and its Signature, of the octets of"
                " `edge-gateway command v1`, a line break and the command's line as it travels."
            ),
        },
        "channels": {
            "up": _channel("/up/{lane}", "batch", {"lane": {"enum": [str(lane) for lane in Lane]}}),
            "receipt": _channel("/down/receipt", "receipt"),
            "command": _channel("/down/command", "command"),
        },
        "operations": {
            "sendRecords": _operation("send", "up"),
            "receiveReceipts": _operation("receive", "receipt"),
            "receiveCommands": _operation("receive", "command"),
        },
        "components": {
            "messages": {name: _message(name) for name in ("batch", "receipt", "command")},
            "schemas": _schemas(),
        },
    }


def _channel(tail: str, message: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
    parameters = {level: {"description": text} for level, text in _LEVELS.items()}
    return {
        "address": "{root}" + _PATH + tail,
        "parameters": parameters | (more or {}),
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": {"mqtt": {"bindingVersion": "0.2.0"}},
    }


def _operation(action: str, channel: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "bindings": {"mqtt": {"qos": 1, "retain": False, "bindingVersion": "0.2.0"}},
    }


def _message(name: str) -> dict[str, Any]:
    return {
        "contentType": "application/json",
        "payload": {"$ref": _REF.format(name=name.capitalize())},
    }


def _schemas() -> dict[str, Any]:
    kinds = get_args(Record)
    _, schemas = msgspec.json.schema_components(
        [Batch, Receipt, Command, Signature, *kinds], ref_template=_REF
    )
    records = [{"$ref": _REF.format(name=kind.__name__)} for kind in kinds]
    bundle = {"type": "object", "required": ["resourceType"], "title": "FHIR R4 Bundle"}
    schemas["Batch"]["properties"]["records"]["items"] = {"anyOf": [*records, bundle]}
    return schemas
