"""Make the pictures of docs/waveforms.md (`python bench/pictures.py`).

The ECG is record 119 of the Lobachevsky University database (ODC-By 1.0, doi 10.13026/eegm-h675),
from ../shared/data; the trends are made up.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import numpy as np

from ecg_records import DATA, ROOT, tool
from edge_agent.export.judging import judged
from edge_agent.export.pdf import pdf
from edge_agent.model.waveforms import Channel
from edge_signal.glucose import GlucoseReading
from edge_signal.pressure import Place, Pressure, PressureReading
from edge_signal.recordings import Recording, Segment
from edge_signal.sheets.ecg import EcgSheet, ecg_page
from edge_signal.sheets.heading import Heading
from edge_signal.sheets.svg import svg
from edge_signal.sheets.trends import glucose_page, pressure_page
from edge_signal.sheets.words import Language

DOCS = ROOT / "docs"
RECORD = "ludb/119"
MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001  local time of the site
SENSOR = timedelta(minutes=5)
ABOUT = "s-17"


def main() -> None:
    """Write them all."""
    page = ecg_page(recording(), _sheet(Language.EN, "Shuangqiao village"))
    (DOCS / "ecg-sheet.svg").write_text(svg(page))
    page = ecg_page(recording(), _sheet(Language.ZH, "双桥村卫生室"))
    (DOCS / "ecg-sheet-zh.pdf").write_bytes(pdf(page))
    (DOCS / "blood-pressure.svg").write_text(svg(pressure_page(pressures(), Language.EN, ABOUT)))
    (DOCS / "glucose.svg").write_text(svg(glucose_page(glucoses(), Language.ZH, SENSOR, ABOUT)))


def recording() -> Recording:
    """A record of LUDB."""
    read = tool("wfdb").rdrecord(str(DATA / RECORD), physical=False)
    channels = tuple(
        Channel(f"ecg-lead-{name}", "mV", Decimal(1) / Decimal(int(gain)))
        for name, gain in zip(read.sig_name, read.adc_gain, strict=True)
    )
    counts = read.d_signal.T.astype(np.int64)
    return Recording("ludb", Fraction(int(read.fs)), channels, (Segment(0, counts),))


def _sheet(language: Language, site: str) -> EcgSheet:
    told = judged(recording())
    heading = Heading(
        subject="s-3c81f0",
        device="ecg-1",
        site=site,
        taken="2026-03-02 09:41:05 +0800",
        measurements=told.measurements,
        findings=told.findings,
        strip=told.strip,
    )
    return EcgSheet(heading, told.quality, language)


def pressures() -> list[PressureReading]:
    """Eight days at home, high in the mornings, and a visit to the clinic."""
    chance = Random(3)  # noqa: S311
    days = [
        PressureReading(
            MONDAY + timedelta(days=day, hours=hour, minutes=minute),
            Pressure(level + chance.gauss(8 if day == 0 else 0, 5), 0.6 * level),
        )
        for day in range(8)
        for hour, level in ((7, 146), (20, 124))
        for minute in (0, 2)
    ]
    visit = MONDAY + timedelta(days=7, hours=10)
    for minute in range(3):
        pressure = Pressure(158 - 4 * minute, 92)
        days.append(PressureReading(visit + timedelta(minutes=minute), pressure, Place.OFFICE))
    return [*days, PressureReading(MONDAY + timedelta(days=3, hours=15), Pressure(220, 120))]


def glucoses() -> list[GlucoseReading]:
    """Three days of a sensor, which was off for two hours, with a low night."""
    chance = Random(2)  # noqa: S311
    found: list[GlucoseReading] = []
    for at in range(3 * 288):
        hours = at / 12
        meals = sum(4.5 * math.exp(-(((hours - 24 * (at // 288) - eaten) / 1.4) ** 2))
                    for eaten in (8, 13, 19))  # fmt: skip
        low = 2.6 * math.exp(-(((hours - 27) / 0.9) ** 2))
        value = 5.8 + meals - low + chance.gauss(0, 0.12)
        if not 500 <= at < 524:
            found.append(GlucoseReading(MONDAY + at * SENSOR, round(value, 1)))
    return found


if __name__ == "__main__":
    main()
