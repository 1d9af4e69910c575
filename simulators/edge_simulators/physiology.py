"""Bodies with known answers: pure functions of time, number and seed.

Rule of this file: no clock, no global randomness. The same arguments give the same value for ever,
so that a test can compute what a gateway must have received.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A heart that breathes: its rate swings about a mean.

    Attributes:
        rate: mean, beats a minute.
        swing: amplitude, beats a minute.
        period: of the swing, seconds.
    """

    rate: float = 72.0
    swing: float = 5.0
    period: float = 11.0

    def at(self, seconds: float) -> float:
        """Beats a minute at a time."""
        return self.rate + self.swing * math.sin(2 * math.pi * seconds / self.period)

    def beats(self) -> Iterator[float]:
        """When the heart beats, in seconds from 0; each interval is 60 / rate at its start."""
        time = 0.0
        while True:
            yield time
            time += 60.0 / self.at(time)


def rhythm(seed: int) -> Rhythm:
    """A heart of its own for each seed: 60 to 84 beats a minute."""
    return Rhythm(rate=60.0 + Random(seed).randrange(25))  # noqa: S311


@dataclass(frozen=True, slots=True)
class Pressure:
    """One reading of a blood pressure monitor, in mmHg and beats a minute."""

    systolic: int
    diastolic: int
    mean: int
    pulse: int


def pressure(person: int, number: int, seed: int) -> Pressure:
    """A person's reading of that number.

    Persons are told apart by their values: person 0 is near 122/78, each further one 25/12 higher.
    """
    random = Random(f"pressure {seed} {person} {number}")  # noqa: S311
    systolic = 122 + 25 * person + random.randint(-6, 6)
    diastolic = 78 + 12 * person + random.randint(-4, 4)
    mean = round(diastolic + (systolic - diastolic) / 3)
    return Pressure(systolic, diastolic, mean, 66 + 8 * person + random.randint(-5, 5))


def glucose(number: int, seed: int) -> int:
    """The glucose reading of that number in mg/dL, 80 to 160."""
    return Random(f"glucose {seed} {number}").randint(80, 160)  # noqa: S311


def air_temperature(seconds: float, seed: int) -> Decimal:
    """Degrees Celsius to a tenth: a refrigerator at 5, its compressor swings it by 1.5."""
    return _tenth(5.0 + 1.5 * math.sin(2 * math.pi * (seconds / 600 + seed / 7)))


def air_humidity(seconds: float, seed: int) -> Decimal:
    """Per cent relative to a tenth: about 45, against the temperature."""
    return _tenth(45.0 - 8.0 * math.sin(2 * math.pi * (seconds / 600 + seed / 7)))


def saturation(seconds: float, seed: int) -> int:
    """Oxygen saturation in per cent: 95 to 99, slowly changing."""
    return round(97.0 + 2.0 * math.sin(2 * math.pi * (seconds / 90 + seed / 7)))


def pulse_wave(phase: float) -> float:
    """The plethysmogram between two beats: 0 to 1, steep up, a notch, slowly down.

    Args:
        phase: 0 at one beat, 1 at the next.
    """
    up = math.exp(-(((phase - 0.18) / 0.09) ** 2))
    second = 0.35 * math.exp(-(((phase - 0.45) / 0.12) ** 2))
    return min(1.0, up + second)


def _tenth(value: float) -> Decimal:
    return Decimal(str(round(value, 1))).quantize(Decimal("0.1"))
