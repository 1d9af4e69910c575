"""Pulses of a photoplethysmogram as it flows, and how well the finger is perfused.

After Elgendi et al. 2013, doi 10.1371/journal.pone.0076585: the signal between 0.5 and 8 Hz, its
positive part squared, is a pulse where its mean over a ninth of a second is above that over a beat
and a little of its mean over the last seconds. Looks 0.34 s ahead, works sample by sample: chunks
make no difference.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from edge_signal.sections import Section, high_pass, low_pass
from edge_signal.values import Block

BAND = (0.5, 8.0)
PEAK_S, BEAT_S, LEVEL_S = 0.111, 0.667, 3.0
OFFSET = 0.02
REFRACTORY_S = 0.25
_SETTLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """A pulse wave.

    Attributes:
        index: the sample of its peak.
        amplitude: from the trough before it to its peak, in the signal's unit.
        perfusion: the amplitude over the mean of the signal since the last pulse, per cent; None
            where the signal has no mean of its own (a plethysmogram scaled to 0-127).
    """

    index: int
    amplitude: float
    perfusion: float | None


class PulseDetector:
    """Blocks of one channel in, pulses out, each at most 0.7 s after its peak.

    Args:
        rate: samples a second, 25 to 1000.
        has_mean: the signal is of light itself, so that its mean tells how much passes.

    Raises:
        ValueError: the rate is beyond.
    """

    def __init__(self, rate: float, *, has_mean: bool = False) -> None:
        if not 25 <= rate <= 1000:
            raise ValueError(f"{rate} samples a second: a plethysmogram has 25 to 1000")
        self._rate, self._has_mean = rate, has_mean
        self._end = 0
        self._anew()

    def push(self, item: Block, /) -> tuple[Pulse, ...]:
        """The pulses that can be told now; a jump, and what is no number, are gaps."""
        if item.first != self._end:
            self._anew()
        found: list[Pulse] = []
        for at, value in enumerate(item.leads[0].tolist(), start=item.first):
            if math.isfinite(value):
                found += self._take(at, value)
            else:
                self._anew()
        self._end = item.end
        return tuple(found)

    def gap(self, samples: int, /) -> tuple[Pulse, ...]:
        """A pulse over a gap is none: start anew."""
        self._end += max(samples, 0)
        self._anew()
        return ()

    def flush(self) -> tuple[Pulse, ...]:
        """A pulse that is not over is none."""
        return ()

    def _anew(self) -> None:
        rate = self._rate
        narrow, self._half = round(PEAK_S * rate / 2), round(BEAT_S * rate / 2)
        self._band = tuple(map(_Biquad, (high_pass(BAND[0], rate), low_pass(BAND[1], rate))))
        self._narrow, self._wide = _Mean(2 * narrow + 1), _Mean(2 * self._half + 1)
        self._level = _Mean(int(LEVEL_S * rate))
        self._late = deque[float](maxlen=self._half - narrow + 1)
        self._raw = deque[float](maxlen=int(LEVEL_S * rate))
        self._origin: float | None = None
        self._seen = 0
        self._rose: int | None = None
        self._last: int | None = None

    def _take(self, at: int, value: float) -> tuple[Pulse, ...]:
        if self._origin is None:
            self._origin = value
        self._seen += 1
        self._raw.append(value)
        band = value - self._origin
        for section in self._band:
            band = section.step(band)
        energy = max(band, 0.0) ** 2
        self._late.append(self._narrow.step(energy))
        wide, level = self._wide.step(energy), self._level.step(energy)
        inside = self._late[0] > wide + OFFSET * level
        centre = at - self._half
        if inside and self._rose is None and self._seen > _SETTLE_S * self._rate:
            self._rose = centre
        if inside or self._rose is None:
            return ()
        rose, self._rose = self._rose, None
        return self._pulse(rose, centre, at) if centre - rose >= PEAK_S * self._rate else ()

    def _pulse(self, rose: int, fell: int, at: int) -> tuple[Pulse, ...]:
        """The pulse that rose and fell at these samples, `at` being the newest."""
        oldest = at - len(self._raw) + 1
        raw = list(self._raw)
        top = _highest(raw, rose - oldest, fell - oldest)
        index, last = top + oldest, self._last
        if last is not None and index - last < REFRACTORY_S * self._rate:
            return ()
        self._last = index
        since = max(0, top - int(self._rate) if last is None else last - oldest)
        wave = raw[since : top + 1]
        amplitude = raw[top] - min(wave)
        mean = sum(wave) / len(wave)
        perfusion = 100 * amplitude / mean if self._has_mean and mean > 0 else None
        return (Pulse(index, amplitude, perfusion),)


def _highest(raw: list[float], start: int, stop: int) -> int:
    return max(range(max(start, 0), stop + 1), key=raw.__getitem__)


class _Biquad:
    """A section, sample by sample (transposed direct form II)."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self._one = self._two = 0.0

    def step(self, x: float) -> float:
        s = self._section
        y = s.b0 * x + self._one
        self._one = s.b1 * x - s.a1 * y + self._two
        self._two = s.b2 * x - s.a2 * y
        return y


class _Mean:
    """The mean of the last values."""

    def __init__(self, count: int) -> None:
        self._values = deque[float](maxlen=count)
        self._sum = 0.0

    def step(self, value: float) -> float:
        if len(self._values) == self._values.maxlen:
            self._sum -= self._values[0]
        self._values.append(value)
        self._sum += value
        return self._sum / len(self._values)
