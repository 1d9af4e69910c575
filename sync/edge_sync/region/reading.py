"""What a message says, made ready for the tables. Pure; a record that is not understood is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import msgspec

from edge_agent.model import forms
from edge_agent.model.errors import WireError
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap
from edge_agent.model.records import Record
from edge_sync.region import fhir
from edge_sync.region.seen import Seen, Segment
from edge_sync.wire import fhir_dispense, naming, ranges
from edge_sync.wire.messages import NOT_JSON, Batch
from edge_sync.wire.ranges import Ranges


class Arrived(msgspec.Struct, frozen=True):
    """A record of a message.

    Attributes:
        sequence: its number in the lane.
        id, kind: of the record; a kind that we do not know is kept as it came.
        device: the device's key, "" for none.
        payload: the record's JSON, whole.
        revision: of what is replaced by later revisions of the same id; else 0.
        observations, waveforms: what a frame holds.
        missing: sequences of the lane `lane` that never come, as a gap record says.
        misnamed: names that were given and do not fit, each with the one that does.
    """

    sequence: int
    id: str
    kind: str
    device: str
    payload: str
    revision: int = 0
    observations: tuple[Seen, ...] = ()
    waveforms: tuple[Segment, ...] = ()
    lane: str = ""
    missing: Ranges = ()
    misnamed: tuple[tuple[str, str], ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """A record that is none: it has no id, or is not of its kind."""

    sequence: int
    reason: str
    payload: bytes


class _Head(msgspec.Struct):
    id: str = ""
    type: str = ""
    device: str = ""
    revision: ranges.Number = 0
    resourceType: str = ""  # noqa: N815 - FHIR's name


_heads = msgspec.json.Decoder(_Head)
KNOWN = frozenset(str(kind.__struct_config__.tag) for kind in get_args(Record))


def read(batch: Batch) -> list[Arrived | Refused]:
    """Each record of a batch, in order."""
    numbers = ranges.expand(batch.sequences)
    return [_one(n, bytes(raw)) for n, raw in zip(numbers, batch.records, strict=True)]


def _one(sequence: int, payload: bytes) -> Arrived | Refused:
    try:
        head = _heads.decode(payload)
        if head.resourceType == fhir_dispense.TYPE:
            result = fhir_dispense.record(payload)
            device = result.dispensed.device if result.dispensed else ""
            return Arrived(sequence, result.id, "result", device, payload.decode())
        if head.resourceType:
            name, device, observations = fhir.read(payload)
            text = payload.decode()
            return Arrived(sequence, name, "frame", device, text, observations=observations)
        if not head.id or not head.type:
            return Refused(sequence, "it has no id or no type", payload)
        if head.type not in KNOWN:
            return _plain(sequence, head, payload)
        return _known(sequence, head, payload)
    except (*NOT_JSON, WireError) as error:
        return Refused(sequence, str(error), payload)


def _known(sequence: int, head: _Head, payload: bytes) -> Arrived:
    record = forms.decode(payload)
    plain = _plain(sequence, head, payload)
    match record:
        case Frame():
            _bounded(n for w in record.waveforms for n in (w.first, w.count))
            name, names = naming.names(record)
            seen = zip(names, record.observations, strict=True)
            given = (record.id, *(one.id for one in record.observations))
            pairs = zip(given, (name, *names), strict=True)
            return msgspec.structs.replace(
                plain,
                id=name,
                misnamed=tuple((said, true) for said, true in pairs if said != true),
                observations=tuple(Seen(n, o.kind, o.channel, record.name) for n, o in seen),
                waveforms=tuple(Segment(w.stream, w.first, w.count) for w in record.waveforms),
            )
        case Gap():
            _bounded(n for either in record.sequences for n in either)
            return msgspec.structs.replace(plain, lane=record.lane, missing=record.sequences)
        case _:
            return plain


def _bounded(numbers: Iterable[int]) -> None:
    if any(abs(n) > ranges.HIGHEST for n in numbers):
        raise WireError("a number is beyond 64 bits")


def _plain(sequence: int, head: _Head, payload: bytes) -> Arrived:
    text = payload.decode()
    return Arrived(sequence, head.id, head.type, head.device, text, head.revision)
