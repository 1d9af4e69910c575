"""Blood pressure over days: averages as the guidelines take them, and what stands out.

- Home: 3 to 7 days, mornings and evenings; the first day is left out; at least 12 readings must
  remain; 135/85 mmHg is the limit. ESH: Parati et al. 2021, doi 10.1097/HJH.0000000000002922;
  Stergiou et al. 2018, doi 10.1111/jch.13284.
- Office: the mean of all but the first reading of a visit; the limit is 140/90 mmHg. ESH: Stergiou
  et al. 2021, doi 10.1097/HJH.0000000000002843.
- Morning minus evening systolic pressure of 20 mmHg or more: Narita, Hoshide, Kario 2020 (J-HOP).
- Left out as artefacts: the limits that ambulatory monitors edit by (systolic 70-260, diastolic
  40-150, pulse pressure 20-150 mmHg), and what is 3.5 robust deviations and 20 mmHg from the
  median (Iglewicz and Hoaglin 1993), unless it is like the other mornings, or evenings: a pressure
  that surges each morning is no artefact. What is left out is named, with why.

Decision support: an average over a limit is a reason to see a doctor, not a diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import fmean, median

HOME_LIMIT = (135.0, 85.0)
OFFICE_LIMIT = (140.0, 90.0)
LEAST_READINGS = 12
LEAST_DAYS = 3
SURGE_MMHG = 20.0
_MORNING = range(4, 12)
_EVENING = range(17, 24)
_VISIT = timedelta(hours=1)
_ROBUST, _LEAST_OFF, _LEAST_TO_JUDGE, _LEAST_ALIKE = 3.5, 20.0, 5, 3
_MAD_OF_SD = 0.6745


class Place(StrEnum):
    """Where it was measured."""

    HOME = "home"
    OFFICE = "office"


class LeftOut(StrEnum):
    """Why a reading is in no average."""

    FIRST_DAY = "first-day"
    FIRST_OF_VISIT = "first-of-visit"
    IMPLAUSIBLE = "implausible"
    OUTLIER = "outlier"


class Phenotype(StrEnum):
    """What office and home say together, without treatment (ESH 2021)."""

    NORMAL = "normal"
    WHITE_COAT = "white-coat"
    MASKED = "masked"
    SUSTAINED = "sustained"


@dataclass(frozen=True, slots=True)
class Pressure:
    """A reading or an average, mmHg."""

    systolic: float
    diastolic: float

    def reaches(self, limit: tuple[float, float]) -> bool:
        """Whether either is at or above its limit."""
        return self.systolic >= limit[0] or self.diastolic >= limit[1]


@dataclass(frozen=True, slots=True)
class PressureReading:
    """One measurement.

    Attributes:
        at: local time.
        pressure: mmHg.
        place: where.
    """

    at: datetime
    pressure: Pressure
    place: Place = Place.HOME


@dataclass(frozen=True, slots=True)
class PressureSummary:
    """What a series says; None where there is nothing to say it from.

    Attributes:
        home, morning, evening: averages of what was measured at home.
        office: average of what was measured by others.
        days, readings: that the home average rests on.
        left_out: what is in no average, and why.
    """

    home: Pressure | None
    morning: Pressure | None
    evening: Pressure | None
    office: Pressure | None
    days: int
    readings: int
    left_out: tuple[tuple[PressureReading, LeftOut], ...]

    @property
    def enough(self) -> bool:
        """Whether the home average rests on what the guideline asks for."""
        return self.days >= LEAST_DAYS - 1 and self.readings >= LEAST_READINGS

    @property
    def surge(self) -> float | None:
        """Morning minus evening systolic pressure, mmHg; from `SURGE_MMHG` on it matters."""
        if self.morning is None or self.evening is None:
            return None
        return self.morning.systolic - self.evening.systolic

    @property
    def white_coat_effect(self) -> Pressure | None:
        """Office minus home, mmHg."""
        if self.office is None or self.home is None:
            return None
        return Pressure(
            self.office.systolic - self.home.systolic, self.office.diastolic - self.home.diastolic
        )

    @property
    def phenotype(self) -> Phenotype | None:
        """What office and home say together; None without either, or not enough of home."""
        if self.office is None or self.home is None or not self.enough:
            return None
        match self.office.reaches(OFFICE_LIMIT), self.home.reaches(HOME_LIMIT):
            case True, True:
                return Phenotype.SUSTAINED
            case True, False:
                return Phenotype.WHITE_COAT
            case False, True:
                return Phenotype.MASKED
            case _:
                return Phenotype.NORMAL


def summarise(readings: Iterable[PressureReading]) -> PressureSummary:
    """What a series says, whatever its order."""
    ordered = sorted(readings, key=lambda one: one.at)
    lost: dict[PressureReading, LeftOut] = {}
    for place in Place:
        lost |= _artefacts([one for one in ordered if one.place is place])
    lost = _first_day(ordered) | _first_of_visit(ordered) | lost
    kept = [one for one in ordered if one not in lost]
    home = [one for one in kept if one.place is Place.HOME]
    return PressureSummary(
        home=_average(home),
        morning=_average([one for one in home if one.at.hour in _MORNING]),
        evening=_average([one for one in home if one.at.hour in _EVENING]),
        office=_average([one for one in kept if one.place is Place.OFFICE]),
        days=len({one.at.date() for one in home}),
        readings=len(home),
        left_out=tuple((one, lost[one]) for one in ordered if one in lost),
    )


def _average(readings: Sequence[PressureReading]) -> Pressure | None:
    if not readings:
        return None
    return Pressure(
        fmean(one.pressure.systolic for one in readings),
        fmean(one.pressure.diastolic for one in readings),
    )


def _artefacts(readings: Sequence[PressureReading]) -> dict[PressureReading, LeftOut]:
    found = {one: LeftOut.IMPLAUSIBLE for one in readings if not _plausible(one.pressure)}
    rest = [one for one in readings if one not in found]
    far = _outliers(rest)
    for part in (_MORNING, _EVENING):
        same = [one for one in rest if one.at.hour in part]
        if len(same) >= _LEAST_ALIKE:
            far -= set(same) - _outliers(same, _LEAST_ALIKE)
    return found | dict.fromkeys(far, LeftOut.OUTLIER)


def _outliers(
    readings: Sequence[PressureReading], least: int = _LEAST_TO_JUDGE
) -> set[PressureReading]:
    far = _far([one.pressure.systolic for one in readings], least)
    far |= _far([one.pressure.diastolic for one in readings], least)
    return {readings[at] for at in far}


def _plausible(one: Pressure) -> bool:
    return (
        70 <= one.systolic <= 260
        and 40 <= one.diastolic <= 150
        and 20 <= one.systolic - one.diastolic <= 150
    )


def _far(values: Sequence[float], least: int) -> set[int]:
    """Where values are far from the median of all; of fewer than `least` nobody can tell."""
    if len(values) < least:
        return set()
    middle = median(values)
    deviation = median(abs(one - middle) for one in values) / _MAD_OF_SD
    limit = max(_LEAST_OFF, _ROBUST * deviation)
    return {at for at, one in enumerate(values) if abs(one - middle) > limit}


def _first_day(ordered: Sequence[PressureReading]) -> dict[PressureReading, LeftOut]:
    """Those of the first day at home, when there is another."""
    home = [one for one in ordered if one.place is Place.HOME]
    days = sorted({one.at.date() for one in home})
    if len(days) < LEAST_DAYS - 1:
        return {}
    return {one: LeftOut.FIRST_DAY for one in home if one.at.date() == days[0]}


def _first_of_visit(ordered: Sequence[PressureReading]) -> dict[PressureReading, LeftOut]:
    """The first of each visit of two readings or more."""
    office = [one for one in ordered if one.place is Place.OFFICE]
    starts = [
        one for one, last in zip(office, [None, *office], strict=False)
        if last is None or one.at - last.at > _VISIT
    ]  # fmt: skip
    followed = {one for one, other in pairwise(office) if other.at - one.at <= _VISIT}
    return {one: LeftOut.FIRST_OF_VISIT for one in starts if one in followed}
