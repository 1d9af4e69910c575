"""Filters as stages: blocks in, blocks of the same indices out, delayed as stated.

Bands: IEC 60601-2-27 (monitoring): 0.5-40 Hz; IEC 60601-2-25 (diagnosis): 0.05-150 Hz. The raw
signal is not replaced: who wants both takes both, side by side in a `Fan`.
"""

from __future__ import annotations

from edge_signal.linear import recursive
from edge_signal.sections import Section, drift_pass, high_pass, low_pass, notch, phase_delay
from edge_signal.values import Block

MONITOR_BAND = (0.5, 40.0)
DIAGNOSTIC_BAND = (0.05, 150.0)
QRS_CENTRE = 14.0
"""Hz; where a QRS complex has its energy, and where a filter's delay is stated."""
NOTCH_QUALITY = 10.0
"""Of the mains notch: 5 Hz wide at 50 Hz, settled within 0.2 s, QRS hardly touched."""


class SectionFilter:
    """A cascade of second-order sections as a stage; all leads at once.

    Exact: any split of the input gives the same output to the last bit.

    Attributes:
        sections: the cascade.
        delay: phase delay at `QRS_CENTRE`, samples: what the peak of a QRS complex is late by.
    """

    def __init__(self, sections: tuple[Section, ...], rate: float) -> None:
        self.sections = sections
        self.delay = phase_delay(sections, QRS_CENTRE, rate)
        self._system = recursive(sections)

    def push(self, item: Block, /) -> tuple[Block, ...]:
        """The filtered block."""
        return (item.filled(self._system.push(item.leads)[0]),) if item.count else ()

    def gap(self, samples: int, /) -> tuple[Block, ...]:
        """Start anew, without the transient of a step."""
        del samples
        self._system.reset()
        return ()

    def flush(self) -> tuple[Block, ...]:
        """Nothing is held back."""
        return ()


def monitor_sections(rate: float, mains: float | None = 50.0) -> tuple[Section, ...]:
    """The monitor band at `rate`, with a notch at `mains` where the rate can carry it.

    Raises:
        ValueError: the rate is too low for the band.
    """
    low, high = MONITOR_BAND
    band = (high_pass(low, rate), low_pass(high, rate))
    if mains is None or mains >= 0.45 * rate:
        return band
    return (*band, notch(mains, rate, NOTCH_QUALITY))


def diagnostic_sections(rate: float) -> tuple[Section, ...]:
    """The diagnostic band at `rate`; its upper end is the signal's own where that is lower."""
    low, high = DIAGNOSTIC_BAND
    wander = drift_pass(low, rate)
    return (wander, low_pass(high, rate)) if high < 0.45 * rate else (wander,)


def diagnostic_filter(rate: float) -> SectionFilter:
    """Wander removed, ST segments kept."""
    return SectionFilter(diagnostic_sections(rate), rate)


def monitor_filter(rate: float, mains: float | None = 50.0) -> SectionFilter:
    """Band-pass and mains notch in one cascade: one matrix product for both."""
    return SectionFilter(monitor_sections(rate, mains), rate)
