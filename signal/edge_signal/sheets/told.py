"""What a summary says, line by line, for the picture and for the terminal: a key and a value."""

from __future__ import annotations

from collections.abc import Iterator

from edge_signal import glucose, pressure
from edge_signal.glucose import GlucoseSummary
from edge_signal.pressure import Pressure, PressureSummary
from edge_signal.sheets.words import Language, word

Line = tuple[str, str]
"""A key of `words.WORDS` ("" for none), and what is written beside it."""
NONE = "—"


def pressure_lines(told: PressureSummary, language: Language) -> Iterator[Line]:
    """Averages with their limits, and what may be concluded; what does not suffice is said."""
    for key, one in (
        ("home", told.home),
        ("morning", told.morning),
        ("evening", told.evening),
        ("office", told.office),
    ):
        yield key, _pair(one)
    yield "surge", NONE if told.surge is None else f"{told.surge:+.0f}"
    yield "white-coat-effect", _pair(told.white_coat_effect, "+")
    if told.phenotype:
        yield "", word(f"phenotype-{told.phenotype}", language)
    if told.surge is not None and told.surge >= pressure.SURGE_MMHG:
        yield "", word("morning-high", language)
    yield from _enough(told.readings, pressure.LEAST_READINGS, "readings", language)
    yield from _enough(told.days, pressure.LEAST_DAYS - 1, "counted-days", language)
    yield "", word("limits", language)


def glucose_lines(told: GlucoseSummary, sensor: bool, language: Language) -> Iterator[Line]:
    """The mean and what is estimated from it, and whether it rests on enough."""
    yield "mean", f"{told.mean:.1f} mmol/L"
    yield ("gmi", f"{told.gmi:.1f} %") if sensor else ("hba1c", f"{told.hba1c:.1f} %")
    yield "cv", f"{told.cv:.0f} %"
    yield "hypo-nights", f"{len(told.hypo_nights)}"
    yield "days", f"{told.days}"
    if not sensor:
        yield "", word("of-a-meter", language)
        return
    yield from _enough(told.days, glucose.LEAST_DAYS, "counted-days", language)
    if told.share is not None:
        yield from _enough(int(told.share), int(glucose.LEAST_SHARE), "share", language)


def _enough(found: int, least: int, what: str, language: Language) -> Iterator[Line]:
    if found < least:
        yield "", word("too-few", language).format(found, least, word(what, language))


def _pair(one: Pressure | None, sign: str = "") -> str:
    return f"{one.systolic:{sign}.0f}/{one.diastolic:{sign}.0f}" if one else NONE
