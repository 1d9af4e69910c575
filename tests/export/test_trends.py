"""Trends of blood pressure and glucose: values at their height, sums in both languages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from edge_agent.export.pdf import pdf
from edge_signal.glucose import GlucoseReading
from edge_signal.pressure import Place, Pressure, PressureReading
from edge_signal.sheets.page import Page, Strokes, Words
from edge_signal.sheets.svg import svg
from edge_signal.sheets.trends import glucose_page, pressure_page
from edge_signal.sheets.words import Language

MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001  local time of the site
PRESSURES = [
    PressureReading(
        MONDAY + timedelta(days=day, hours=hour, minutes=minute), Pressure(level, 80), place
    )
    for day in range(5)
    for hour, level, place in (
        (7, 140, Place.HOME),
        (20, 120, Place.HOME),
        (10, 160, Place.OFFICE),
    )
    for minute in (0, 1)
]
SENSOR = timedelta(minutes=5)


def strokes(page: Page, colour: str) -> list[list[list[float]]]:
    """Lines of a colour, each as its points."""
    inks = [one for one in page.items if isinstance(one, Strokes) and one.ink.colour == colour]
    return [line.tolist() for one in inks for line in one.lines]


def text(page: Page) -> str:
    return " ".join(one.text for one in page.items if isinstance(one, Words))


def test_a_reading_is_a_bar_from_diastolic_to_systolic() -> None:
    page = pressure_page(PRESSURES, Language.EN)
    first, *_ = bars = strokes(page, "#1f4e8c")
    (x, top), (_, bottom) = first
    assert len(bars) == 16
    assert (top, bottom) == pytest.approx((18 + 70 * 60 / 160, 18 + 70 * 120 / 160))
    assert x == pytest.approx(18 + 128 * (24 + 7) / (5 * 24))
    assert len(strokes(page, "#bbbbbb")) == 4 + 5  # the first day, the first of each visit


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.EN, ("130/80", "140/80", "120/80", "160/80", "+20", "high at the clinic only")),
        (Language.ZH, ("家庭平均 130/80", "晨晚差 +20", "仅诊室增高", "灰色：未计入")),
    ],
)
def test_averages_are_written(language: Language, words: tuple[str, ...]) -> None:
    page = pressure_page(PRESSURES, language)
    assert not [one for one in words if one not in text(page)]
    assert b"STSong-Light" not in pdf(page)
    assert "</svg>" in svg(page)


def test_a_sensor_is_a_line_and_a_hole_is_none() -> None:
    values = [GlucoseReading(MONDAY + at * SENSOR, 6 + at % 7) for at in range(2000)]
    page = glucose_page(values[:500] + values[600:], Language.EN, SENSOR)
    assert [len(one) for one in strokes(page, "#1f4e8c")] == [500, 1400]
    assert "too little: 7 of 14 days" in text(page)
    assert "GMI" in text(page)


def test_a_meter_is_dots_and_an_estimate() -> None:
    values = [GlucoseReading(MONDAY + timedelta(hours=9 * at), 154 / 18) for at in range(20)]
    page = glucose_page(values, Language.ZH)
    assert len(strokes(page, "#1f4e8c")) == 40
    assert "估算糖化血红蛋白 7.0 %" in text(page)
    assert "3.9-10.0 mmol/L 100.0 %" in text(page)


def test_nothing_is_no_picture() -> None:
    with pytest.raises(ValueError, match="no reading"):
        pressure_page([], Language.EN)
