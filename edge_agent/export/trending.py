"""A person's series told: as text, as JSON, as a picture. Bounds and what is left out are said."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from edge_agent.control.readings import Reading
from edge_agent.export.series import Series
from edge_agent.model.errors import ExportError
from edge_signal import glucose, pressure
from edge_signal.glucose import GlucoseReading, GlucoseSummary
from edge_signal.sheets.told import Line, glucose_lines, pressure_lines
from edge_signal.sheets.words import Language, word

_RANGES = ("<3.0", "3.0-3.8", "3.9-10.0", "10.1-13.9", ">13.9")
_TITLES = {"pressure": "blood-pressure", "meter": "glucose", "sensor": "glucose"}
_WIDE = 24


@dataclass(frozen=True, slots=True)
class Trend:
    """What is told of one person.

    Attributes:
        person: reference; "" for nobody's.
        series: what there is.
        zone: of the site.
        language: of all words.
    """

    person: str
    series: Series
    zone: str
    language: Language

    @property
    def about(self) -> str:
        """Whose it is and from when to when."""
        found = self.series
        days = [one.at for one in found.pressures]
        days += [one.at for one in (*found.meter, *found.sensor)]
        span = f"{min(days):%Y-%m-%d} - {max(days):%Y-%m-%d}" if days else ""
        return "   ".join(filter(None, (self.person or word("nobody", self.language), span)))

    def text(self) -> str:
        """For a terminal."""
        return "\n".join((*self._lines(), ""))

    def json(self) -> bytes:
        """For programs: the summaries, and each reading left out with why."""
        found = self.series
        told: dict[str, Any] = {"person": self.person, "zone": self.zone}
        if found.pressures:
            summary = pressure.summarise(found.pressures)
            derived = {
                name: getattr(summary, name)
                for name in ("enough", "surge", "white_coat_effect", "phenotype")
            }
            told["pressure"] = msgspec.to_builtins(summary) | msgspec.to_builtins(derived)
        for name, readings, interval in self._glucose():
            if summed := glucose.summarise(readings, interval):
                whole = msgspec.to_builtins(summed) | {"enough": summed.enough}
                told[name] = whole | {"readings": len(readings)}
        told["refused"] = [{"reading": one, "why": why} for one, why in found.refused]
        return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"

    def page(self, kind: str = "") -> Any:  # noqa: ANN401  a Page; numpy is loaded only here
        """A picture of one of the series.

        Args:
            kind: `pressure`, `meter` or `sensor`; may be left out if there is only one.

        Raises:
            ExportError: there is none, or more than one to choose from.
        """
        from edge_signal.sheets.trends import glucose_page, pressure_page

        kinds = self.series.kinds
        if not kinds:
            raise ExportError("no reading of it can be counted: look at it without -o, to see why")
        if not kind and len(kinds) > 1:
            raise ExportError(f"a picture is of one: say --kind and one of {', '.join(kinds)}")
        if kind and kind not in kinds:
            raise ExportError(f"there is no {kind} series, but {', '.join(kinds)}")
        match kind or "".join(kinds):
            case "pressure":
                return pressure_page(self.series.pressures, self.language, self.about)
            case "meter":
                return glucose_page(self.series.meter, self.language, None, self.about)
            case _:
                sensor, interval = self.series.sensor, self.series.interval
                return glucose_page(sensor, self.language, interval, self.about)

    def _glucose(self) -> Iterator[tuple[str, Sequence[GlucoseReading], Any]]:
        if self.series.meter:
            yield "meter", self.series.meter, None
        if self.series.sensor:
            yield "sensor", self.series.sensor, self.series.interval

    def _lines(self) -> Iterator[str]:
        yield f"{self.about}   ({self.zone})"
        if self.series.pressures:
            yield from self._pressure()
        for name, readings, interval in self._glucose():
            if told := glucose.summarise(readings, interval):
                yield from self._glucose_lines(name, len(readings), told)
        if self.series.refused:
            yield from self._left_out([(_told(one), _at(one.at), why)
                                       for one, why in self.series.refused])  # fmt: skip
        yield ""
        yield self._word("no-diagnosis")

    def _pressure(self) -> Iterator[str]:
        told = pressure.summarise(self.series.pressures)
        yield from self._titled("pressure", told.readings)
        yield from self._rows(pressure_lines(told, self.language))
        yield from self._left_out(
            [
                (f"{one.pressure.systolic:.0f}/{one.pressure.diastolic:.0f}", _at(one.at), (why,))
                for one, why in told.left_out
            ]
        )

    def _glucose_lines(self, name: str, count: int, told: GlucoseSummary) -> Iterator[str]:
        one = told.ranges
        yield from self._titled(name, count)
        yield f"  {self._word('time-in-range')}"
        shares = (one.very_low, one.low, one.target, one.high, one.very_high)
        for bounds, share in zip(_RANGES, shares, strict=True):
            yield f"    {bounds:<10} {share:5.1f} %"
        sensor = name == "sensor"
        yield from self._rows(glucose_lines(told, sensor, self.language))
        if sensor:
            yield f"  {self._word('target')}"
        if told.hypo_nights:
            yield f"  {', '.join(map(str, told.hypo_nights))}: {self._word('hypo-nights')}"

    def _titled(self, name: str, count: int) -> Iterator[str]:
        yield ""
        yield f"{self._word(_TITLES[name])}: {count} {self._word('readings')}"

    def _rows(self, lines: Iterator[Line]) -> Iterator[str]:
        for key, value in lines:
            yield f"  {_padded(self._word(key)) if key else ''}{value}"

    def _left_out(self, lost: Sequence[tuple[str, str, Sequence[str]]]) -> Iterator[str]:
        if lost:
            yield f"  {self._word('left-out')}: {len(lost)}"
        for value, at, why in lost:
            yield f"    {at:<16}  {value:<8} {', '.join(map(self._word, why))}"

    def _word(self, key: str) -> str:
        return word(key, self.language)


def _told(one: Reading) -> str:
    if one.glucose is not None:
        return f"{one.glucose:.1f}"
    pair = (one.systolic, one.diastolic)
    return "/".join("-" if value is None else f"{value:.0f}" for value in pair)


def _at(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M}" if when else "-"


def _padded(text: str) -> str:
    """In a column of a terminal, where a Chinese character is two wide."""
    wide = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
    return text + " " * max(1, _WIDE - wide)
