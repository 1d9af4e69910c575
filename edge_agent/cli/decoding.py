"""One string of octets under one part of one spec: its readings explained, or a declared error."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from edge_agent.cli.lookup import UnknownError, find_device, find_part
from edge_agent.cli.modbus_frames import decode_frame, is_frame
from edge_agent.model.errors import (
    ChecksumError,
    DecodeError,
    MalformedError,
    OverlongError,
    TruncatedError,
)
from edge_drivers import codec
from edge_drivers.codec.explain import Explained, explain
from edge_drivers.codec.readings import Reading
from firmware_specs.spec.types import LoadedSpec, Spec
from firmware_specs.spec.wires import ModbusWire, SharedWire

ERROR_NAMES: Mapping[type[Exception], str] = {
    TruncatedError: "truncated",
    OverlongError: "overlong",
    ChecksumError: "checksum",
    MalformedError: "malformed",
    UnknownError: "unknown",
}


class Explanation(msgspec.Struct, frozen=True):
    """A reading and what a person wants to see of it."""

    reading: Reading
    fields: dict[str, Explained]


class Decoded(msgspec.Struct, frozen=True):
    """The answer to one question.

    Attributes:
        spec: under which spec; None when there was none of the name.
        part: which part of it.
        explanations: what the octets say; empty when `error` is there.
        error: why they say nothing.
    """

    spec: Spec | None
    part: str
    explanations: tuple[Explanation, ...] = ()
    error: Exception | None = None

    @property
    def error_name(self) -> str:
        """The kind of error as the schema names it."""
        return ERROR_NAMES.get(type(self.error), "malformed") if self.error else ""


def octets_of(text: str) -> bytes:
    """The octets that a person wrote in hex, with or without spaces, colons, `0x`.

    Raises:
        MalformedError: it is no hex.
    """
    bare = text.replace(":", " ").replace("-", " ").replace("0x", " ").replace(",", " ")
    try:
        return bytes.fromhex("".join(bare.split()))
    except ValueError as error:
        raise MalformedError(f"the octets are no hex: {error}") from error


def decode(
    device: str,
    part: str,
    octets: str,
    specs: Mapping[str, LoadedSpec],
    register: int | None = None,
) -> Decoded:
    """What octets mean.

    Args:
        device: spec name or alias.
        part: part name, alias, characteristic, or the kind of a whole Modbus frame.
        octets: hex.
        specs: the catalogue.
        register: address of the first register that was asked for, where a Modbus reply leaves
            that open.
    """
    try:
        if is_frame(part) and _is_modbus(device, specs):
            spec = find_device(device, specs).spec
            return _frame(spec, part, octets, register)
        found = find_part(device, part, specs)
    except UnknownError as error:
        return Decoded(None, part, (), error)
    return _plain(found.loaded.spec, found.part, octets)


def _is_modbus(device: str, specs: Mapping[str, LoadedSpec]) -> bool:
    """Whether the device is one of Modbus, or any: its frames can be read without its map."""
    return isinstance(find_device(device, specs).spec.link, ModbusWire | SharedWire)


def _plain(spec: Spec, part: str, octets: str) -> Decoded:
    decoder = codec.compile(spec)
    try:
        readings = decoder.decode(part, octets_of(octets))
    except DecodeError as error:
        return Decoded(spec, part, (), error)
    return Decoded(spec, part, tuple(Explanation(r, explain(decoder, r)) for r in readings))


def _frame(spec: Spec, part: str, octets: str, register: int | None) -> Decoded:
    try:
        readings = decode_frame(spec, part, octets_of(octets), register)
    except DecodeError as error:
        return Decoded(spec, part, (), error)
    return Decoded(spec, part, tuple(Explanation(r, fields) for r, fields in readings))
