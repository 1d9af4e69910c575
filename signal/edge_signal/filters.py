"""Filters as stages: blocks in, blocks of the same indices out, delayed as stated.

Bands: IEC 60601-2-27 (monitoring): 0.5-40 Hz; IEC 60601-2-25 (diagnosis): 0.05-150 Hz. Each comes
in two kinds: of *minimum delay* (recursive; for what must be told at once, the detector first of
all) and of *linear phase* (finite; for what is looked at: every wave keeps its shape and place).
The raw signal is not replaced: who wants both takes both, side by side in a `Fan`.
"""

from __future__ import annotations

from collections.abc import Callable

from edge_signal.aligned import Aligned, Delayed
from edge_signal.averages import Unwander
from edge_signal.hum import Hum, MainsCanceller
from edge_signal.linear import recursive
from edge_signal.muscle import Quiet
from edge_signal.sections import Section, drift_pass, high_pass, low_pass, notch, phase_delay
from edge_signal.taps import Fir, low_pass_taps
from edge_signal.values import Block

MONITOR_BAND = (0.5, 40.0)
DIAGNOSTIC_BAND = (0.05, 150.0)
QRS_CENTRE = 14.0
"""Hz; where a QRS complex has its energy, and where a filter's delay is stated."""
NOTCH_QUALITY = 10.0
"""Of the mains notch: 5 Hz wide at 50 Hz, settled within 0.2 s, QRS hardly touched."""
WANDER_S = (1.32, 0.91)
"""Averages over averages whose removal leaves -3 dB at 0.5 Hz; within 8 % from 0.67 Hz on."""
DRIFT_S = (3.2, 1.2)
"""The same, but it leaves less than 0.1 mV of an impulse of 0.3 mV s; -3 dB at 0.23 Hz."""
MONITOR_REACH_S, DIAGNOSTIC_REACH_S = 0.05, 0.02
"""How far the low-pass kernels of linear phase reach to either side."""


class SectionFilter:
    """A cascade of second-order sections as a stage; all leads at once.

    Exact: any split of the input gives the same output to the last bit.

    Attributes:
        sections: the cascade.
        delay: phase delay at `QRS_CENTRE`, samples: what the index of a QRS complex is late by.
        latency: how many samples later than its index a sample comes out: none.
    """

    latency = 0

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


def monitor_filter(rate: float, mains: float | None = 50.0) -> SectionFilter:
    """Monitor band, minimum delay, mains notch in the same cascade: one matrix product for all."""
    return SectionFilter(monitor_sections(rate, mains), rate)


def diagnostic_filter(rate: float) -> SectionFilter:
    """Diagnostic band, minimum delay: the time constant of 3.2 s keeps ST segments."""
    return SectionFilter(diagnostic_sections(rate), rate)


def linear_monitor_filter(rate: float) -> Aligned:
    """Monitor band, linear phase: 1.2 s late at every frequency.

    Raises:
        ValueError: the rate is too low for the band.
    """
    taps = low_pass_taps(MONITOR_BAND[1], rate, MONITOR_REACH_S)
    return Aligned(Unwander(WANDER_S, rate), Fir(taps))


def linear_diagnostic_filter(rate: float) -> Aligned:
    """Diagnostic band, linear phase: 2.2 s late at every frequency.

    Its lower end is what the impulse of IEC 60601-2-25 allows, not 0.05 Hz: see decision 112.
    """
    high = DIAGNOSTIC_BAND[1]
    systems: list[Delayed] = [Unwander(DRIFT_S, rate)]
    if high < 0.45 * rate:
        systems.append(Fir(low_pass_taps(high, rate, DIAGNOSTIC_REACH_S)))
    return Aligned(*systems)


def wander_filter(rate: float) -> Aligned:
    """Baseline wander removed below 0.5 Hz, linear phase, nothing else: 1.1 s late."""
    return Aligned(Unwander(WANDER_S, rate))


def muscle_filter(rate: float) -> Aligned:
    """Muscle noise made quiet, QRS complexes spared: 0.1 s late."""
    return Aligned(Quiet(rate))


def mains_filter(rate: float, heard: Callable[[Hum], None] | None = None) -> MainsCanceller:
    """Mains hum followed and subtracted, without ringing: 0.22 s late at most.

    Args:
        rate: samples a second.
        heard: is told once a second what is heard: 50 Hz, 60 Hz or nothing, and how much.
    """
    return MainsCanceller(rate, heard)
