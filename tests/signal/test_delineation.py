"""Waves of beats that are drawn with known boundaries, and of a minute of real ECG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_signal.delineation import delineate, delineate_leads
from edge_signal.ecg import detect_beats
from edge_signal.measurements import Measurements, measure
from edge_signal.values import Beat, BeatKind
from edge_signal.waves import UNSURE, Wave, Waves

Samples = NDArray[np.float64]
EXCERPT = Path(__file__).parents[1] / "data" / "ecg" / "119.npz"
RATES = (130.0, 250.0, 500.0, 1000.0)


def bell(t: Samples, at: float, width: float, height: float) -> Samples:
    """A raised cosine: it begins and ends half its width from its top, exactly."""
    off = np.abs(t - at) / width
    return np.where(off < 0.5, height * (0.5 + 0.5 * np.cos(2 * np.pi * off)), 0.0)


def drawn(rate: float, interval: float = 0.8, st_mv: float = 0.0) -> tuple[Samples, list[int]]:
    """Ten beats: P 0.2 to 0.1 s before R, QRS 90 ms about R, T from 0.17 to 0.37 s after."""
    t = np.arange(int(11 * interval * rate)) / rate
    tops = (np.arange(10) + 0.6) * interval
    whole = np.zeros(len(t))
    for top in tops:
        whole += bell(t, top - 0.15, 0.1, 0.15) + bell(t, top + 0.27, 0.2, 0.35)
        whole += bell(t, top, 0.05, 1.2) - bell(t, top - 0.03, 0.03, 0.15)
        whole -= bell(t, top + 0.03, 0.03, 0.3)
        whole += np.where((t > top + 0.045) & (t < top + 0.17), st_mv, 0)
    return whole, [round(top * rate) for top in tops]


def table(rate: float, **how: float) -> Measurements:
    signal, beats = drawn(rate, **how)
    made = measure(
        np.stack([signal, 0.7 * signal, -0.8 * signal]),
        rate,
        [Beat(at, 1.0, 1.0, BeatKind.NORMAL, 1.0) for at in beats],
    )
    assert made is not None
    return made


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("sign", [1, -1])
def test_boundaries_are_where_they_were_drawn(rate: float, sign: int) -> None:
    signal, beats = drawn(rate)
    slack = 0.025 * rate
    for beat, waves in zip(beats, delineate(sign * signal, rate, beats), strict=True):
        assert waves.p is not None
        assert waves.t is not None
        assert waves.qrs.peak == pytest.approx(beat, abs=0.01 * rate)
        assert waves.qrs.onset == pytest.approx(beat - 0.045 * rate, abs=slack)
        assert waves.qrs.offset == pytest.approx(beat + 0.045 * rate, abs=slack)
        assert waves.p.peak == pytest.approx(beat - 0.15 * rate, abs=0.01 * rate)
        assert waves.p.onset == pytest.approx(beat - 0.20 * rate, abs=slack)
        assert waves.t.peak == pytest.approx(beat + 0.27 * rate, abs=0.01 * rate)
        assert waves.t.offset == pytest.approx(beat + 0.37 * rate, abs=1.6 * slack)


def test_no_wave_is_none() -> None:
    signal, beats = drawn(500.0)
    t = np.arange(len(signal)) / 500.0
    only = sum((bell(t, at / 500.0, 0.06, 1.0) for at in beats), np.zeros(len(t)))
    assert all(one.p is None and one.t is None for one in delineate(only, 500.0, beats))


def test_the_table() -> None:
    made = table(500.0)
    assert made.bpm == pytest.approx(75, rel=0.01)
    assert made.pr_ms == pytest.approx(155, abs=25)
    assert made.qrs_ms == pytest.approx(90, abs=25)
    assert made.qt_ms == pytest.approx(415, abs=40)
    assert made.qt_ms is not None
    assert made.qtc_bazett_ms == pytest.approx(made.qt_ms / 0.8**0.5, rel=0.01)
    assert made.qtc_fridericia_ms == pytest.approx(made.qt_ms / 0.8 ** (1 / 3), rel=0.01)
    assert made.leads[0].average.max() == pytest.approx(1.2, abs=0.1)
    assert made.leads[1].r_mv == pytest.approx(0.7 * made.leads[0].r_mv, rel=0.02)


def test_st_is_told_in_each_lead() -> None:
    raised, level = table(500.0, st_mv=0.2), table(500.0)
    assert abs(level.leads[0].st_mv) < 0.03
    assert raised.leads[0].st_mv == pytest.approx(0.2, abs=0.05)
    assert raised.leads[2].st_mv == pytest.approx(-0.16, abs=0.05)


def test_a_dead_lead_has_no_waves() -> None:
    for one in delineate(np.zeros(1000), 250.0, [300, 500]):
        assert (one.p, one.t) == (None, None)
        assert one.qrs.onset == one.qrs.offset


def test_two_beats_make_no_table() -> None:
    signal, beats = drawn(500.0)
    assert measure(signal[None], 500.0, [Beat(at, 1.0, 1.0) for at in beats[:2]]) is None


def bounds(wave: Wave | None) -> tuple[int, int]:
    assert wave is not None
    return wave.onset, wave.offset


def ordered(waves: Waves) -> bool:
    marks = [m for one in (waves.p, waves.qrs, waves.t) if one for m in (one.onset, one.offset)]
    peaks = [one for one in (waves.p, waves.qrs, waves.t) if one]
    return marks == sorted(marks) and all(one.onset <= one.peak <= one.offset for one in peaks)


def test_real_waves_come_in_their_order() -> None:
    with np.load(EXCERPT) as kept:
        lead = ((kept["samples"] - 1024) / 200)[0]
    beats = [int(one) for one in detect_beats(lead, 360.0)]
    waves = delineate(lead, 360.0, beats)
    assert len(waves) == len(beats)
    assert all(ordered(one) for one in waves)
    assert sum(one.t is not None for one in waves) > 0.9 * len(waves)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.lists(st.integers(0, 499), min_size=1, max_size=6, unique=True)
)
def test_whatever_the_signal_waves_stay_inside_and_in_order(seed: int, at: list[int]) -> None:
    noise = np.random.default_rng(seed).normal(0, 1, 500)
    for waves in delineate(noise, 250.0, sorted(at)):
        assert 0 <= waves.qrs.onset <= waves.qrs.offset < 500
        assert waves.t is None or waves.t.offset < 500


def test_a_p_wave_close_to_the_complex_is_none_of_it() -> None:
    t = np.arange(5000) / 500.0
    tops = np.arange(1, 10) * 1.0
    lead = sum((bell(t, top, 0.06, 1.0) + bell(t, top - 0.11, 0.1, 0.2) for top in tops), 0 * t)
    for waves in delineate(lead, 500.0, [round(top * 500) for top in tops]):
        assert waves.p is not None
        assert waves.p.peak == pytest.approx(waves.qrs.peak - 55, abs=5)
        assert waves.qrs.onset == pytest.approx(waves.qrs.peak - 15, abs=10)


def test_like_beats_say_where_noise_hides_a_wave() -> None:
    clean, beats = drawn(500.0)
    noise = np.random.default_rng(4).normal(0, 0.03, len(clean))
    noise[beats[5] - 120 : beats[5] - 20] *= 3
    told = delineate(clean + noise, 500.0, beats)[5]
    assert told.p is not None
    assert told.p.onset == pytest.approx(beats[5] - 100, abs=15)


def test_leads_help_one_that_shows_little() -> None:
    clean, beats = drawn(500.0)
    noise = np.random.default_rng(2).normal(0, 0.05, (4, len(clean)))
    leads = np.array([1.0, 0.8, -0.9, 0.1])[:, None] * clean + 0.5 * noise
    alone, helped = delineate(leads[3], 500.0, beats), delineate_leads(leads, 500.0, beats)[3]
    off = [
        [abs(one.qrs.onset - (at - 22)) for one, at in zip(waves, beats, strict=True)]
        for waves in (alone, helped)
    ]
    assert max(off[1]) < 20
    assert np.mean(off[1]) < 0.8 * np.mean(off[0]), off
    assert len(delineate_leads(leads, 500.0, [])) == 4


def test_a_beat_at_the_end_of_the_recording_stays_inside() -> None:
    signal, beats = drawn(250.0)
    for waves in delineate(signal, 250.0, [-3, *beats, len(signal)]):
        assert 0 <= waves.qrs.onset <= waves.qrs.offset < len(signal)


def test_an_ectopic_beat_does_not_move_the_waves_of_others() -> None:
    signal, beats = drawn(500.0, interval=1.0)
    t = np.arange(len(signal)) / 500.0
    early = beats[4] + 300
    ectopic = signal + bell(t, early / 500.0, 0.16, 1.5) - bell(t, early / 500.0 + 0.2, 0.2, 0.6)
    usual = delineate(signal, 500.0, beats)
    told = delineate(ectopic, 500.0, sorted([*beats, early]))
    assert [bounds(one.qrs) for one in told[:4]] == [bounds(one.qrs) for one in usual[:4]]
    assert told[5].qrs.offset - told[5].qrs.onset > 1.4 * (usual[4].qrs.offset - usual[4].qrs.onset)


def beating(rate: float, tops: list[float], seconds: float, p_mv: float) -> Samples:
    """Complexes with T waves, and P waves 0.15 s before them."""
    t = np.arange(int(seconds * rate)) / rate
    whole = np.zeros(len(t))
    for top in tops:
        whole += bell(t, top, 0.08, 1.0) + bell(t, top + 0.27, 0.2, 0.3)
        whole += bell(t, top - 0.15, 0.1, p_mv)
    return whole


def test_fibrillating_atria_have_no_p_waves_however_irregular_sinus_beats_are() -> None:
    seen: list[bool] = []
    for seed in range(6):
        random = np.random.default_rng(seed)
        tops = [float(one) for one in 0.6 + np.cumsum(random.uniform(0.55, 1.0, 16))]
        beats, t = [round(top * 500) for top in tops], np.arange(9500) / 500.0
        flicker = sum((0.06 * np.sin(hz * 2 * np.pi * t + hz) for hz in (5.1, 6.3, 7.7)), 0 * t)
        noise = random.normal(0, 0.005, len(t))
        sinus = delineate(beating(500.0, tops, 19.0, 0.15) + noise, 500.0, beats)
        flickering = delineate(beating(500.0, tops, 19.0, 0.0) + flicker + noise, 500.0, beats)
        assert all(one.p is not None for one in sinus)
        seen += [one.p is not None for one in flickering]
    assert np.mean(seen) < 0.2


def test_a_paced_complex_begins_after_its_spike_where_the_beat_is_marked() -> None:
    t = np.arange(5000) / 500.0
    tops = np.arange(1, 10) * 1.0
    lead = sum((bell(t, top, 0.16, -1.2) + bell(t, top + 0.3, 0.2, 0.4) for top in tops), 0 * t)
    spikes = [round((top - 0.1) * 500) for top in tops]
    lead[spikes] += 1.5
    for at, waves in zip(spikes, delineate(lead, 500.0, spikes), strict=True):
        assert waves.qrs.peak == pytest.approx(at + 50, abs=3)
        assert waves.qrs.onset == pytest.approx(at + 10, abs=10)
        assert waves.qrs.offset == pytest.approx(at + 90, abs=10)


def test_a_long_qt_of_slow_beats_is_told_whole() -> None:
    t = np.arange(8000) / 500.0
    tops = 0.5 + np.arange(9) * 1.7
    lead = sum((bell(t, top, 0.08, 1.0) + bell(t, top + 0.55, 0.3, 0.3) for top in tops), 0 * t)
    beats = [round(top * 500) for top in tops]
    for top, waves in zip(tops, delineate(lead, 500.0, beats), strict=True):
        assert waves.t is not None
        assert waves.t.offset == pytest.approx((top + 0.7) * 500, abs=25)


def test_mains_makes_no_complex_wider() -> None:
    clean, beats = drawn(500.0)
    hum = 0.05 * np.sin(2 * np.pi * 50 * np.arange(len(clean)) / 500.0)
    for one, other in zip(
        delineate(clean, 500.0, beats), delineate(clean + hum, 500.0, beats), strict=True
    ):
        assert other.qrs.onset == pytest.approx(one.qrs.onset, abs=8)
        assert other.qrs.offset == pytest.approx(one.qrs.offset, abs=8)


def test_nothing_is_sure_where_samples_are_missing() -> None:
    signal, beats = drawn(500.0)
    holed = signal.copy()
    holed[beats[4] - 10 : beats[4] + 150] = np.nan
    leads = np.stack([holed, signal, np.full(len(signal), np.nan)])
    told, _, dead = delineate_leads(leads, 500.0, beats)
    assert told[4].qrs.certainty == 0
    assert told[4].t is not None
    assert told[4].t.certainty == 0
    assert all(one.qrs.certainty > UNSURE for at, one in enumerate(told) if at != 4)
    assert all(one.qrs.certainty == 0 for one in dead)


def test_the_certainty_is_how_many_agree() -> None:
    signal, beats = drawn(500.0)
    noise = np.random.default_rng(3).normal(0, 0.25, (3, len(signal)))
    told = (delineate_leads(np.stack([signal] * 3) + by * noise, 500.0, beats) for by in (0, 1))
    calm, loud = (np.mean([one.qrs.certainty for lead in all_ for one in lead]) for all_ in told)
    assert calm > 0.85
    assert loud < calm - 0.2


def test_the_table_names_what_is_unsure() -> None:
    signal, beats = drawn(500.0)
    noise = np.random.default_rng(3).normal(0, 0.25, (3, len(signal)))
    marks = [Beat(at, 1.0, 1.0, BeatKind.NORMAL, 1.0) for at in beats]
    made = measure(np.stack([signal] * 3) + noise, 500.0, marks)
    assert made is not None
    assert "pr" in made.unsure
    assert not table(500.0).unsure
