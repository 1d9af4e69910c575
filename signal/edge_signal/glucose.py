"""Glucose over days: time in ranges, estimated HbA1c, nights with hypoglycaemia.

- Ranges and targets: International Consensus on Time in Range (ATTD 2019), Battelino et al. 2019,
  doi 10.2337/dci19-0028: below 3.0, 3.0-3.8, 3.9-10.0, 10.1-13.9, above 13.9 mmol/L; 14 days with
  70 % of the data.
- Glucose management indicator: Bergenstal et al. 2018, doi 10.2337/dc18-1581:
  3.31 + 0.02392 times the mean in mg/dL.
- HbA1c from an average glucose (ADAG): Nathan et al. 2008, doi 10.2337/dc08-0545:
  (mean in mg/dL + 46.7) / 28.7.
- A hypoglycaemic event: 15 min or longer below 3.9 mmol/L, over after 15 min at or above; at night:
  0 to 6 h. Danne et al. 2017, doi 10.2337/dc17-1600.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import fmean, pstdev

MG_DL_PER_MMOL = 18.0
VERY_LOW, LOW, HIGH, VERY_HIGH = 3.0, 3.9, 10.0, 13.9
EVENT = timedelta(minutes=15)
STEADY_CV = 36.0
LEAST_DAYS, LEAST_SHARE = 14, 70.0
PLAUSIBLE = (0.5, 40.0)
"""What a meter or a sensor can tell of somebody alive (ISO 15197 asks for 3.0 to 22.2), mmol/L."""
_NIGHT = range(6)


@dataclass(frozen=True, slots=True)
class GlucoseReading:
    """One value.

    Attributes:
        at: local time.
        mmol: mmol/L.
    """

    at: datetime
    mmol: float


@dataclass(frozen=True, slots=True)
class Ranges:
    """Shares of the readings, per cent; together 100."""

    very_low: float
    low: float
    target: float
    high: float
    very_high: float

    def meets(self, frail: bool = False) -> bool:
        """Whether these are the consensus's targets, of most or of older and frail people."""
        below, above = self.very_low + self.low, self.high + self.very_high
        if frail:
            return self.target > 50 and below < 1 and self.very_high < 10
        calm = below < 4 and self.very_low < 1
        return self.target > 70 and calm and above < 25 and self.very_high < 5


@dataclass(frozen=True, slots=True)
class GlucoseSummary:
    """What a series says.

    Attributes:
        mean: mmol/L.
        cv: coefficient of variation, per cent; up to `STEADY_CV` is steady.
        ranges: shares.
        gmi: glucose management indicator, per cent; of a sensor worn continuously.
        hba1c: from the average, per cent (ADAG); of a meter's readings only a hint.
        days: from the first to the last reading, a begun one whole.
        share: of the readings that a sensor would have made in that time, per cent; None for a
            meter, which makes them when it is asked.
        hypo_nights: dates of the nights with an event, each that of its morning.
    """

    mean: float
    cv: float
    ranges: Ranges
    gmi: float
    hba1c: float
    days: int
    share: float | None
    hypo_nights: tuple[date, ...]

    @property
    def enough(self) -> bool:
        """Whether it rests on the data that the consensus asks for."""
        return self.days >= LEAST_DAYS and self.share is not None and self.share >= LEAST_SHARE


def gmi(mean_mmol: float) -> float:
    """Glucose management indicator, per cent."""
    return 3.31 + 0.02392 * mean_mmol * MG_DL_PER_MMOL


def hba1c(mean_mmol: float) -> float:
    """HbA1c that goes with an average glucose, per cent (ADAG)."""
    return (mean_mmol * MG_DL_PER_MMOL + 46.7) / 28.7


def summarise(
    readings: Iterable[GlucoseReading], interval: timedelta | None = None
) -> GlucoseSummary | None:
    """What a series says, whatever its order; None of none.

    Args:
        readings: of one person.
        interval: at which a sensor makes them; None for a meter.
    """
    ordered = sorted(readings, key=lambda one: one.at)
    if not ordered:
        return None
    values = [one.mmol for one in ordered]
    mean, span = fmean(values), ordered[-1].at - ordered[0].at
    return GlucoseSummary(
        mean=mean,
        cv=100 * pstdev(values) / mean,
        ranges=ranges(values),
        gmi=gmi(mean),
        hba1c=hba1c(mean),
        days=-(-(span + (interval or timedelta(seconds=1))) // timedelta(days=1)),
        share=100 * len(ordered) / (span / interval + 1) if interval else None,
        hypo_nights=tuple(sorted(set(_nights(ordered, interval)))),
    )


def ranges(values: Sequence[float]) -> Ranges:
    """Shares of some values, mmol/L, in the consensus's ranges.

    A value counts as it is shown, with one decimal: 10.04 is 10.0 and in the target range.
    """
    shown = [round(one, 1) for one in values]
    limits = (
        sum(one < VERY_LOW for one in shown),
        sum(VERY_LOW <= one < LOW for one in shown),
        sum(LOW <= one <= HIGH for one in shown),
        sum(HIGH < one <= VERY_HIGH for one in shown),
        sum(one > VERY_HIGH for one in shown),
    )
    return Ranges(*(100 * one / len(shown) for one in limits))


def _nights(ordered: Sequence[GlucoseReading], interval: timedelta | None) -> Iterator[date]:
    """Dates on which glucose was low between 0 and 6 h: an event, or a meter's single reading."""
    if interval is None:
        yield from (one.at.date() for one in ordered if one.mmol < LOW and one.at.hour in _NIGHT)
        return
    for event in events(ordered, interval):
        yield from (one.at.date() for one in event if one.at.hour in _NIGHT)


def events(
    ordered: Sequence[GlucoseReading], interval: timedelta, limit: float = LOW
) -> Iterator[tuple[GlucoseReading, ...]]:
    """The readings of each hypoglycaemic event below a limit, mmol/L; a hole ends an event.

    Args:
        ordered: by time.
        interval: at which the sensor makes them.
        limit: 3.9 for level 1, 3.0 for level 2.
    """
    low = [one for one in ordered if one.mmol < limit]
    if not low:
        return
    event = [low[0]]
    for last, one in pairwise(low):
        if one.at - last.at - interval >= EVENT:
            yield from _long_enough(event, interval)
            event = []
        event.append(one)
    yield from _long_enough(event, interval)


def _long_enough(
    event: Sequence[GlucoseReading], interval: timedelta
) -> Iterator[tuple[GlucoseReading, ...]]:
    if event[-1].at - event[0].at + interval >= EVENT:
        yield tuple(event)
