"""The model's own compact JSON form: what the buffer holds and what the region can read for ever.

Defaults are left out, decimals are strings with their trailing zeros, octets are base64, and a
record says what it is in `type`. A reader ignores fields it does not know; who stores a record
stores the octets as they came, so unknown fields survive.
"""

from __future__ import annotations

from typing import Any

import msgspec

from edge_agent.model.commands import Command
from edge_agent.model.errors import WireError
from edge_agent.model.records import Record

SCHEMA = "edge/1"
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


def encode(record: Record | Command) -> bytes:
    """A record as JSON, UTF-8, without line breaks."""
    return _encoder.encode(record)


def decode(octets: bytes) -> Record:
    """The record that `encode` was given.

    Raises:
        WireError: not JSON, no known `type`, or a field that is missing or of another type.
    """
    try:
        return _decoder.decode(octets)
    except msgspec.DecodeError as error:
        raise WireError(f"record: {error}") from error


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a record or command; `type` says which."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA}
    return head | msgspec.json.schema(Record | Command)
