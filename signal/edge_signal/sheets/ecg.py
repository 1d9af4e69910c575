"""An ECG sheet as a doctor expects it: A4 landscape, 25 mm/s, 10 mm/mV (5 if that is too tall).

Twelve leads: three rows of four leads, 2.5 s each and one moment after the other, and a rhythm
strip of 10 s below. Fewer leads: strips of 10 s, as many as fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edge_signal.filters import DIAGNOSTIC_BAND
from edge_signal.recordings import Recording
from edge_signal.sheets.heading import Heading, heading
from edge_signal.sheets.page import Anchor, Area, Item, Page, Words
from edge_signal.sheets.paper import HALF, MM_PER_S, Paper
from edge_signal.sheets.words import Language, word
from edge_signal.shown import shown

PAPER = Paper(13.5, 44.0, 270.0, 140.0)
STRIP_S = 10.0
COLUMN_S = 2.5
LEFT = PAPER.x + 10
ROWS = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))
RHYTHM = "II"
_MOST_STRIPS = 4
_ROUND_S = 5.0
"""So much on either side of what is drawn is filtered with it."""
_ROW = 35.0
_WARNING = "#b00020"
_FACTOR = {"V": 1000.0, "mV": 1.0, "uV": 0.001}


@dataclass(frozen=True, slots=True)
class EcgSheet:
    """What goes on a sheet beside the signal.

    Attributes:
        heading: what stands above the paper.
        quality: what is wrong with a lead, by its label; good leads are left out.
        language: of all words.
        raw: draw the samples as they came, and not through the diagnostic band.
    """

    heading: Heading = field(default_factory=Heading)
    quality: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    language: Language = Language.EN
    raw: bool = False


def label(kind: str) -> str:
    """A lead as it is written on paper: `ecg-lead-avr` is aVR."""
    name = kind.removeprefix("ecg-lead-").upper()
    return "aV" + name[2:] if name.startswith("AV") else name


def labelled(recording: Recording) -> dict[str, NDArray[np.float64]]:
    """The leads of an ECG by what they are called on paper, mV; NaN in holes."""
    rows = zip(recording.channels, recording.physical(), strict=True)
    return {
        label(one.kind): row * _FACTOR[one.unit]
        for one, row in rows
        if one.kind.startswith("ecg") and one.unit in _FACTOR
    }


def ecg_page(recording: Recording, sheet: EcgSheet | None = None, begin_s: float = 0) -> Page:
    """The sheet of the ten seconds from `begin_s` on, or forty of one lead.

    Args:
        recording: at least one channel of an ECG, in V, mV or uV.
        sheet: what is written on it.
        begin_s: where in the recording it begins.

    Raises:
        ValueError: no channel is an ECG's.
    """
    sheet = sheet or EcgSheet()
    found = labelled(recording)
    if not found:
        kinds = ", ".join(one.kind for one in recording.channels)
        raise ValueError(f"no lead of an ECG among the channels: {kinds}")
    rate = float(recording.rate)
    leads, filters = _drawable(found, rate, max(0, round(begin_s * rate)), sheet)
    twelve = all(name in leads for row in ROWS for name in row)
    pieces = list(_twelve(leads, rate) if twelve else _strips(leads, rate))
    fits = all(PAPER.holds(one.baseline, one.signal) for one in pieces)
    paper = PAPER if fits else replace(PAPER, gain=HALF)
    quality = sheet.quality
    told = replace(sheet.heading, filters=filters)
    items: list[Item] = [*heading(told, twelve, quality, sheet.language, paper.gain)]
    items += paper.grid()
    items += _drawn(paper, pieces, rate, sheet)
    return Page(word("ecg-12" if twelve else "ecg-1", sheet.language), tuple(items))


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A lead in its place: the row from above, seconds from the left, mV, what is written."""

    row: float
    at: float
    lead: str
    signal: NDArray[np.float64]
    text: str

    @property
    def baseline(self) -> float:
        """Where 0 mV is, mm."""
        return PAPER.y + _ROW * self.row + 20


Leads = Mapping[str, NDArray[np.float64]]


def _drawable(leads: Leads, rate: float, first: int, sheet: EcgSheet) -> tuple[Leads, str]:
    """What is drawn from a sample on, and what it went through in words."""
    if sheet.raw:
        whole = {name: _centred(row[first:]) for name, row in leads.items()}
        return whole, word("unfiltered", sheet.language)
    begin = max(0, first - round(_ROUND_S * rate))
    end = first + round((_MOST_STRIPS * STRIP_S + _ROUND_S) * rate)
    told = shown(np.array([row[begin:end] for row in leads.values()]), rate)
    rows = told.leads[:, first - begin :]
    band = f"{DIAGNOSTIC_BAND[0]:g}-{told.high:g} {word('diagnostic', sheet.language)}"
    mains = word("mains-removed", sheet.language).format(told.mains) if told.mains else ""
    return dict(zip(leads, rows, strict=True)), ", ".join(filter(None, (band, mains)))


def _centred(row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Around its own median, so that an electrode's offset does not lift it off its line."""
    known = row[np.isfinite(row)]
    return row - np.median(known) if len(known) else row


def _twelve(leads: Leads, rate: float) -> Iterator[_Piece]:
    wide = int(COLUMN_S * rate)
    for row, names in enumerate(ROWS):
        for column, name in enumerate(names):
            part = leads[name][column * wide : (column + 1) * wide]
            yield _Piece(row, column * COLUMN_S, name, part, name)
    yield _Piece(3, 0, RHYTHM, leads[RHYTHM][: int(STRIP_S * rate)], RHYTHM)


def _strips(leads: Leads, rate: float) -> Iterator[_Piece]:
    """One lead goes on in the next row; of several each has one."""
    wide = int(STRIP_S * rate)
    if len(leads) > 1:
        for row, (name, signal) in enumerate(list(leads.items())[:_MOST_STRIPS]):
            yield _Piece(row, 0, name, signal[:wide], name)
        return
    ((name, signal),) = leads.items()
    for row in range(min(_MOST_STRIPS, -(-len(signal) // wide))):
        part = signal[row * wide : (row + 1) * wide]
        yield _Piece(row, 0, name, part, f"{name}  {row * STRIP_S:g} s")


def _drawn(paper: Paper, pieces: Sequence[_Piece], rate: float, sheet: EcgSheet) -> Iterator[Item]:
    for piece in pieces:
        x, baseline = LEFT + piece.at * MM_PER_S, piece.baseline
        if piece.at == 0:
            yield paper.pulse(paper.x + 2, baseline)
        else:
            yield paper.tick(x, baseline)
        for item in paper.trace(x, baseline, piece.signal, rate):
            yield item
            if isinstance(item, Area):
                text, middle = word("gap", sheet.language), item.x + item.width / 2
                yield Words(middle, baseline + 1, text, 2.6, Anchor.MIDDLE, _WARNING)
        yield Words(x + 1, baseline - 12, piece.text, 3.4)
        if wrong := ", ".join(
            word(one, sheet.language) for one in sheet.quality.get(piece.lead, ())
        ):
            yield Words(x + 3 + 2.2 * len(piece.text), baseline - 12, wrong, 2.6, colour=_WARNING)
