"""What a frame in FHIR form says, as far as deduplication needs it. Pure."""

from __future__ import annotations

import msgspec

from edge_agent.model.errors import WireError
from edge_sync.region.seen import Seen
from edge_sync.wire import fhir
from edge_sync.wire.messages import NOT_JSON


class _Identifier(msgspec.Struct):
    system: str = ""
    value: str = ""


class _Reference(msgspec.Struct):
    identifier: _Identifier = msgspec.field(default_factory=_Identifier)


class _Coding(msgspec.Struct):
    system: str = ""
    code: str = ""


class _Concept(msgspec.Struct):
    coding: tuple[_Coding, ...] = ()
    text: str = ""


class _Resource(msgspec.Struct):
    identifier: tuple[_Identifier, ...]
    code: _Concept
    device: _Reference = msgspec.field(default_factory=_Reference)
    bodySite: _Concept = msgspec.field(default_factory=_Concept)  # noqa: N815 - FHIR's name


class _Entry(msgspec.Struct):
    resource: _Resource


class _Bundle(msgspec.Struct, tag="Bundle", tag_field="resourceType"):
    identifier: _Identifier
    entry: tuple[_Entry, ...] = ()


_bundles = msgspec.json.Decoder(_Bundle)


def read(payload: bytes) -> tuple[str, str, tuple[Seen, ...]]:
    """A bundle's frame id, device, and observations.

    Raises:
        WireError: it is no bundle of ours.
    """
    try:
        bundle = _bundles.decode(payload)
    except NOT_JSON as error:
        raise WireError(f"bundle: {error}") from error
    resources = [entry.resource for entry in bundle.entry]
    device = resources[0].device.identifier.value if resources else ""
    return bundle.identifier.value, device, tuple(map(_seen, resources))


def _seen(resource: _Resource) -> Seen:
    names = {i.system: i.value for i in resource.identifier}
    kinds = {c.system: c.code for c in resource.code.coding}
    if fhir.OBSERVATION not in names:
        raise WireError("an Observation has no identifier of ours")
    return Seen(
        names[fhir.OBSERVATION],
        kinds.get(fhir.KIND, resource.code.text),
        resource.bodySite.text,
        names.get(fhir.NAME, ""),
    )
