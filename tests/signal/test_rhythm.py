"""What is suspected of a rhythm, on beats that are made to be it; and the intervals behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_signal.ecg import ecg_chain
from edge_signal.intervals import intervals, variability
from edge_signal.rhythm import RhythmWatch
from edge_signal.values import Beat, BeatKind, Block, Finding, Flag, Quality, Reason, Suspicion

RATE = 250.0
V, N = BeatKind.VENTRICULAR, BeatKind.NORMAL


def beats_of(seconds: Iterable[float], kinds: Sequence[BeatKind] = (N,)) -> list[Beat]:
    at = accumulate(seconds)
    return [Beat(round(s * RATE), 1.0, 0.99, kinds[i % len(kinds)], 0.95) for i, s in enumerate(at)]


def watch(findings: Iterable[Finding]) -> list[Suspicion]:
    stage = RhythmWatch(RATE)
    return [*(said for one in findings for said in stage.push(one)), *stage.flush()]


def seen(
    beats: Sequence[Beat], figure: float, reasons: tuple[Reason, ...] = ()
) -> list[Beat | Quality]:
    """With the windows that they lie in, all of one quality, as a chain tells them."""
    count = 1 + int(beats[-1].index / RATE / 2)
    both: list[Beat | Quality] = [*beats, *windows(figure, reasons, count)]
    return sorted(both, key=lambda one: one.index if isinstance(one, Beat) else one.last)


def fine(beats: Sequence[Beat]) -> list[Beat | Quality]:
    return seen(beats, 0.9)


def begun(findings: Iterable[Finding]) -> set[Flag]:
    return {one.flag for one in watch(findings) if one.begins}


def chance(deviation: float, count: int) -> NDArray[np.float64]:
    return np.random.default_rng(3).normal(0, deviation, count)


def windows(figure: float, reasons: tuple[Reason, ...], count: int) -> list[Quality]:
    size = int(2 * RATE)
    return [Quality(i * size, (i + 1) * size - 1, figure, reasons) for i in range(count)]


def test_a_steady_heart_is_suspected_of_nothing() -> None:
    assert begun(fine(beats_of(0.8 + chance(0.02, 200)))) == set()


def test_breathing_is_no_fibrillation() -> None:
    assert begun(fine(beats_of(0.8 + 0.08 * np.sin(np.arange(200) * 1.3)))) <= {Flag.IRREGULAR}


def test_fibrillation() -> None:
    assert Flag.FIBRILLATION in begun(fine(beats_of(np.clip(0.65 + chance(0.15, 200), 0.35, 1.3))))


@pytest.mark.parametrize(("seconds", "flag"), [(1.3, Flag.SLOW), (0.5, Flag.FAST)])
def test_rates(seconds: float, flag: Flag) -> None:
    said = watch(fine(beats_of([seconds] * 20)))
    assert [(one.flag, one.begins) for one in said] == [(flag, True)]
    assert dict(said[0].evidence)["bpm"] == pytest.approx(60 / seconds, rel=0.01)


def test_a_rate_at_its_limit_does_not_flutter() -> None:
    said = watch(fine(beats_of(60 / (100 + 2 * np.sin(np.arange(300) / 9)))))
    assert [one.flag for one in said if one.flag is Flag.FAST] == [Flag.FAST]


def test_a_pause_says_how_long() -> None:
    said = watch(fine(beats_of([0.8] * 10 + [3.1] + [0.8] * 10)))
    (pause,) = [one for one in said if one.flag is Flag.PAUSE]
    assert dict(pause.evidence)["seconds"] == pytest.approx(3.1, abs=0.01)


def test_in_noise_no_interval_means_anything() -> None:
    """But three wide beats in a row may be what makes the signal look bad."""
    seconds = [*(0.65 + chance(0.15, 60)), 3.1, *[1.3] * 20, *[0.4] * 20, *[0.6, 1.0] * 10]
    kinds = [N] * 101 + [V, N] * 10
    assert begun(seen(beats_of(seconds, kinds), 0.2, (Reason.NOISE,))) == set()
    assert begun(seen(beats_of([0.4] * 20, [V]), 0.2, (Reason.NOISE,))) == {Flag.RUN}


def test_after_noise_intervals_count_anew() -> None:
    noisy = seen(beats_of(0.65 + chance(0.15, 60)), 0.2)
    stage = RhythmWatch(RATE)
    said = [one for finding in noisy for one in stage.push(finding)]
    later = round(2 * RATE) * (1 + len([one for one in noisy if isinstance(one, Quality)]))
    for one in fine(beats_of([0.5] * 40)):
        moved = (
            replace(one, index=one.index + later)
            if isinstance(one, Beat)
            else replace(one, first=one.first + later, last=one.last + later)
        )
        said += stage.push(moved)
    assert [(one.flag, one.begins) for one in said] == [(Flag.FAST, True)]


def test_a_gap_is_no_pause() -> None:
    stage = RhythmWatch(RATE)
    said = [one for beat in beats_of([0.8] * 10) for one in stage.push(beat)]
    stage.gap(-1)
    said += [one for beat in beats_of([20.0] + [0.8] * 9) for one in stage.push(beat)]
    assert said == []


def test_bigeminy_and_its_end() -> None:
    said = watch(fine(beats_of([0.6, 1.0] * 10 + [0.8] * 20, [N, V] * 10 + [N] * 20)))
    assert [(one.flag, one.begins) for one in said if one.flag is Flag.BIGEMINY] == [
        (Flag.BIGEMINY, True),
        (Flag.BIGEMINY, False),
    ]


@pytest.mark.parametrize(("count", "is_run"), [(2, False), (3, True), (12, True)])
def test_ventricular_runs(count: int, is_run: bool) -> None:
    kinds = [N] * 10 + [V] * count + [N] * 10
    seconds = [0.8] * 10 + [0.4] * count + [0.9] * 10
    assert (Flag.RUN in begun(beats_of(seconds, kinds))) is is_run


def test_silence_of_a_good_signal_is_asystole() -> None:
    assert begun([*beats_of([0.8] * 3), *windows(0.95, (), 10)[1:]]) == {Flag.ASYSTOLE}


@pytest.mark.parametrize("reason", [Reason.OFF, Reason.FLAT, Reason.SATURATED])
def test_silence_of_no_signal_is_the_electrode(reason: Reason) -> None:
    assert begun([*beats_of([0.8] * 3), *windows(0.0, (reason,), 10)[1:]]) == {Flag.LEAD_OFF}


def test_silence_of_a_noisy_signal_says_nothing() -> None:
    assert begun([*beats_of([0.8] * 3), *windows(0.2, (Reason.MUSCLE,), 10)[1:]]) == set()


def test_a_signal_that_only_swings_is_fibrillation_of_the_ventricles() -> None:
    t = np.arange(int(20 * RATE), dtype=np.float64) / RATE
    swing = 0.8 * np.sin(2 * np.pi * (4.5 * t + 0.4 * np.sin(2 * np.pi * 0.3 * t)))
    found = ecg_chain(RATE).push(Block(0, swing))
    assert Flag.CHAOS in {one.flag for one in found if isinstance(one, Suspicion)}


def test_variability_is_that_of_its_definition() -> None:
    """Task Force 1996: by hand, from the intervals alone."""
    seconds = 0.8 + chance(0.03, 300)
    made = variability(intervals(beats_of(seconds), RATE))
    assert made is not None
    whole = 1000 * np.diff([beat.index / RATE for beat in beats_of(seconds)])
    assert made.sdnn_ms == pytest.approx(whole.std(ddof=1), rel=0.02)
    assert made.rmssd_ms == pytest.approx(np.sqrt(np.mean(np.diff(whole) ** 2)), rel=0.02)


@pytest.mark.parametrize(("hertz", "is_high"), [(0.1, False), (0.25, True)])
def test_power_is_where_the_rhythm_swings(hertz: float, is_high: bool) -> None:
    """A swing of 40 ms has 800 ms² of power."""
    at, seconds = 0.0, list[float]()
    while at < 300:
        seconds.append(0.8 + 0.04 * np.sin(2 * np.pi * hertz * at))
        at += seconds[-1]
    made = variability(intervals(beats_of(seconds), RATE))
    assert made is not None
    assert made.low_ms2 is not None
    assert made.high_ms2 is not None
    own, other = (made.high_ms2, made.low_ms2) if is_high else (made.low_ms2, made.high_ms2)
    assert own == pytest.approx(800, rel=0.2)
    assert other < 100


def test_an_ectopic_beat_is_not_normal_to_normal() -> None:
    beats = beats_of([0.8] * 30 + [0.5, 1.1] + [0.8] * 30, [N] * 30 + [V] + [N] * 31)
    series = intervals(beats, RATE)
    assert series.normal.sum() == len(beats) - 3
    made = variability(series)
    assert made is not None
    assert made.sdnn_ms < 3


def test_too_few_intervals_have_no_variability() -> None:
    assert variability(intervals(beats_of([0.8] * 10), RATE)) is None
    assert variability(intervals([], RATE)) is None
