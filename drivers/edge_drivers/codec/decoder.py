"""The decoder of a spec: its parts compiled once, then octets in and readings out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from edge_agent.model.errors import MalformedError, TruncatedError
from edge_agent.model.observations import AbsentReason, Observation
from edge_drivers.codec.conditions import Holds, compile_always
from edge_drivers.codec.cursor import PAYLOAD, Cursor
from edge_drivers.codec.layout import Layout
from edge_drivers.codec.meaning import ObservationMaker
from edge_drivers.codec.physical import Physical, Values
from edge_drivers.codec.readings import Absent, Event, Reading, Samples
from edge_drivers.codec.signals import WaveformMaker
from edge_drivers.codec.special import SPECIAL
from edge_drivers.codec.times import shifted
from firmware_specs.spec.fields import Field
from firmware_specs.spec.types import Part, Spec

_MASKED = Absent(AbsentReason.MASKED)


class Decoder:
    """Decodes the octet strings of every part of one spec.

    Args:
        spec: as `firmware_specs.spec.parse` has checked it.
    """

    def __init__(self, spec: Spec) -> None:
        self._parts = {name: PartDecoder(name, part) for name, part in spec.parts.items()}
        for name, part in spec.parts.items():
            if part.when:
                self._parts[part.within].carry(part.when, self._parts[name])

    def decode(self, part: str, octets: bytes) -> tuple[Reading, ...]:
        """What an octet string says: one reading, or several where it carries several records.

        Raises:
            KeyError: the spec has no such part.
            TruncatedError, OverlongError, ChecksumError, MalformedError: it is not what the spec
                says; nothing else, whatever the octets.
        """
        return self._parts[part].decode(octets)

    def part(self, name: str) -> PartDecoder:
        """The decoder of one part, for who decodes many strings of it."""
        return self._parts[name]


class PartDecoder:
    """Decodes the octet strings of one part."""

    def __init__(self, name: str, part: Part) -> None:
        self._name = name
        self._part = part
        self._read = SPECIAL[part.decoder] if part.decoder else Layout(part).read
        self.fields: Mapping[str, Physical] = physicals(part)
        self._observations = tuple(ObservationMaker(r, self.fields) for r in part.observations)
        self._waveforms = tuple(WaveformMaker(rule, self.fields) for rule in part.waveforms)
        self._private = _private_names(part)
        self._event = Event(part.event) if part.event else None
        self._carried: list[tuple[Holds, PartDecoder]] = []

    def carry(self, when: str, inner: PartDecoder) -> None:
        """The field `payload` is another part when a condition holds, and is decoded with it."""
        self._carried.append((compile_always(when), inner))

    def decode(self, octets: bytes) -> tuple[Reading, ...]:
        """See `Decoder.decode`."""
        return tuple(
            reading for record in self._records(octets) for reading in self._readings(record)
        )

    def _records(self, octets: bytes) -> Iterable[bytes]:
        if self._part.split:
            return _by_own_length(octets)
        return _of_length(octets, self._part.record) if self._part.record else (octets,)

    def _readings(self, octets: bytes) -> tuple[Reading, ...]:
        cursor = self._read(octets)
        inner = next((inner for holds, inner in self._carried if holds(cursor.values, 0)), None)
        if inner is None:
            return (self._reading(cursor),)
        payload = cursor.values[PAYLOAD]
        return tuple(
            self._around(cursor, reading)
            for reading in inner.decode(payload if isinstance(payload, bytes) else b"")
        )

    def _around(self, cursor: Cursor, inner: Reading) -> Reading:
        """What the payload says, as said by the whole string."""
        outer = self._reading(cursor)
        octets, at = outer.octets, cursor.payload_at
        return replace(
            inner,
            part=self._name,
            carried=inner.part,
            octets=octets[:at] + inner.octets + octets[at + len(inner.octets) :],
            fields={**inner.fields, **outer.fields},
            event=inner.event or outer.event,
        )

    def _reading(self, cursor: Cursor) -> Reading:
        octets, values = cursor.octets, cursor.values
        measured, dropped = self._measure(values)
        base, time = self._times(values)
        return Reading(
            part=self._name,
            octets=_blanked(cursor) if cursor.private else octets,
            fields=_masked(values, self._private) if self._private else values,
            sequence=self._sequence(values),
            device_time=time,
            base_time=base,
            slot=self._slot(values),
            minutes=self._minutes(values),
            measured=measured,
            samples=self._sample(values) if self._waveforms else (),
            event=self._event,
            dropped=dropped,
        )

    def _measure(self, values: Values) -> tuple[tuple[Observation, ...], int]:
        found: list[Observation] = []
        dropped = 0
        for maker in self._observations:
            if not maker.applies(values):
                continue
            if maker.dropped(values):
                dropped += 1
            else:
                found.extend(maker.make(values))
        return tuple(found), dropped

    def _sample(self, values: Values) -> tuple[Samples, ...]:
        return tuple(samples for maker in self._waveforms for samples in maker.make(values))

    def _sequence(self, values: Values) -> int | None:
        value = values.get(self._part.sequence) if self._part.sequence else None
        return value if isinstance(value, int) else None

    def _times(self, values: Values) -> tuple[str | None, str | None]:
        base = values.get(self._part.time) if self._part.time else None
        if not isinstance(base, str):
            return None, None
        facing = values.get(self._part.facing) if self._part.facing else None
        if isinstance(facing, str):
            return base, facing
        minutes = values.get(self._part.time_offset) if self._part.time_offset else None
        return base, shifted(base, minutes) if isinstance(minutes, int) else base

    def _minutes(self, values: Values) -> int | None:
        value = values.get(self._part.time_offset) if self._part.since else None
        return value if isinstance(value, int) else None

    def _slot(self, values: Values) -> str:
        raw = values.get(self._part.slot) if self._part.slot else None
        if not isinstance(raw, int):
            return raw if isinstance(raw, str) else ""
        number = self.fields[self._part.slot].number(raw, values)
        return f"{raw}" if number == raw else ""


def physicals(part: Part) -> dict[str, Physical]:
    """How the values of each field and bit range are read; of a field in forms, the first counts.

    Forms of one field (`u8` or `u16`) differ in their octets and not in their meaning: the parser
    refuses forms whose scale, unit or names differ.
    """
    found: dict[str, Physical] = {}
    for field in part.fields:
        found.setdefault(field.name, Physical(field))
        for bits in field.bits:
            found.setdefault(bits, Physical(Field(name=bits, type=field.type)))
    return found


def _by_own_length(octets: bytes) -> Iterator[bytes]:
    """Records one after the other, each beginning with its own length."""
    if not octets:
        raise TruncatedError("there is not one record")
    at = 0
    while at < len(octets):
        size = octets[at]
        if size == 0:
            raise MalformedError(f"the record at octet {at} says that it has no length")
        if at + size > len(octets):
            raise TruncatedError(
                f"the record at octet {at} has {size} octets, {len(octets) - at} are left"
            )
        yield octets[at : at + size]
        at += size


def _of_length(octets: bytes, size: int) -> Iterator[bytes]:
    """Records of one length, one after the other."""
    if not octets or len(octets) % size:
        raise TruncatedError(f"{len(octets)} octets are no records of {size}")
    return (octets[at : at + size] for at in range(0, len(octets), size))


def _private_names(part: Part) -> frozenset[str]:
    private = [field for field in part.fields if field.private]
    return frozenset(name for field in private for name in (field.name, *field.bits))


def _masked(values: Values, private: frozenset[str]) -> Values:
    return {name: _MASKED if name in private else value for name, value in values.items()}


def _blanked(cursor: Cursor) -> bytes:
    octets = bytearray(cursor.octets)
    for start, end in cursor.private:
        octets[start:end] = bytes(end - start)
    return bytes(octets)
