"""From frames to what the engine understands, and from what it says to records. Pure.

Ids come from device, condition and beginning, so that the same excursion never makes two records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from edge_agent.coldchain.conditions import (
    DOOR,
    MAINS,
    SILENT,
    SWAPPED,
    Ended,
    Event,
    Name,
    Noticed,
    Quantity,
    Sample,
    State,
    Value,
)
from edge_agent.coldchain.engine import Engine
from edge_agent.coldchain.profiles import Profile, Profiles
from edge_agent.guarding.guards import Verdict
from edge_agent.guarding.moments import Moment
from edge_agent.model import ids
from edge_agent.model.excursions import Excursion
from edge_agent.model.frames import Frame
from edge_agent.model.observations import MeasurementStatus, Observation
from edge_agent.model.records import Alarm, Priority, Record
from firmware_specs.spec.types import Spec

TEMPERATURE, HUMIDITY = "air-temperature", "relative-humidity"
KINDS: Mapping[str, Quantity] = {TEMPERATURE: "temperature", HUMIDITY: "humidity"}
FLAGS = {DOOR: "door_open", MAINS: "mains_lost"}
_DOUBTED = {MeasurementStatus.QUESTIONABLE, MeasurementStatus.INVALID}
_PRIORITIES = {DOOR: Priority.MEDIUM, SWAPPED: Priority.MEDIUM, SILENT: Priority.MEDIUM}
_CENT = Decimal("0.01")
_UNITS = {"temperature": "Cel", "humidity": "%"}

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(State)


class ColdChain:
    """The guard of one refrigerator, store room or freezer.

    Args:
        name: of the profile.
        profiles: the rules.
        spec: the device's; says which contacts it has.
    """

    mark = "cold-chain"
    notes: tuple[str, ...] = ()

    def __init__(self, name: str, profiles: Profiles, spec: Spec) -> None:
        self._name = name
        self._profile: Profile = profiles.profiles[name]
        self._basis = profiles.sources[self._profile.source]
        self._engine = Engine(self._profile)
        self._contacts = {part: _contacts(spec, part) for part in spec.parts}

    def begin(self, saved: str | None, now: Moment) -> State:
        """What an earlier run left, else to wait for a first reading from now on."""
        return _decoder.decode(saved) if saved else State(now)

    def save(self, state: State) -> str:
        """As `begin` takes it."""
        return _encoder.encode(state).decode()

    def look(self, state: State, frame: Frame, moment: Moment) -> Verdict[State]:
        """What a frame changes."""
        found, events = self._engine.step(state, self._sample(frame, moment))
        return Verdict(found, self._records(frame.device, events))

    def tick(
        self, state: State, device: str, now: Moment, _notes: Mapping[str, str]
    ) -> Verdict[State]:
        """What the passing of time changes."""
        found, events = self._engine.tick(state, now)
        return Verdict(found, self._records(device, events))

    def told(self, state: State) -> tuple[str, ...]:
        """The conditions that go on and that a person was told of."""
        return tuple(name.rstrip(":") for name, one in state.conditions.items() if one.told)

    def _sample(self, frame: Frame, moment: Moment) -> Sample:
        measured = [one for one in frame.observations if one.kind in KINDS]
        probes = [one for one in measured if one.kind == TEMPERATURE]
        kinds = self._contacts.get(frame.part, {})
        telling = [one for one in frame.observations if one.kind in kinds.values()]
        flags = {flag for one in telling for flag in one.flags}
        return Sample(
            moment,
            tuple(_value(one) for one in measured if _is_credible(one)),
            whole=bool(probes) and all(map(_is_credible, probes)),
            contacts={name: FLAGS[name] in flags for name in kinds} if telling else {},
            evidence=telling[0].id if telling else "",
        )

    def _records(self, device: str, events: Iterable[Event]) -> tuple[Record, ...]:
        return tuple(self._record(device, event) for event in events)

    def _record(self, device: str, event: Event) -> Record:
        kind, since = (
            f"cold-chain-{event.name.rpartition(':')[0] or event.name}",
            event.condition.since,
        )
        channel = event.name.partition(":")[2]
        name = (device, kind, channel, since.at.boot, str(since.at.ns))
        if isinstance(event, Noticed):
            return Alarm(
                id=ids.record_id("alarm", *name),
                device=device,
                kind=kind,
                priority=_PRIORITIES.get(event.name, Priority.HIGH),
                at=event.at.at,
                evidence=(event.condition.first,) if event.condition.first else (),
                basis=self._basis,
            )
        return self._excursion(ids.record_id("excursion", *name), device, kind, channel, event)

    def _excursion(
        self, name: str, device: str, kind: str, channel: str, event: Ended
    ) -> Excursion:
        condition = event.condition
        mean = condition.heat.mean(float(self._profile.activation_energy))
        seen = dict.fromkeys((condition.first, condition.worst, condition.last))
        return Excursion(
            id=name,
            device=device,
            kind=kind,
            since=condition.since.at,
            at=event.at.at,
            seconds=round(condition.elapsed),
            channel=channel,
            unit=_UNITS.get(event.name.partition("-")[0], ""),
            extreme=condition.extreme,
            mean_kinetic=None if mean is None else Decimal(mean).quantize(_CENT),
            readings=condition.readings,
            unseen=round(condition.unseen),
            evidence=tuple(one for one in seen if one),
            profile=self._name,
            basis=self._basis,
        )


def _contacts(spec: Spec, part: str) -> dict[Name, str]:
    """The contacts that a part tells, and the kind of the observation that does."""
    return {
        name: str(rule.kind)
        for rule in spec.parts[part].observations
        for name, flag in FLAGS.items()
        if flag in rule.flags
    }


def _is_credible(one: Observation) -> bool:
    return one.value is not None and not _DOUBTED.intersection(one.status)


def _value(one: Observation) -> Value:
    return Value(KINDS[one.kind], one.channel, one.value or Decimal(0), one.id)
