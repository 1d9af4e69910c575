"""Curves in a frame with ticks, for the pictures of the docs; in millimetres, see `sheets.page`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ecg_records import Array
from edge_signal.sheets.page import Anchor, Area, Ink, Item, Strokes, Words, segment

COLOURS = ("#1f5fa8", "#c0392b", "#2e8b57", "#8e5ea2")
GREY = "#d0d0d0"


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a plot.

    Attributes:
        low, high: what is shown.
        ticks: where there is a line and a number.
        title: quantity and unit.
        log: whether it is logarithmic.
    """

    low: float
    high: float
    ticks: Sequence[float]
    title: str
    log: bool = False

    def part(self, values: Array) -> Array:
        """0 at the low end, 1 at the high one."""
        scale: Callable[[Array], Array] = np.log10 if self.log else np.asarray
        low, high = scale(np.array([self.low, self.high]))
        found: Array = (scale(values) - low) / (high - low)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a plot; what leaves the frame is cut off at its edge."""

    x: Array
    y: Array
    name: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A plot's rectangle, mm."""

    left: float
    top: float
    width: float
    height: float


def plot(
    frame: Frame,
    title: str,
    x: Axis,
    y: Axis,
    curves: Sequence[Curve],
    limits: Sequence[float] = (),
) -> Iterator[Item]:
    """A titled frame with its grid, limits (dashes of red), curves and their names."""
    yield Words(frame.left, frame.top - 2, title, 3.4)
    yield from _grid(frame, x, y)
    for limit in limits:
        at = frame.top + frame.height * (1 - float(y.part(np.array([limit]))[0]))
        parts = np.arange(frame.left, frame.left + frame.width, 3.0)
        dashes = tuple(segment(start, at, start + 1.5, at) for start in parts)
        yield Strokes(dashes, Ink("#c0392b", 0.2))
    for number, curve in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        yield Strokes((_placed(frame, x, y, curve),), Ink(colour, 0.35))
        if curve.name:
            row = frame.top + frame.height - 2 - 4 * (len(curves) - 1 - number)
            yield Words(frame.left + 3, row, curve.name, 3.0, colour=colour)


def _grid(frame: Frame, x: Axis, y: Axis) -> Iterator[Item]:
    right, foot = frame.left + frame.width, frame.top + frame.height
    yield Area(frame.left, frame.top, frame.width, frame.height, "#fbfbfb")
    for tick, part in zip(x.ticks, x.part(np.array(x.ticks, np.float64)), strict=True):
        at = frame.left + frame.width * float(part)
        yield Strokes((segment(at, frame.top, at, foot),), Ink(GREY, 0.15))
        yield Words(at, foot + 4, f"{tick:g}", 2.6, Anchor.MIDDLE)
    for tick, part in zip(y.ticks, y.part(np.array(y.ticks, np.float64)), strict=True):
        at = foot - frame.height * float(part)
        yield Strokes((segment(frame.left, at, right, at),), Ink(GREY, 0.15))
        yield Words(frame.left - 1.5, at + 1, f"{tick:g}", 2.6, Anchor.END)
    yield Words(right, foot + 8, x.title, 2.8, Anchor.END)
    yield Words(right, frame.top - 2, y.title, 2.8, Anchor.END)


def _placed(frame: Frame, x: Axis, y: Axis, curve: Curve) -> Array:
    shown = (curve.x >= x.low) & (curve.x <= x.high)
    across = frame.left + frame.width * x.part(curve.x[shown])
    up = np.clip(y.part(curve.y[shown]), 0, 1)
    return np.stack([across, frame.top + frame.height * (1 - up)], axis=1)
