"""What a filter does, measured by what comes out of it: gain, delay, the standards' impulse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from ecg_records import Array
from edge_agent.model.seams import Stage
from edge_signal.filters import (
    diagnostic_filter,
    linear_diagnostic_filter,
    linear_monitor_filter,
    monitor_filter,
    wander_filter,
)
from edge_signal.values import Block

SETTLED_S = 40


class Filter(Stage[Block, Block], Protocol):
    """A stage that says how late it is."""

    @property
    def delay(self) -> float:
        """What the index of a wave is late by, samples."""
        ...

    @property
    def latency(self) -> int:
        """How many samples later than its index a sample comes."""
        ...


Make = Callable[[float], Filter]


def _monitor(rate: float) -> Filter:
    return monitor_filter(rate, None)


BANDS: dict[str, Make] = {
    "monitor, minimum delay": _monitor,
    "monitor, linear phase": linear_monitor_filter,
    "diagnostic, minimum delay": diagnostic_filter,
    "diagnostic, linear phase": linear_diagnostic_filter,
    "wander alone": wander_filter,
}


def through(stage: Stage[Block, Block], signal: Array) -> Array:
    """A whole signal, (n,) or (channels, n), in blocks of 100 samples."""
    said = [
        out
        for at in range(0, signal.shape[-1], 100)
        for out in stage.push(Block(at, signal[..., at : at + 100]))
    ]
    said += stage.flush()
    return np.concatenate([one.samples for one in said], axis=-1)


def gains(make: Make, rate: float) -> tuple[Array, Array, Array]:
    """Frequencies above 0 Hz (Hz), gain, and group delay in real time (ms)."""
    count = round(2 * SETTLED_S * rate)
    impulse = np.zeros(count)
    impulse[count // 2] = 1.0
    stage = make(rate)
    answer = np.fft.rfft(np.roll(through(stage, impulse), -(count // 2)))
    hz = np.arange(len(answer)) * rate / count
    turn = np.unwrap(np.angle(answer))
    group = -np.gradient(turn, 2 * np.pi * hz[1]) + stage.latency / rate
    return hz[1:], np.abs(answer)[1:], 1000 * group[1:]


def rectangle(make: Make, rate: float) -> tuple[Array, Array]:
    """Time (s) and the answer to 3 mV for 100 ms (0.3 mV s), which begin at 0 s."""
    time = np.arange(round(-8 * rate), round(8 * rate)) / rate
    stage = make(rate)
    out = through(stage, np.where((time >= 0) & (time < 0.1), 3.0, 0.0))
    return time, out


def left_behind(make: Make, rate: float) -> tuple[float, float]:
    """Of that, from 50 ms beside it on: the largest offset (mV) and slope over 20 ms (mV/s)."""
    time, out = rectangle(make, rate)
    step = round(0.02 * rate)
    slope = np.abs(out[step:] - out[:-step]) / 0.02
    outside = (time < -0.05) | (time > 0.15)
    steady = (time[:-step] < -0.07) | (time[:-step] > 0.15)
    return float(np.abs(out[outside]).max()), float(slope[steady].max())


def triangle(make: Make, rate: float) -> float:
    """Height that is left of a triangle on a base of 20 ms, of 1."""
    time = np.arange(round(-4 * rate), round(4 * rate)) / rate
    return float(through(make(rate), np.maximum(0, 1 - np.abs(time) / 0.01)).max())
