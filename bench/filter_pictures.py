"""Draw the pictures of docs/filters.md (`python bench/filter_pictures.py`).

Every curve is measured: signals go through the very stages. The ECG is from the MIT-BIH Arrhythmia
Database (ODC-By 1.0, doi 10.13026/C2F305), the muscle noise from its Noise Stress Test, in
../shared/data.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ecg_records import ROOT, Array, noise
from edge_signal.aligned import Aligned
from edge_signal.filters import SectionFilter, mains_filter, muscle_filter
from edge_signal.sections import low_pass, notch
from edge_signal.sheets.page import Item, Page
from edge_signal.sheets.svg import svg
from edge_signal.taps import Fir, low_pass_taps
from filters import HUM_MV, NOISE_MV
from hearts import hearts
from plots import Axis, Curve, Frame, plot
from responses import BANDS, gains, rectangle, through

DOCS = ROOT / "docs"
RATE = 1000.0
SHOWN = list(BANDS)[:4]
HEART = 0
SECONDS = (21.0, 23.4)


def main() -> None:
    """Write both."""
    page = Page("Measured responses of the ECG filters", tuple(responses()), 230, 252)
    (DOCS / "filter-responses.svg").write_text(svg(page))
    page = Page("ECG with noise, before and after", tuple(examples()), 230, 262)
    (DOCS / "filter-examples.svg").write_text(svg(page))


def responses() -> Iterator[Item]:
    """Gain, dispersion, and the impulse of IEC 60601-2-25."""
    measured = {name: _spaced(*gains(BANDS[name], RATE)) for name in SHOWN}
    hertz = Axis(0.03, 400, (0.05, 0.1, 0.5, 1, 5, 10, 40, 150), "Hz", log=True)
    yield from plot(
        Frame(16, 10, 206, 66),
        "Gain",
        hertz,
        Axis(-30, 3, (-30, -20, -10, -3, 0), "dB"),
        [
            Curve(hz, 20 * np.log10(np.maximum(gain, 1e-6)), name)
            for name, (hz, gain, _) in measured.items()
        ],
    )
    yield from plot(
        Frame(16, 94, 206, 62),
        "Group delay against that at 14 Hz",
        Axis(0.5, 40, (0.5, 1, 2, 5, 10, 20, 40), "Hz", log=True),
        Axis(-20, 200, (0, 50, 100, 150, 200), "ms"),
        [
            Curve(hz, delay - float(np.interp(14, hz, delay)), name)
            for name, (hz, _, delay) in measured.items()
        ],
    )
    yield from plot(
        Frame(16, 174, 206, 64),
        "After 3 mV for 100 ms; dashed what IEC 60601-2-25 allows",
        Axis(-3, 4, range(-3, 5), "s"),
        Axis(-1.1, 0.3, (-1, -0.5, -0.1, 0, 0.1), "mV"),
        [Curve(*_thinned(*rectangle(BANDS[name], RATE)), name) for name in SHOWN],
        (-0.1, 0.1),
    )


def _spaced(hz: Array, gain: Array, delay: Array) -> tuple[Array, Array, Array]:
    """At 400 frequencies, evenly on a logarithmic axis."""
    at = np.geomspace(0.03, 400, 400)
    return at, np.interp(at, hz, gain), np.interp(at, hz, delay)


def _thinned(time: Array, out: Array) -> tuple[Array, Array]:
    return time[::16], out[::16]


def examples() -> Iterator[Item]:
    """A heart under hum and under muscle noise, filtered in two ways each."""
    heart = hearts()[HEART]
    time = np.arange(len(heart.signal)) / heart.rate
    hum = HUM_MV * np.sin(2 * np.pi * 50.3 * time)
    recorded = noise("ma", 0)
    muscle = (recorded - through(SectionFilter((low_pass(15, 360),), 360), recorded))[: len(time)]
    shown = (time >= SECONDS[0]) & (time <= SECONDS[1])
    shaken = heart.signal + muscle * (NOISE_MV / float(muscle[shown].std()))
    fixed = SectionFilter((notch(50, heart.rate, 10),), heart.rate)
    band = Aligned(Fir(low_pass_taps(40, heart.rate, 0.05)))
    rows = {
        "as recorded": heart.signal,
        "with hum of 0.1 mV at 50.3 Hz": heart.signal + hum,
        "through a notch, 5 Hz wide": through(fixed, heart.signal + hum),
        "through mains_filter": through(mains_filter(heart.rate), heart.signal + hum),
        "with muscle noise of 0.06 mV": shaken,
        "through a low-pass of 40 Hz": through(band, shaken),
        "through muscle_filter": through(muscle_filter(heart.rate), shaken),
    }
    start, stop = SECONDS
    middle = float(np.median(heart.signal[shown]))
    for number, (name, signal) in enumerate(rows.items()):
        yield from plot(
            Frame(16, 9 + 36 * number, 206, 26),
            name,
            Axis(start, stop, np.arange(start, stop, 0.5).tolist(), ""),
            Axis(-0.7, 1.5, (-0.5, 0, 0.5, 1, 1.5), "mV, s"),
            [Curve(time[shown], signal[shown] - middle)],
        )


if __name__ == "__main__":
    main()
