"""From readings to series: whose they are, of which days, and what is no reading to go by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from edge_agent.control.readings import Reading
from edge_agent.inflow.readings import PRESSURE
from edge_agent.model.errors import ExportError
from edge_signal.glucose import PLAUSIBLE, GlucoseReading
from edge_signal.pressure import Place, Pressure, PressureReading

SENSOR = "glucose-interstitial"
LONGEST, LEAST = timedelta(minutes=20), 12
"""A sensor tells at least so often, and so many values make an interval sure."""


@dataclass(frozen=True, slots=True)
class Series:
    """What there is of one person, by time.

    Attributes:
        pressures: blood pressure.
        meter: glucose as somebody measured it.
        sensor: glucose of a sensor that is worn.
        interval: at which the sensor tells it; None without one.
        refused: what is no reading to go by, and why: keys of `words.WORDS` where there are.
    """

    pressures: tuple[PressureReading, ...]
    meter: tuple[GlucoseReading, ...]
    sensor: tuple[GlucoseReading, ...]
    interval: timedelta | None
    refused: tuple[tuple[Reading, tuple[str, ...]], ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which of them there are."""
        found = {"pressure": self.pressures, "meter": self.meter, "sensor": self.sensor}
        return tuple(kind for kind, readings in found.items() if readings)


def of_one(readings: Iterable[Reading], person: str | None = None) -> tuple[str, list[Reading]]:
    """Whose the readings are, and these alone, each once.

    Args:
        readings: of any persons.
        person: the one who is meant; None if there is only one.

    Raises:
        ExportError: there is none, or they are of several persons.
    """
    once = list({one.id: one for one in readings}.values())
    if not once:
        raise ExportError("there is no blood pressure and no glucose among it")
    counts = Counter(one.person for one in once)
    names = ", ".join(f"{name or repr(name)} ({n})" for name, n in sorted(counts.items()))
    if person is None and len(counts) > 1:
        raise ExportError(
            f"these are readings of several: say --patient and one of {names}; '' is nobody's"
        )
    chosen = next(iter(counts)) if person is None else person
    mine = [one for one in once if one.person == chosen]
    if not mine:
        raise ExportError(f"there is no reading of {chosen or repr(chosen)}, but of {names}")
    return chosen, mine


def within(readings: Sequence[Reading], days: float, until: datetime | None) -> list[Reading]:
    """Those of the last days, and those of which nobody knows when they were.

    Args:
        readings: at least one.
        days: how many.
        until: the end; None for the last reading.

    Raises:
        ExportError: there is none.
    """
    known = [one.at for one in readings if one.at]
    end = until or max(known, default=None)
    if end is None:
        return list(readings)
    begin = end - timedelta(days=days)
    found = [one for one in readings if one.at is None or begin <= one.at <= end]
    if not any(one.at for one in found):
        last = f"the last one is of {max(known):%Y-%m-%d %H:%M}" if known else "none has a time"
        raise ExportError(
            f"there is no reading between {begin:%Y-%m-%d} and {end:%Y-%m-%d}; {last}:"
            " say more --days"
        )
    return found


def series(readings: Iterable[Reading], office: Iterable[str] = ()) -> Series:
    """The readings as series.

    Args:
        readings: of one person.
        office: keys of the devices with which staff measure at the clinic.
    """
    at_clinic = frozenset(office)
    pressures: list[PressureReading] = []
    glucose: dict[bool, list[GlucoseReading]] = {True: [], False: []}
    refused: list[tuple[Reading, tuple[str, ...]]] = []
    for one in sorted(readings, key=lambda one: one.at.timestamp() if one.at else 0.0):
        if why := _why_not(one):
            refused.append((one, why))
        elif one.at and one.systolic is not None and one.diastolic is not None:
            place = Place.OFFICE if one.device in at_clinic else Place.HOME
            pressure = Pressure(float(one.systolic), float(one.diastolic))
            pressures.append(PressureReading(one.at.replace(tzinfo=None), pressure, place))
        elif one.at and one.glucose is not None:
            reading = GlucoseReading(one.at.replace(tzinfo=None), float(one.glucose))
            glucose[one.kind == SENSOR].append(reading)
    interval = _interval(glucose[True])
    if interval is None:
        glucose[False] += glucose.pop(True)
    sensor = tuple(glucose.get(True, ()))
    return Series(tuple(pressures), tuple(glucose[False]), sensor, interval, tuple(refused))


def _why_not(one: Reading) -> tuple[str, ...]:
    if one.against:
        return tuple(word.replace("_", "-") for word in one.against)
    numbers = (one.systolic, one.diastolic) if one.kind == PRESSURE else (one.glucose,)
    if None in numbers:
        return ("not-available",)
    if one.at is None:
        return ("time-unknown",)
    if one.glucose is not None and not PLAUSIBLE[0] <= one.glucose <= PLAUSIBLE[1]:
        return ("implausible",)
    return ()


def _interval(sensor: Sequence[GlucoseReading]) -> timedelta | None:
    """The usual distance of a sensor's values in whole minutes; None where it tells too seldom."""
    steps = [(other.at - one.at).total_seconds() for one, other in pairwise(sensor)]
    if len(sensor) < LEAST or median(steps) > LONGEST.total_seconds():
        return None
    return timedelta(minutes=max(1, round(median(steps) / 60)))
