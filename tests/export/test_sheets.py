"""ECG sheets: to scale as SVG and as PDF, in words that can be written."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from importlib.resources import files
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.export.pdf import POINTS_PER_MM, pdf
from edge_agent.model.observations import AbsentReason, MeasurementStatus
from edge_agent.model.waveforms import Channel
from edge_signal.pressure import LeftOut, Phenotype
from edge_signal.recordings import Recording, Segment
from edge_signal.sheets.ecg import LEFT, PAPER, EcgSheet, ecg_page
from edge_signal.sheets.heading import Heading, Measurements
from edge_signal.sheets.page import Page, Words
from edge_signal.sheets.svg import svg
from edge_signal.sheets.words import WORDS, Language, word
from edge_signal.strips import StripClass
from edge_signal.values import Flag, Reason
from tests.support.recordings import recording

SVG = "{http://www.w3.org/2000/svg}"
PIXELS_PER_MM = 12
RATE = 500
FULL = EcgSheet(
    Heading("P-7", "ecg-1", "双桥村卫生室", "2026-03-02 09:41",
            measurements=Measurements(71.4, 158, 92, 388, 422, 410, -12),
            findings=("bradycardia", "my own")),
    {"V3": ("noise", "motion")},
    Language.ZH,
)  # fmt: skip


RAW = EcgSheet(raw=True)


def pulses(leads: tuple[str, ...] = ("i",), seconds: float = 10) -> Recording:
    """A pulse of 1 mV and one sample at the end of each second."""
    row = np.zeros(int(RATE * seconds), dtype=np.int64)
    row[RATE - 1 :: RATE] = 1000
    channels = tuple(Channel(f"ecg-lead-{one}", "uV", Decimal(1)) for one in leads)
    return Recording("s", Fraction(RATE), channels, (Segment(0, np.array([row] * len(leads))),))


def paths(page: Page) -> list[list[NDArray[np.float64]]]:
    """Of each path, its lines in millimetres, as a reader of SVG has them."""
    found: list[list[NDArray[np.float64]]] = []
    for path in ET.fromstring(svg(page)).iter(f"{SVG}path"):
        lines = path.attrib["d"].split("M")[1:]
        numbers = [np.array(re.findall(r"-?[\d.]+", one), float).reshape(-1, 2) for one in lines]
        found.append([one.cumsum(axis=0) for one in numbers])
    return found


def test_the_page_is_a4_and_a_unit_is_a_millimetre() -> None:
    root = ET.fromstring(svg(ecg_page(recording())))
    assert [root.attrib[one] for one in ("width", "height", "viewBox")] == [
        "297mm",
        "210mm",
        "0 0 297 210",
    ]


def test_grid_lines_are_one_and_five_millimetres_apart() -> None:
    fine, bold, *_ = paths(ecg_page(recording()))[2:]
    for lines, step in ((fine, 1), (bold, 5)):
        upright = [line[0, 0] for line in lines if line[0, 0] == line[1, 0]]
        level = [line[0, 1] for line in lines if line[0, 1] == line[1, 1]]
        assert {round(b - a, 6) for one in (upright, level) for a, b in pairwise(one)} == {step}
        assert (upright[0], upright[-1]) == (PAPER.x, PAPER.x + PAPER.width)


def test_a_millivolt_is_ten_millimetres_and_a_second_twenty_five() -> None:
    *_, pulse, trace = paths(ecg_page(pulses(), RAW))
    ((_, corner, top, right, low, _),) = pulse
    assert corner[1] - top[1] == pytest.approx(10)
    assert (right[0] - top[0], low[1]) == pytest.approx((5, corner[1]))
    (line,) = trace
    peaks = line[line[:, 1] < line[0, 1] - 5]
    assert peaks[:, 0] == pytest.approx(LEFT + 25 * np.arange(1, 11) - 25 / RATE, abs=0.05)
    assert peaks[:, 1] == pytest.approx(corner[1] - 10, abs=0.01)
    assert np.diff(line[:, 0]).sum() == pytest.approx(250 - 25 / RATE, abs=0.05)


def test_twelve_leads_are_in_three_rows_of_four_moments() -> None:
    words = [one for one in ecg_page(recording()).items if isinstance(one, Words)]
    at = {one.text: (one.x, one.y) for one in words if one.size == 3.4}
    assert [round(at[name][0] - LEFT - 1, 3) for name in ("I", "aVR", "V1", "V4")] == [
        0,
        62.5,
        125,
        187.5,
    ]
    assert at["V1"][1] < at["V2"][1] < at["V3"][1] < at["II"][1]
    *_, rhythm = paths(ecg_page(recording()))
    assert rhythm[0][-1, 0] - rhythm[0][0, 0] == pytest.approx(250, abs=0.1)


def test_one_lead_goes_on_in_the_next_row() -> None:
    strips = [one for one in paths(ecg_page(pulses(seconds=33)))[4:] if len(one[0]) > 10]
    assert [round(one[0][-1, 0] - one[0][0, 0]) for one in strips] == [250, 250, 250, 75]


def test_a_hole_is_not_drawn_over() -> None:
    page = ecg_page(recording(1, hole=True))
    (strip,) = [one for one in paths(page) if len(one[0]) > 100]
    first, second = strip
    assert second[0, 0] - first[-1, 0] == pytest.approx(25, abs=0.1)
    grey = [one for one in ET.fromstring(svg(page)).iter(f"{SVG}rect") if "x" in one.attrib]
    assert [float(one.attrib["width"]) for one in grey] == [25.0]
    assert "no signal" in [one.text for one in page.items if isinstance(one, Words)]


def test_measurements_findings_and_quality_are_written() -> None:
    words = [one.text for one in ecg_page(recording(), FULL).items if isinstance(one, Words)]
    for text in ("71次/分", "158 ms", "-12°", "心动过缓", "my own", "干扰, 体动"):
        assert text in words
    empty = [one.text for one in ecg_page(recording()).items if isinstance(one, Words)]
    assert empty.count("—") == 4 + 7
    assert "good in all leads" in " ".join(empty)
    assert "rhythm was not assessed" in empty
    looked = ecg_page(recording(), EcgSheet(Heading(findings=())))
    assert "none" in [one.text for one in looked.items if isinstance(one, Words)]


@pytest.mark.parametrize("one", StripClass)
@pytest.mark.parametrize("language", Language)
def test_the_class_of_the_strip_is_written_with_its_certainty(
    one: StripClass, language: Language
) -> None:
    sheet = EcgSheet(Heading(findings=(), strip=(one, 0.873)), language=language)
    words = [item.text for item in ecg_page(recording(), sheet).items if isinstance(item, Words)]
    assert f"{word(f'strip-{one}', language)} (87%)" in words
    assert word(f"strip-{one}", language) != f"strip-{one}"
    assert word("no-findings", language) not in words


def test_what_is_unsure_has_a_question_mark() -> None:
    unsure = frozenset({"pr", "qt", "axis"})
    heading = Heading(measurements=Measurements(pr=158, qrs=92, unsure=unsure))
    page = ecg_page(recording(), EcgSheet(heading))
    words = {one.text for one in page.items if isinstance(one, Words)}
    assert {"158 ms ?", "92 ms", "—"} <= words
    assert "— ?" not in words


def test_there_are_words_for_all_that_the_chain_says() -> None:
    said = [*Reason, *Flag, *LeftOut, *AbsentReason, *MeasurementStatus]
    keys = {*map(str, said), *(f"phenotype-{one}" for one in Phenotype)}
    assert not keys - set(WORDS)
    assert all(english and chinese for english, chinese in WORDS.values())


def test_what_is_no_ecg_is_refused() -> None:
    told = replace(recording(1), channels=(Channel("pleth", "{count}"),))
    with pytest.raises(ValueError, match="no lead of an ECG among the channels: pleth"):
        ecg_page(told)


def foot(page: Page) -> str:
    (said,) = [one.text for one in page.items if isinstance(one, Words) and "mm/s" in one.text]
    return said


def noisy(hum: float, sway: float) -> Recording:
    """The excerpt on a wandering baseline (0.1 Hz), with mains of 50.2 Hz; mV."""
    told = recording(2)
    t = np.arange(told.count) / float(told.rate)
    noise = hum * np.sin(2 * np.pi * 50.2 * t) + sway * np.sin(2 * np.pi * 0.1 * t)
    counts = told.segments[0].counts + np.rint(noise / 0.005).astype(np.int64)
    return replace(told, segments=(Segment(told.first, counts),))


def traces(page: Page) -> list[NDArray[np.float64]]:
    return [lines[0] for lines in paths(page) if len(lines[0]) > 100]


def test_a_sheet_is_drawn_through_the_diagnostic_band_and_says_so() -> None:
    clean, soiled = ecg_page(noisy(0, 0)), ecg_page(noisy(0.1, 0.3))
    band = "25 mm/s   5 mm/mV   0.05-150 Hz (IEC 60601-2-25, linear phase, -3 dB at 0.24 Hz)"
    assert foot(clean) == band
    assert foot(soiled) == f"{band}, 50 Hz mains removed"
    raw = ecg_page(noisy(0.1, 0.3), RAW)
    assert foot(raw) == "25 mm/s   5 mm/mV   unfiltered"
    for one, other, untouched in zip(traces(clean), traces(soiled), traces(raw), strict=True):
        assert np.diff(other[:, 1] - one[:, 1]).std() < 0.05
        assert np.diff(untouched[:, 1] - one[:, 1]).std() > 0.2


def test_what_cannot_be_sampled_is_not_in_the_band() -> None:
    assert "0.05-65 Hz" in foot(ecg_page(replace(recording(1), rate=Fraction(130))))
    assert "0.05-25 Hz" in foot(ecg_page(replace(recording(1), rate=Fraction(50))))


def test_a_poor_lead_says_what_to_do() -> None:
    def said(**told: Any) -> list[str]:  # noqa: ANN401  passed on
        return [one.text for one in ecg_page(recording(), EcgSheet(raw=True, **told)).items
                if isinstance(one, Words)]  # fmt: skip

    poor = {"V3": ("off", "motion"), "I": ("mains",)}
    assert "V3: Press the V3 electrode firmly; put it on again if it came off." in said(
        quality=poor
    )
    assert "V3: 请按紧V3电极；若已脱落请重新贴好。" in said(quality=poor, language=Language.ZH)
    assert not [one for one in said() if "electrode" in one]


def test_a_tall_signal_is_drawn_at_half_the_gain_and_says_so() -> None:
    told = pulses()
    tall = ecg_page(replace(told, segments=(Segment(0, told.segments[0].counts * 3),)), RAW)
    *_, pulse, trace = paths(tall)
    assert pulse[0][1, 1] - pulse[0][2, 1] == pytest.approx(5)
    assert trace[0][0, 1] - trace[0][:, 1].min() == pytest.approx(15)
    assert [one.text for one in tall.items if isinstance(one, Words) and "mm/mV" in one.text] == [
        "25 mm/s   5 mm/mV   unfiltered"
    ]


def test_a_wild_signal_stays_on_the_paper() -> None:
    told = pulses()
    wild = replace(told, segments=(Segment(0, told.segments[0].counts * 500),))
    (strip,) = paths(ecg_page(wild, RAW))[-1]
    assert strip[:, 1].min() == PAPER.y


def rendered(page: Page) -> NDArray[np.int64]:
    """The PDF as PDFium draws it, darkness of each pixel."""
    document: Any = import_module("pypdfium2").PdfDocument(pdf(page))
    assert document[0].get_size() == pytest.approx((297 * POINTS_PER_MM, 210 * POINTS_PER_MM))
    bitmap: Any = document[0].render(scale=PIXELS_PER_MM / POINTS_PER_MM, grayscale=True)
    return 255 - np.asarray(bitmap.to_numpy(), dtype=np.int64).reshape(bitmap.height, bitmap.width)


def test_the_pdf_is_to_scale_too() -> None:
    dark = rendered(ecg_page(pulses(), RAW)) > 200
    top = round((PAPER.y + 20 - 10) * PIXELS_PER_MM)
    strip = dark[top - 5 : top + 6]
    columns = np.flatnonzero(strip.any(axis=0)) / PIXELS_PER_MM
    edges = columns[(columns > PAPER.x) & (columns < LEFT - 1)]
    assert (edges.min(), edges.max()) == pytest.approx((PAPER.x + 2, PAPER.x + 7), abs=0.3)
    peaks = columns[columns > LEFT]
    assert peaks[0] == pytest.approx(LEFT + 25, abs=0.3)
    assert peaks[-1] == pytest.approx(LEFT + 250, abs=0.3)


def test_the_same_page_is_the_same_pdf_in_both_languages() -> None:
    for language in Language:
        page = ecg_page(recording(), replace(FULL, language=language, raw=True))
        assert pdf(page) == pdf(page)


def test_the_packaged_font_has_every_character_that_we_write() -> None:
    font = files("edge_agent.export") / "fonts" / "edge-sheet-sans.ttf"
    known: Any = import_module("reportlab.pdfbase.ttfonts").TTFontFace(str(font)).charToGlyph
    missing = {
        one for pair in WORDS.values() for text in pair for one in text if ord(one) not in known
    }
    assert not missing, "run bench/sheet_font.py"


def test_chinese_is_embedded_but_for_names() -> None:
    fonts = pdf(ecg_page(recording(1), FULL))
    assert b"EdgeSheetSans" in fonts
    assert b"STSong-Light" in fonts
    plain = replace(FULL, heading=replace(FULL.heading, site="clinic"))
    assert b"STSong-Light" not in pdf(ecg_page(recording(1), plain))
