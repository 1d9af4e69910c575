"""Series against what the guidelines and papers say themselves."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_signal import glucose, pressure
from edge_signal.glucose import GlucoseReading, Ranges, gmi, hba1c
from edge_signal.pressure import LeftOut, Phenotype, Place, Pressure, PressureReading

MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001  local time of the site, as the device shows it
CGM = timedelta(minutes=5)


def week(days: int = 7, morning: float = 142, evening: float = 120) -> list[PressureReading]:
    """Two readings each morning and evening; the first day 20 mmHg higher."""
    return [
        PressureReading(
            MONDAY + timedelta(days=day, hours=hour, minutes=minute),
            Pressure(level + 2 * minute + (20 if day == 0 else 0), 80),
        )
        for day in range(days)
        for hour, level in ((7, morning), (20, evening))
        for minute in (0, 1)
    ]


def office(*systolic: float, day: int = 9) -> list[PressureReading]:
    return [
        PressureReading(
            MONDAY + timedelta(days=day, hours=10, minutes=at), Pressure(one, 88), Place.OFFICE
        )
        for at, one in enumerate(systolic)
    ]


def test_a_week_at_home_is_24_readings_without_the_first_day() -> None:
    """Seven days of four, the first left out, the remaining 24 averaged (ESH 2021)."""
    found = pressure.summarise(reversed(week()))
    assert (found.readings, found.days, found.enough) == (24, 6, True)
    assert found.home == Pressure(132, 80)
    assert (found.morning, found.evening) == (Pressure(143, 80), Pressure(121, 80))
    assert [why for _, why in found.left_out] == [LeftOut.FIRST_DAY] * 4


def test_a_morning_is_high_from_20_mmhg_above_the_evening() -> None:
    assert pressure.summarise(week()).surge == 22
    assert pressure.summarise(week(evening=142)).surge == 0
    assert pressure.summarise(office(150)).surge is None


@pytest.mark.parametrize(("days", "enough"), [(1, False), (2, False), (3, False), (4, True)])
def test_twelve_readings_must_remain(days: int, enough: bool) -> None:
    found = pressure.summarise(week(days))
    assert found.enough is enough
    assert found.home is not None  # of a single day there is nothing better


@pytest.mark.parametrize(
    ("at_office", "at_home", "phenotype"),
    [
        (150, 125, Phenotype.WHITE_COAT),
        (130, 140, Phenotype.MASKED),
        (150, 140, Phenotype.SUSTAINED),
        (130, 125, Phenotype.NORMAL),
    ],
)
def test_office_and_home_together(at_office: float, at_home: float, phenotype: Phenotype) -> None:
    series = week(7, at_home, at_home) + office(180, at_office, at_office)
    found = pressure.summarise(series)
    assert found.phenotype is phenotype
    assert found.office == Pressure(at_office, 88)
    assert found.white_coat_effect == Pressure(at_office - at_home - 1, 8)
    assert pressure.summarise(week(2) + office(150)).phenotype is None


@pytest.mark.parametrize("lost", range(3))
def test_a_surge_each_morning_is_no_artefact(lost: int) -> None:
    """However many mornings there are beside the evenings, and though all are alike."""
    series = [one for one in week(morning=160, evening=118) if one.at.minute == 0][lost:]
    found = pressure.summarise(series)
    assert [why for _, why in found.left_out if why is LeftOut.OUTLIER] == []
    assert found.surge == 42


def test_what_cannot_be_and_what_stands_apart_is_named() -> None:
    odd = [Pressure(300, 80), Pressure(90, 85), Pressure(205, 82)]
    more = [
        PressureReading(MONDAY + timedelta(days=3, hours=12 + at), one)
        for at, one in enumerate(odd)
    ]
    found = pressure.summarise(week(evening=140) + more)
    assert dict(found.left_out)[more[0]] is LeftOut.IMPLAUSIBLE
    assert dict(found.left_out)[more[1]] is LeftOut.IMPLAUSIBLE
    assert dict(found.left_out)[more[2]] is LeftOut.OUTLIER
    assert found.home == Pressure(142, 80)


@given(st.lists(st.tuples(st.integers(0, 10000), st.floats(40, 300), st.floats(20, 200))))
def test_every_reading_is_counted_or_named(rows: list[tuple[int, float, float]]) -> None:
    series = {
        PressureReading(MONDAY + timedelta(minutes=at), Pressure(high, low))
        for at, high, low in rows
    }
    found = pressure.summarise(series)
    assert found.readings + len(found.left_out) == len(series)


@pytest.mark.parametrize(
    ("mg_dl", "percent"),
    [
        (100, 5.7),
        (125, 6.3),
        (150, 6.9),
        (175, 7.5),
        (200, 8.1),
        (225, 8.7),
        (250, 9.3),
        (300, 10.5),
    ],
)
def test_the_indicator_is_that_of_the_papers_table(mg_dl: float, percent: float) -> None:
    """Bergenstal et al. 2018, table 1."""
    assert round(gmi(mg_dl / 18), 1) == percent


@pytest.mark.parametrize(
    ("percent", "mg_dl"), [(5, 97), (6, 126), (7, 154), (8, 183), (9, 212), (10, 240), (12, 298)]
)
def test_hba1c_is_that_of_the_papers_table(percent: float, mg_dl: float) -> None:
    """Nathan et al. 2008, table 2."""
    assert hba1c(mg_dl / 18) == pytest.approx(percent, abs=0.02)


def series(*values: float, start: datetime = MONDAY) -> list[GlucoseReading]:
    return [GlucoseReading(start + at * CGM, one) for at, one in enumerate(values)]


def test_ranges_are_the_consensus_ones() -> None:
    found = glucose.ranges([2.9, 3.0, 3.8, 3.9, 10.0, 10.04, 10.1, 13.9, 14.0, 7.0])
    assert found == Ranges(10, 20, 40, 20, 10)


def test_targets_of_most_and_of_the_frail() -> None:
    assert Ranges(0.5, 3, 75, 18, 3.5).meets()
    assert not Ranges(0.5, 3.6, 75, 17.4, 3.5).meets()
    assert not Ranges(0, 0, 71, 23, 6).meets()
    assert Ranges(0, 0.5, 55, 36, 8.5).meets(frail=True)
    assert not Ranges(0, 1.5, 90, 8.5, 0).meets(frail=True)


def test_two_weeks_of_a_sensor_are_enough() -> None:
    day = [7.0] * 200 + [11.0] * 88
    whole = glucose.summarise(series(*day * 14), CGM)
    assert whole is not None
    assert (whole.days, whole.share, whole.enough) == (14, 100, True)
    assert whole.mean == pytest.approx((200 * 7 + 88 * 11) / 288)
    assert whole.ranges.target == pytest.approx(100 * 200 / 288)
    sparse = glucose.summarise(series(*day * 14)[::2], CGM)
    assert sparse is not None
    assert (round(sparse.share or 0), sparse.enough) == (50, False)
    assert glucose.summarise([]) is None


def test_a_night_is_low_after_fifteen_minutes() -> None:
    brief = series(6, 3.8, 3.7, 6, 6, 6, 6)
    longer = series(6, 3.8, 3.7, 4.0, 3.8, 6, start=MONDAY + timedelta(days=1, hours=5))
    by_day = series(3.0, 3.0, 3.0, 3.0, start=MONDAY + timedelta(days=2, hours=14))
    found = glucose.summarise(brief + longer + by_day, CGM)
    assert found is not None
    assert found.hypo_nights == (date(2026, 3, 3),)
    events = list(glucose.events(longer, CGM))
    assert [len(one) for one in events] == [3]


def test_an_event_is_over_after_fifteen_minutes() -> None:
    low = [3.5] * 3
    apart, together = series(*low, 5, 5, 5, *low), series(*low, 5, 5, *low)
    assert len(list(glucose.events(apart, CGM))) == 2
    assert len(list(glucose.events(together, CGM))) == 1


def test_a_meter_at_night_is_enough() -> None:
    found = glucose.summarise([GlucoseReading(MONDAY + timedelta(hours=3), 3.1)])
    assert found is not None
    assert (found.hypo_nights, found.share, found.enough) == ((MONDAY.date(),), None, False)
