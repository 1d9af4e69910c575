"""What stands above and below the paper of an ECG: who, when, what was measured and noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edge_signal.advice import advice
from edge_signal.sheets.page import Ink, Item, Strokes, Words, segment
from edge_signal.sheets.words import Language, word
from edge_signal.values import Reason

LEFT, MIDDLE, RIGHT, END = 13.5, 98.0, 190.0, 283.5
_GREY = "#555555"
_LINE = Ink("#555555", 0.15)
_NONE = "—"


@dataclass(frozen=True, slots=True)
class Measurements:
    """The measurement table; what could not be measured is None.

    Attributes:
        rate: heart rate, beats a minute.
        pr, qrs, qt: intervals, ms.
        qtc_bazett, qtc_fridericia: the QT interval corrected for rate, ms.
        axis: of the QRS complex in the frontal plane, degrees.
        unsure: keys of rows (`pr`, `qrs`, `qt`, `qtc-bazett`, ...) that may be far off: they stand
            with a question mark.
    """

    rate: float | None = None
    pr: float | None = None
    qrs: float | None = None
    qt: float | None = None
    qtc_bazett: float | None = None
    qtc_fridericia: float | None = None
    axis: float | None = None
    unsure: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Heading:
    """What is known of a recording.

    Attributes:
        subject: the region's opaque reference of the patient.
        device: alias of the device.
        site: name of the clinic.
        taken: when, as people at the site write it.
        filters: what the drawn signal went through; the sheet says it.
        measurements: the table.
        findings: keys of `words.WORDS`, or plain text; the most urgent first; None where nobody
            looked for any.
        strip: class of the strip (`strips.StripClass`) and its probability; None if none is told.
    """

    subject: str = ""
    device: str = ""
    site: str = ""
    taken: str = ""
    filters: str = ""
    measurements: Measurements = Measurements()
    findings: tuple[str, ...] | None = None
    strip: tuple[str, float] | None = None


def heading(
    told: Heading,
    twelve: bool,
    quality: Mapping[str, Sequence[str]],
    language: Language,
    gain: float,
) -> Iterator[Item]:
    """All of it but the paper."""
    yield Words(LEFT, 13.5, word("ecg-12" if twelve else "ecg-1", language), 5.2)
    yield from _known(told, language)
    yield from _table(told.measurements, language)
    yield from _findings(told, language)
    scale = ("25 mm/s", f"{gain:g} mm/mV", told.filters)
    yield from _foot("   ".join(filter(None, scale)), quality, language)


def _known(told: Heading, language: Language) -> Iterator[Item]:
    rows = (("subject", told.subject), ("taken", told.taken), ("device", told.device))
    for at, (key, value) in enumerate((*rows, ("site", told.site))):
        y = 21 + 5.2 * at
        yield Words(LEFT, y, word(key, language), 3.0, colour=_GREY)
        yield Words(LEFT + 20, y, value or _NONE, 3.2)


def _table(found: Measurements, language: Language) -> Iterator[Item]:
    rows = (
        ("rate", _whole(found.rate, word("bpm", language))),
        ("pr", _whole(found.pr, " ms")),
        ("qrs", _whole(found.qrs, " ms")),
        ("qt", _whole(found.qt, " ms")),
        ("qtc-bazett", _whole(found.qtc_bazett, " ms")),
        ("qtc-fridericia", _whole(found.qtc_fridericia, " ms")),
        ("axis", _whole(found.axis, "°")),
    )
    for at, (key, value) in enumerate(rows):
        y, mark = 10.5 + 4.7 * at, " ?" if key in found.unsure and value != _NONE else ""
        yield Words(MIDDLE, y, word(key, language), 3.0, colour=_GREY)
        yield Words(MIDDLE + 36, y, value + mark, 3.2)


def _findings(told: Heading, language: Language) -> Iterator[Item]:
    yield Words(RIGHT, 10.5, word("findings", language), 3.0, colour=_GREY)
    keys = ["not-assessed"] if told.findings is None else told.findings
    lines = [word(one, language) for one in keys]
    if told.strip:
        kind, chance = told.strip
        lines.insert(0, f"{word(f'strip-{kind}', language)} ({chance:.0%})")
    lines = lines or [word("no-findings", language)]
    for at, line in enumerate(lines[:6]):
        yield Words(RIGHT, 16 + 4.9 * at, line, 3.6)


def _foot(scale: str, quality: Mapping[str, Sequence[str]], language: Language) -> Iterator[Item]:
    yield Words(LEFT, 189.5, scale, 3.0)
    if said := _advice(quality, language):
        yield Words(LEFT, 194, said, 2.8, colour=_GREY)
    yield Words(RIGHT, 189.5, f"{word('quality', language)}: {_quality(quality, language)}", 3.0)
    yield Words(LEFT, 199, word("conclusion", language), 3.0, colour=_GREY)
    yield Words(RIGHT, 199, word("physician", language), 3.0, colour=_GREY)
    yield Strokes((segment(LEFT + 20, 199.5, RIGHT - 6, 199.5),), _LINE)
    yield Strokes((segment(RIGHT + 18, 199.5, END, 199.5),), _LINE)
    yield Words(LEFT, 205.5, word("notice", language), 2.4, colour=_GREY)


def _quality(quality: Mapping[str, Sequence[str]], language: Language) -> str:
    if not quality:
        return word("good", language)
    return "; ".join(
        f"{lead} {', '.join(word(one, language) for one in why)}" for lead, why in quality.items()
    )


def _advice(quality: Mapping[str, Sequence[str]], language: Language) -> str:
    """What to do about the first lead that is poor, before it is recorded again."""
    for lead, (why, *_) in quality.items():
        if why in set(Reason):
            told = advice(Reason(why), f"ecg-lead-{lead.lower()}")
            return f"{lead}: {told.zh if language is Language.ZH else told.en}"
    return ""


def _whole(value: float | None, unit: str = "") -> str:
    return _NONE if value is None else f"{value:.0f}{unit}"
