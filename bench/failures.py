"""Pictures of what is told wrong, worst first: `./edge bench failures` writes docs/failures/*.svg.

One strip for each record: its stretch with the most mistakes. What is true stands above the signal,
what we say below it, mistakes are red. The signals are PhysioNet's (ODC-By 1.0; MIT-BIH Arrhythmia,
Noise Stress Test, QT, LUDB, VFDB and Challenge 2017), from ../shared/data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import delineation
import qrs
import strips_fit
from ecg_records import DATA, ROOT, Array, Index, load, outside, score, sets, tool
from edge_signal.ecg import ecg_chain
from edge_signal.sheets.page import Ink, Item, Page, Strokes, Words, segment
from edge_signal.sheets.svg import svg
from edge_signal.strips import classify
from edge_signal.values import Beat, Block, Finding, Flag, Suspicion
from figures import Figure, Outcome
from rhythm import CHAOS, rhythm_at

PLACE = ROOT / "docs" / "failures"
WIDTH, HEIGHT, MARGIN = 200.0, 22.0, 4.0
SIGNAL, RIGHT, WRONG = Ink("#444444", 0.18), Ink("#2266aa", 0.25), Ink("#cc2222", 0.4)
BEATS_S, WAVES_S, RHYTHM_S = 8.0, 2.0, 12.0
SEEN = 0.1
"""A point nearer than this (mm) to the line between others is left out."""
MOST = 10
"""Strips of one kind."""
EACH = 4
CHAOTIC = ("vfdb/418", "vfdb/424", "nstdb/118e00")
"""Strips of a class; records in which ventricular fibrillation is falsely suspected."""
WINDOW_S, NEAR_S = 0.15, 0.025
"""Farther apart two beats, two boundaries are not the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """One failure.

    Attributes:
        title: record, and what is wrong.
        rate: samples a second.
        lead: mV, shape (n,).
        true, said: sample indices of marks that are right.
        missed, extra: of those that are wrong: what is true and was not said, and the other way.
        seconds: how long it is.
    """

    title: str
    rate: float
    lead: Array
    true: Sequence[int] = ()
    said: Sequence[int] = ()
    missed: Sequence[int] = ()
    extra: Sequence[int] = ()
    seconds: float = BEATS_S


def measure(_options: object) -> Iterator[Outcome]:
    """Write the pictures, and tell how large they are."""
    if not DATA.is_dir():
        yield Outcome("failures", "all", (), void="the recordings are not beside the repository")
        return
    PLACE.mkdir(exist_ok=True)
    for name, strips in (("qrs", beats()), ("waves", waves()), ("rhythm", rhythms())):
        file = PLACE / f"{name}.svg"
        file.write_text(svg(page(f"Failures: {name}", strips)))
        size = Figure("size", file.stat().st_size / 1000, "kB")
        yield Outcome("failures", file.name, (Figure("strips", float(len(strips)), ""), size))


def page(title: str, strips: Sequence[Strip]) -> Page:
    """All strips, one under the other."""
    items = [item for at, one in enumerate(strips) for item in drawn(one, at * HEIGHT)]
    return Page(title, tuple(items), WIDTH, max(1, len(strips)) * HEIGHT)


def drawn(strip: Strip, top: float) -> Iterator[Item]:
    """One strip, from `top` (mm) downwards: signal to scale of its own, a line for each mark."""
    lead = strip.lead
    low, high = (float(one) for one in np.quantile(lead, (0.002, 0.998)))
    middle, half = top + HEIGHT / 2 + 1, HEIGHT / 2 - MARGIN
    x = np.arange(len(lead)) / (strip.seconds * strip.rate) * WIDTH
    y = middle - np.clip((lead - (low + high) / 2) / max(high - low, 0.1), -0.6, 0.6) * 2 * half
    yield Strokes((thinned(np.stack([x, y], axis=1)),), SIGNAL)
    above, below = (middle - half - 1.5, 2.5), (middle + half - 1.0, 2.5)
    for marks, (start, length), ink in (
        (strip.true, above, RIGHT),
        (strip.said, below, RIGHT),
        (strip.missed, above, WRONG),
        (strip.extra, below, WRONG),
    ):
        lines = tuple(segment(float(x[at]), start, float(x[at]), start + length) for at in marks)
        if lines:
            yield Strokes(lines, ink)
    yield Words(1, top + 2.8, strip.title, 2.4)


def thinned(points: Array) -> Array:
    """The points without which the line would look different (Douglas & Peucker 1973)."""
    first, last = points[0], points[-1]
    x = (points[:, 0] - first[0]) / max(last[0] - first[0], 1e-9)
    off = np.abs(points[:, 1] - first[1] - x * (last[1] - first[1]))
    at = int(off.argmax())
    if off[at] <= SEEN:
        return points[[0, -1]]
    return np.vstack([thinned(points[: at + 1])[:-1], thinned(points[at:])])


def beats() -> list[Strip]:
    """Every record in which a beat is missed or too many, worst first."""
    wanted = [path for some in sets().values() for path in some]
    with Pool(2) as pool:
        said = [at for at, _ in pool.map(qrs.found, wanted, chunksize=1)]
    strips = [beat_strip(path, at) for path, at in zip(wanted, said, strict=True)]
    return [one for _, one in sorted(filter(None, strips), key=lambda each: -each[0])]


def beat_strip(path: Path, said: Index) -> tuple[int, Strip] | None:
    """How many mistakes a record has, and where they are densest; None without any."""
    record = load(path)
    counts = score(record, said)
    true, said = outside(record.beats, record.spans), outside(said, record.spans)
    missed, extra = alone(true, said, record.rate), alone(said, true, record.rate)
    wrong = np.sort(np.concatenate([true[missed], said[extra]]))
    if not len(wrong):
        return None
    size = round(BEATS_S * record.rate)
    dense = np.searchsorted(wrong, wrong + size * 3 // 4) - np.arange(len(wrong))
    start = int(np.clip(wrong[dense.argmax()] - size // 8, 0, len(record.signal) - size))
    strip = Strip(
        f"{record.folder}/{record.name} at {start / record.rate:.0f} s: "
        f"{counts.missed} missed, {counts.extra} extra of {len(true)}",
        record.rate,
        record.signal[start : start + size],
        true=_within(true[~missed], start, size),
        said=_within(said[~extra], start, size),
        missed=_within(true[missed], start, size),
        extra=_within(said[extra], start, size),
    )
    return counts.missed + counts.extra, strip


def alone(some: Index, others: Index, rate: float) -> NDArray[np.bool_]:
    """Which of some marks have no other within the window of EC57."""
    if not len(others):
        return np.ones(len(some), dtype=np.bool_)
    at = np.clip(np.searchsorted(others, some), 1, max(1, len(others) - 1))
    nearest = np.minimum(np.abs(others[at - 1] - some), np.abs(others[at % len(others)] - some))
    lonely: NDArray[np.bool_] = nearest > round(WINDOW_S * rate)
    return lonely


def waves() -> list[Strip]:
    """The worst leads of LUDB and the worst records of QTDB."""
    found: list[Strip] = []
    for folder, most in (("ludb", MOST), ("qtdb", MOST)):
        rows = [row for study in delineation.studies(folder) for row in wave_strips(study)]
        found += [strip for _, strip in sorted(rows, key=lambda row: -row[0])[:most]]
    return found


def wave_strips(study: delineation.Study) -> Iterator[tuple[float, Strip]]:
    """The worst lead of a record where each is marked, else its first; and how bad it is."""
    said = delineation.said_by(delineation.ours(study))
    rows = [(delineation.errors(delineation.judged(study, said, {})), 0)]
    if len(study.true) > 1:
        rows = [
            (delineation.errors(delineation.compare({}, true, [said[lead]], study.rate)), lead)
            for lead, true in enumerate(study.true)
            if any(true.values())
        ]
    off, lead = max(rows, key=lambda row: max(row[0].values(), default=0))
    name = max(off, key=lambda one: off[one])
    true = study.true[lead if len(study.true) > 1 else 0]
    peaks = [peak for _, peak, _ in true["N"]]
    size = round(WAVES_S * study.rate)
    start = max(0, min(peaks[len(peaks) // 2] - size // 3, study.leads.shape[1] - size))
    shown, told = (_within(bounds(one), start, size) for one in (true, said[lead]))
    missed, extra = _far(shown, told, study.rate), _far(told, shown, study.rate)
    strip = Strip(
        f"{study.name}, lead {lead + 1}: {name} off by {off[name]:.0f} ms (root mean square)",
        study.rate,
        study.leads[lead, start : start + size],
        true=sorted(set(shown) - set(missed)),
        said=sorted(set(told) - set(extra)),
        missed=missed,
        extra=extra,
        seconds=WAVES_S,
    )
    yield max(off.values()), strip


def _far(some: Sequence[int], others: Sequence[int], rate: float) -> list[int]:
    """Boundaries with no other near."""
    return [at for at in some if all(abs(at - other) > NEAR_S * rate for other in others)]


def bounds(waves_of: delineation.Said) -> Index:
    """All boundaries of all waves."""
    every = [at for some in waves_of.values() for on, _, off in some for at in (on, off)]
    return np.array([at for at in every if at is not None], dtype=np.int64)


def rhythms() -> list[Strip]:
    """The first strips of each class that are taken for another; then false chaos."""
    wrong: dict[int, list[Strip]] = {at: [] for at in range(len(strips_fit.LETTERS))}
    for name, true in strips_fit.strips():
        if len(wrong[true]) < EACH and (strip := rhythm_strip(name, true)):
            wrong[true].append(strip)
    chaos = [strip for name in CHAOTIC if (strip := chaos_strip(name))]
    return [*(strip for some in wrong.values() for strip in some), *chaos]


def rhythm_strip(name: str, true: int) -> Strip | None:
    """The middle of a strip of another class than we say, with its beats; None if we are right."""
    record = tool("wfdb").rdrecord(str(strips_fit.PLACE / name))
    lead, rate = np.nan_to_num(record.p_signal[:, 0]), float(record.fs)
    found = _found(lead, rate)
    told = classify(lead, rate, found)
    if told is None or (said := list(told.chances).index(told.likeliest)) == true:
        return None
    size = min(len(lead), round(RHYTHM_S * rate))
    letters, chance = strips_fit.LETTERS, told.chances[told.likeliest]
    title = f"cinc2017/{name}: {letters[true]}, told as {letters[said]} ({chance:.0%})"
    return _shown(title, lead, rate, found, (len(lead) - size) // 2)


def chaos_strip(name: str) -> Strip | None:
    """The first ventricular fibrillation that is suspected and not annotated."""
    record = load(DATA / name)
    found = _found(record.signal, record.rate)
    for one in found:
        if not isinstance(one, Suspicion) or one.flag is not Flag.CHAOS or not one.begins:
            continue
        rhythm = rhythm_at(DATA / name, one.index)
        if rhythm not in CHAOS:
            title = f"{name} at {one.first / record.rate:.0f} s: {rhythm[1:]}, chaos suspected"
            size = round(RHYTHM_S * record.rate)
            start = min(max(0, one.first - size // 4), len(record.signal) - size)
            return _shown(title, record.signal, record.rate, found, start)
    return None


def _found(lead: Array, rate: float) -> list[Finding]:
    chain = ecg_chain(rate)
    return [*chain.push(Block(0, lead)), *chain.flush()]


def _shown(title: str, lead: Array, rate: float, found: Sequence[Finding], start: int) -> Strip:
    size = round(RHYTHM_S * rate)
    said = _within(np.array([one.index for one in found if isinstance(one, Beat)]), start, size)
    return Strip(title, rate, lead[start : start + size], said=said, seconds=RHYTHM_S)


def _within(at: Index, start: int, size: int) -> list[int]:
    return [int(one) - start for one in at if start <= one < start + size]
