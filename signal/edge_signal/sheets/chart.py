"""A chart over days: a frame, a scale of values at its left, dates below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from edge_signal.sheets.page import Anchor, Area, Ink, Item, Strokes, Words, segment

FRAME = Ink("#888888", 0.2)
_RULE = Ink("#dddddd", 0.1)
_GREY = "#555555"
_MOST_DATES = 10


@dataclass(frozen=True, slots=True)
class Chart:
    """Where things are on a page.

    Attributes:
        x, y, width, height: of the frame, mm.
        begin, end: the first and last moment.
        low, high: the least and greatest value.
    """

    x: float
    y: float
    width: float
    height: float
    begin: datetime
    end: datetime
    low: float
    high: float

    def at(self, moment: datetime) -> float:
        """Where a moment is, mm."""
        return self.x + self.width * ((moment - self.begin) / (self.end - self.begin))

    def up(self, value: float) -> float:
        """Where a value is, mm; beyond the scale it is at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.y + self.height * (1 - share)

    def axes(self, values: Sequence[float], unit: str) -> Iterator[Item]:
        """The frame, rules at some values, and dates."""
        right, bottom = self.x + self.width, self.y + self.height
        yield Strokes(tuple(segment(self.x, self.up(v), right, self.up(v)) for v in values), _RULE)
        for value in values:
            y = self.up(value) + 1
            yield Words(self.x - 1.5, y, f"{value:g}", 2.8, Anchor.END, _GREY)
        yield Words(self.x - 1.5, self.y - 2.5, unit, 2.8, Anchor.END, _GREY)
        days = (self.end - self.begin).days
        for day in range(0, days, -(-days // _MOST_DATES)):
            date = self.begin + timedelta(days=day)
            yield Words(self.at(date), bottom + 4, f"{date:%m-%d}", 2.8, colour=_GREY)
        corners = [(self.x, self.y), (right, self.y), (right, bottom), (self.x, bottom)]
        yield Strokes((np.array([*corners, corners[0]]),), FRAME)

    def limit(self, value: float, ink: Ink) -> Strokes:
        """A line across at a value."""
        y = self.up(value)
        return Strokes((segment(self.x, y, self.x + self.width, y),), ink)

    def band(self, low: float, high: float, colour: str) -> Area:
        """A field between two values."""
        top = self.up(high)
        return Area(self.x, top, self.width, self.up(low) - top, colour)


def whole_days(moments: Sequence[datetime]) -> tuple[datetime, datetime]:
    """From the midnight before the first to the one after the last."""
    first, last = (
        one.replace(hour=0, minute=0, second=0, microsecond=0)
        for one in (min(moments), max(moments))
    )
    return first, last + timedelta(days=1)
