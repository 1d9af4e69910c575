"""Blood pressure and glucose over days, as pictures for patient and doctor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from edge_signal import glucose, pressure
from edge_signal.glucose import GlucoseReading, GlucoseSummary
from edge_signal.pressure import HOME_LIMIT, Place, PressureReading
from edge_signal.sheets.chart import Chart, whole_days
from edge_signal.sheets.page import Anchor, Area, Ink, Item, Page, Points, Strokes, Words, segment
from edge_signal.sheets.told import Line, glucose_lines, pressure_lines
from edge_signal.sheets.words import Language, word

WIDTH, HEIGHT = 210.0, 100.0
_HOME, _OFFICE, _OUT = Ink("#1f4e8c", 0.9), Ink("#b06000", 0.9), Ink("#bbbbbb", 0.6)
_LIMIT = Ink("#b00020", 0.2)
_LINE = Ink("#1f4e8c", 0.35)
_TARGET = "#e3f2e1"
_GREY = "#555555"
_RANGES = {
    ">13.9": "#c27a1a",
    "10.1-13.9": "#f0ad4e",
    "3.9-10.0": "#6aa84f",
    "3.0-3.8": "#d9534f",
    "<3.0": "#8c1d1d",
}
_LEFT, _RIGHT, _TOP, _LINE_MM = 152.0, 205.0, 20.0, 6.4


def pressure_page(readings: Sequence[PressureReading], language: Language, about: str = "") -> Page:
    """Each reading as a bar from diastolic to systolic; what does not count is grey.

    Args:
        readings: of one person, in any order.
        language: of all words.
        about: whose they are, and since when.

    Raises:
        ValueError: there is no reading.
    """
    chart = _chart([one.at for one in readings], 40, 200)
    told = pressure.summarise(readings)
    lost = {one for one, _ in told.left_out}
    items: list[Item] = [*chart.axes(range(40, 201, 20), "mmHg")]
    items += [chart.limit(one, _LIMIT) for one in HOME_LIMIT]
    items.append(_bars(chart, [one for one, _ in told.left_out], _OUT))
    for place, ink in ((Place.HOME, _HOME), (Place.OFFICE, _OFFICE)):
        kept = [one for one in readings if one.place is place and one not in lost]
        items.append(_bars(chart, kept, ink))
    lines = [*pressure_lines(told, language), ("", word("not-counted", language))]
    items += _written(lines, _TOP, language)
    return _page("blood-pressure", items, language, about)


def glucose_page(
    readings: Sequence[GlucoseReading],
    language: Language,
    interval: timedelta | None = None,
    about: str = "",
) -> Page:
    """Readings over the target range, a sensor's joined by a line, and the shares of the ranges.

    Args:
        readings: of one person, in any order.
        language: of all words.
        interval: at which a sensor makes them; None for a meter.
        about: whose they are, and since when.

    Raises:
        ValueError: there is no reading.
    """
    chart = _chart([one.at for one in readings], 2, 20)
    ordered = sorted(readings, key=lambda one: one.at)
    items: list[Item] = [chart.band(glucose.LOW, glucose.HIGH, _TARGET)]
    items += chart.axes((2, 3.9, 6, 8, 10, 13.9, 18), "mmol/L")
    items.append(Strokes(tuple(_runs(chart, ordered, interval)), _LINE))
    if told := glucose.summarise(ordered, interval):
        items += _shares(told)
        lines = list(glucose_lines(told, interval is not None, language))
        items += _written(lines, _TOP + 6 * _LINE_MM, language)
    return _page("glucose", items, language, about)


def _page(title: str, items: Sequence[Item], language: Language, about: str) -> Page:
    head = Words(18, 10, word(title, language), 4.6)
    whose = Words(_RIGHT, 10, about, 3.2, Anchor.END, _GREY)
    notice = Words(18, 98, word("no-diagnosis", language), 2.4, colour=_GREY)
    return Page(word(title, language), (head, whose, notice, *items), WIDTH, HEIGHT)


def _chart(moments: Sequence[datetime], low: float, high: float) -> Chart:
    if not moments:
        raise ValueError("there is no reading to draw")
    return Chart(18, 18, 128, 70, *whole_days(moments), low, high)


def _bars(chart: Chart, readings: Sequence[PressureReading], ink: Ink) -> Strokes:
    def bar(one: PressureReading) -> Points:
        x = chart.at(one.at)
        return segment(x, chart.up(one.pressure.systolic), x, chart.up(one.pressure.diastolic))

    return Strokes(tuple(map(bar, readings)), ink)


def _runs(
    chart: Chart, ordered: Sequence[GlucoseReading], interval: timedelta | None
) -> Iterator[Points]:
    """A sensor's readings joined where none is missing; a meter's as dots."""
    places = [(chart.at(one.at), chart.up(one.mmol)) for one in ordered]
    if interval is None:
        yield from (segment(x - 0.6, y, x + 0.6, y) for x, y in places)
        yield from (segment(x, y - 0.6, x, y + 0.6) for x, y in places)
        return
    holes = [at for at in range(1, len(ordered)) if _apart(ordered, at) > 3 * interval]
    for start, end in pairwise((0, *holes, len(ordered))):
        yield np.array(places[start:end])


def _apart(ordered: Sequence[GlucoseReading], at: int) -> timedelta:
    return ordered[at].at - ordered[at - 1].at


def _shares(told: GlucoseSummary) -> Iterator[Item]:
    one = told.ranges
    values = (one.very_high, one.high, one.target, one.low, one.very_low)
    for at, ((name, colour), value) in enumerate(zip(_RANGES.items(), values, strict=True)):
        y = _TOP + 6 * at
        yield Area(_LEFT, y - 2.6, 3, 3, colour)
        yield Words(_LEFT + 5, y, f"{name} mmol/L", 2.8, colour=_GREY)
        yield Words(_RIGHT, y, f"{value:.1f} %", 3.0, Anchor.END)


def _written(lines: Sequence[Line], top: float, language: Language) -> Iterator[Item]:
    for at, (key, value) in enumerate(lines):
        y = top + _LINE_MM * at
        if key:
            yield Words(_LEFT, y, word(key, language), 2.8, colour=_GREY)
        yield Words(_RIGHT, y, value, 3.2, Anchor.END)
