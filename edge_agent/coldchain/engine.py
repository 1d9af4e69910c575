"""When the rules of the cold chain are broken, and until when. Pure: time comes in.

Rule of this file: what is said depends on the samples alone and not on when `tick` was called
between them; only that a silence or an open door is noticed early does. Each condition that is
noticed ends once.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from edge_agent.coldchain.conditions import (
    DOOR,
    HIGH,
    LOW,
    SILENT,
    SWAPPED,
    Condition,
    Ended,
    Event,
    Name,
    Noticed,
    Sample,
    State,
    Value,
)
from edge_agent.coldchain.profiles import Profile, Range
from edge_agent.guarding.moments import Moment

WARM_LEAST = 20
"""Humidity in a refrigerator is hardly ever lower; as a temperature it would be a warm room."""

_replace = msgspec.structs.replace


class Engine:
    """The rules for one device.

    Args:
        profile: how its content is kept.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def step(self, state: State, sample: Sample) -> tuple[State, tuple[Event, ...]]:
        """What a sample changes, and what is to be said of it."""
        book = _Book(state.conditions, sample.moment)
        if sample.whole:
            self._heard(state, book)
        for value in sample.values:
            self._value(value, book)
        for name, is_set in sample.contacts.items():
            self._contact(name, sample.evidence, book, is_set=is_set)
        self._swap(sample, book)
        last = sample.moment if sample.whole else state.last
        return State(last, book.conditions), tuple(book.events)

    def tick(self, state: State, now: Moment) -> tuple[State, tuple[Event, ...]]:
        """What the passing of time changes."""
        book = _Book(state.conditions, now)
        self._silence(state, book)
        self._overdue(book)
        return _replace(state, conditions=book.conditions), tuple(book.events)

    def _silence(self, state: State, book: _Book) -> None:
        silence = book.now.since(state.last)
        if silence > self._profile.silent:
            given = Condition(state.last, state.last, elapsed=silence, unseen=silence)
            book.begin(SILENT, given)
            book.conditions[SILENT] = given

    def _heard(self, state: State, book: _Book) -> None:
        """A silence ends, whether or not anybody noticed it while it lasted."""
        self._silence(state, book)
        book.end(SILENT)

    def _value(self, value: Value, book: _Book) -> None:
        for side in (HIGH, LOW):
            name = f"{value.quantity}-{side}:{value.channel}"
            if name in book.conditions:
                book.conditions[name] = self._lasted(book.conditions[name], book.now)
            if not self._is_out(value, side, going_on=name in book.conditions):
                book.end(name)
            elif name in book.conditions:
                book.conditions[name] = _shown(book.conditions[name], value, side)
            else:
                book.begin(name, _shown(Condition(book.now, book.now), value, side))

    def _is_out(self, value: Value, side: str, *, going_on: bool) -> bool:
        limits = self._limits(value)
        if limits is None:
            return False
        within = self._profile.hysteresis if going_on and value.quantity == "temperature" else 0
        if side == HIGH:
            return value.value > limits[1] - within
        return value.value < limits[0] + within

    def _limits(self, value: Value) -> Range | None:
        is_temperature = value.quantity == "temperature"
        return self._profile.temperature if is_temperature else self._profile.humidity

    def _lasted(self, condition: Condition, now: Moment) -> Condition:
        """The latest value stood until now, but no longer than a silence may be."""
        passed = now.since(condition.until)
        stood = min(passed, float(self._profile.silent))
        heat, energy = condition.heat, float(self._profile.activation_energy)
        if condition.value is not None:
            heat = heat.suffer(float(condition.value), stood, energy)
        return _replace(
            condition,
            until=now,
            heat=heat,
            elapsed=condition.elapsed + passed,
            unseen=condition.unseen + passed - stood,
        )

    def _contact(self, name: Name, evidence: str, book: _Book, *, is_set: bool) -> None:
        if name in book.conditions:
            book.conditions[name] = self._lasted(book.conditions[name], book.now)
            self._overdue(book)
        if not is_set:
            book.end(name)
            return
        book.begin(name, Condition(book.now, book.now, told=name != DOOR, first=evidence))
        known = book.conditions[name]
        book.conditions[name] = _replace(known, last=evidence, readings=known.readings + 1)

    def _overdue(self, book: _Book) -> None:
        """A door may be open for a while, and nobody need know."""
        door = book.conditions.get(DOOR)
        if door and not door.told and book.now.since(door.since) >= self._profile.door:
            book.conditions[DOOR] = _replace(door, told=True)
            book.events.append(Noticed(DOOR, book.conditions[DOOR], book.now))

    def _swap(self, sample: Sample, book: _Book) -> None:
        """The humidity reads like the refrigerator's temperature, and the temperature like none."""
        found = {value.quantity: value for value in sample.values}
        if len(found) < 2:
            return
        temperature, humidity = found["temperature"], found["humidity"]
        if known := book.conditions.get(SWAPPED):
            book.conditions[SWAPPED] = self._lasted(known, book.now)
        if is_swapped(self._profile, temperature.value, humidity.value):
            given = Condition(book.now, book.now, first=temperature.id, last=humidity.id)
            book.begin(SWAPPED, given)
        else:
            book.end(SWAPPED)


class _Book:
    """The conditions while one sample is looked at, and what is to be said."""

    def __init__(self, conditions: Mapping[Name, Condition], now: Moment) -> None:
        self.conditions = dict(conditions)
        self.now = now
        self.events: list[Event] = []

    def begin(self, name: Name, condition: Condition) -> None:
        """A condition begins unless it goes on already; said if a person must know at once."""
        if name in self.conditions:
            return
        self.conditions[name] = condition
        if condition.told:
            self.events.append(Noticed(name, condition, self.now))

    def end(self, name: Name) -> None:
        """A condition is over, if it went on."""
        condition = self.conditions.pop(name, None)
        if condition and condition.told:
            self.events.append(Ended(name, condition, self.now))


def _shown(condition: Condition, value: Value, side: str) -> Condition:
    """One more reading shows it."""
    extreme = condition.extreme
    is_worse = extreme is None or (value.value > extreme if side == HIGH else value.value < extreme)
    return _replace(
        condition,
        first=condition.first or value.id,
        worst=value.id if is_worse else condition.worst,
        last=value.id,
        extreme=value.value if is_worse else extreme,
        value=value.value if value.quantity == "temperature" else None,
        readings=condition.readings + 1,
    )


def is_swapped(profile: Profile, temperature: Decimal, humidity: Decimal) -> bool:
    """Whether the two look as if their registers were read in the wrong order.

    Only where it can be told: the good is kept colder than humidity ever reads.
    """
    low, high = profile.temperature
    return high < WARM_LEAST <= temperature <= 100 and low <= humidity <= high
