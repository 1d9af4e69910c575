"""The whole chain on a minute of real ECG: right, on time, and the same for any split."""

from __future__ import annotations

import itertools
import pickle
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_signal.ecg import detect_beats, ecg_chain
from edge_signal.values import Beat, Block, Finding, Quality, Rate, Reason, Use

Samples = NDArray[np.float64]
EXCERPT = Path(__file__).parents[1] / "data" / "ecg" / "119.npz"
RATE = 360.0
slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def excerpt() -> tuple[Samples, NDArray[np.int64]]:
    """Two leads in mV, and where two cardiologists saw beats."""
    with np.load(EXCERPT) as kept:
        return (kept["samples"] - 1024) / 200, kept["beats"].astype(np.int64)


def run(signal: Samples, cuts: Iterable[int], rate: float = RATE, first: int = 0) -> list[Finding]:
    chain = ecg_chain(rate)
    edges = [0, *np.unique(np.clip(list(cuts), 1, signal.shape[-1])), signal.shape[-1]]
    found: list[Finding] = []
    for start, stop in itertools.pairwise(edges):
        found += chain.push(Block(first + int(start), signal[..., start:stop]))
    return found + list(chain.flush())


def seconds(count: int, rate: float = RATE) -> Samples:
    return np.arange(count, dtype=np.float64) / rate


def white(count: int, deviation: float) -> Samples:
    return np.random.default_rng(1).normal(0, deviation, (count,))


def wave(hz: float, amplitude: float, count: int) -> Samples:
    return amplitude * np.sin(2 * np.pi * hz * seconds(count))


def beats(found: Iterable[Finding]) -> list[int]:
    return [one.index for one in found if isinstance(one, Beat)]


def qualities(found: Iterable[Finding]) -> list[Quality]:
    return [one for one in found if isinstance(one, Quality)]


def resampled(signal: Samples, rate: float) -> Samples:
    count = int(signal.shape[-1])
    return np.interp(seconds(int(count * rate / RATE), rate), seconds(count), signal)


def assert_same_beats(found: Iterable[int], truth: Iterable[int], rate: float = RATE) -> None:
    """One for one, in the mean within 6 ms; of some ectopic beats R and S are a matter of taste."""
    found, truth = np.array(list(found)) / rate, np.array(list(truth)) / RATE
    assert len(found) == len(truth)
    off = np.abs(found - truth)
    assert off.mean() < 0.006
    assert off.max() < 0.1


def test_every_beat_of_a_minute_is_found() -> None:
    signal, truth = excerpt()
    assert_same_beats(detect_beats(signal[0], RATE), truth)


def test_two_leads_are_seen_together() -> None:
    signal, truth = excerpt()
    assert_same_beats(detect_beats(signal, RATE), truth)


@pytest.mark.parametrize("rate", [100.0, 130.0, 250.0, 500.0, 1000.0])
def test_any_rate(rate: float) -> None:
    signal, truth = excerpt()
    assert_same_beats(detect_beats(resampled(signal[0], rate), rate), truth, rate)


@pytest.mark.parametrize("share", [0.7, 1.4])
def test_a_slower_and_a_faster_heart(share: float) -> None:
    """Its T waves, too, are later and earlier, its complexes wider and narrower."""
    signal, truth = excerpt()
    found = detect_beats(signal[0], share * RATE)
    assert len(found) == len(truth)
    assert np.abs(found - truth).max() < 0.1 * RATE


def test_a_newborns_heart_is_not_taken_for_one_half_as_fast() -> None:
    """160 a minute; complexes of 45 ms, the R wave as narrow as a pacing spike that was smeared."""
    t = seconds(round(30 * RATE))
    signal = 0.005 * white(len(t), 1.0)
    beats_at = np.arange(0.2, 29.5, 60 / 160)
    for at in beats_at:
        for late, height, wide in (
            (-0.09, 0.1, 0.015),
            (0, 1.2, 0.005),
            (0.014, -0.4, 0.006),
            (0.15, 0.2, 0.03),
        ):
            signal += height * np.exp(-(((t - at - late) / wide) ** 2))
    found = detect_beats(signal, RATE)
    assert np.abs(found[:, None] / RATE - beats_at[None]).min(axis=1).max() < 0.02
    assert len(beats_at) - 3 <= len(found) <= len(beats_at)


def test_p_waves_without_a_complex_are_no_beats() -> None:
    """2:1 block: every second P wave, a tenth of a complex, stands alone."""
    t = seconds(round(60 * RATE))
    signal = 0.002 * white(len(t), 1.0)
    for at in np.arange(0.7, 59, 0.8):
        signal += 0.1 * np.exp(-(((t - at) / 0.02) ** 2))
    for at in np.arange(0.86, 59, 1.6):
        signal += np.exp(-(((t - at) / 0.015) ** 2)) + 0.2 * np.exp(-(((t - at - 0.3) / 0.06) ** 2))
    assert_same_beats(detect_beats(signal, RATE), np.rint(np.arange(0.86, 59, 1.6) * RATE))


@pytest.mark.parametrize("rate", [99.0, 1001.0, float("nan")])
def test_a_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="not within 100-1000"):
        ecg_chain(rate)


@slow
@given(st.lists(st.integers(1, 7199), max_size=40))
def test_any_split_gives_the_same_findings_in_the_same_order(cuts: list[int]) -> None:
    signal = excerpt()[0][:, :7200]
    assert run(signal, cuts) == run(signal, ())


@pytest.mark.parametrize("rate", [100.0, 360.0, 1000.0])
def test_sample_by_sample(rate: float) -> None:
    signal = resampled(excerpt()[0][0, :5000], rate)
    assert run(signal, range(signal.shape[-1]), rate) == run(signal, (), rate)


@slow
@given(st.lists(st.integers(1, 3599), max_size=10), st.data())
def test_any_split_with_holes_and_jumps(cuts: list[int], data: st.DataObject) -> None:
    signal = excerpt()[0][0, :3600].copy()
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, 3599))
        signal[start : start + data.draw(st.integers(1, 100))] = np.nan
    assert run(signal, cuts) == run(signal, ())


def test_a_beat_is_told_within_a_second() -> None:
    signal, _ = excerpt()
    chain = ecg_chain(RATE)
    told = 0
    for first in range(0, signal.shape[1] - 18, 18):
        for beat in beats(chain.push(Block(first, signal[0, first : first + 18]))):
            assert first + 18 - beat <= RATE
            told += 1
    assert told > 60


def test_beats_carry_the_indices_of_the_stream() -> None:
    signal, truth = excerpt()
    first = 1 << 40
    found = beats(run(signal[0], (), first=first))
    assert_same_beats([index - first for index in found], truth)


def test_the_rate_is_that_of_the_beats() -> None:
    signal, truth = excerpt()
    rates = [one for one in run(signal[0], ()) if isinstance(one, Rate)]
    assert len(rates) == len(truth) - 2
    for rate in rates:
        inside = truth[(truth > rate.first - 11) & (truth < rate.index + 11)]
        expected = 60 * RATE * (len(inside) - 1) / (inside[-1] - inside[0])
        assert rate.bpm == pytest.approx(expected, rel=0.01)


def test_a_clean_minute_is_called_clean() -> None:
    figures = [one.figure for one in qualities(run(excerpt()[0][0], ()))]
    assert len(figures) == 30
    assert np.median(figures) > 0.9


@pytest.mark.parametrize("gain", [0.1, 10.0])
def test_beats_are_found_at_a_wrong_gain(gain: float) -> None:
    signal, truth = excerpt()
    assert_same_beats(detect_beats(gain * signal[0], RATE), truth)


def test_microvolts_taken_for_millivolts_are_said_to_be_so() -> None:
    found = qualities(run(1000 * excerpt()[0][0], ()))
    assert all(Reason.SCALE in one.reasons and one.figure == 0 for one in found)


def test_an_electrode_offset_changes_nothing() -> None:
    """IEC 60601-2-27, 201.12.1.101.4: an offset of 300 mV."""
    signal, truth = excerpt()
    assert_same_beats(detect_beats(signal[0] + 300, RATE), truth)


@pytest.mark.parametrize("mains", [50, 60])
def test_mains_change_nothing(mains: int) -> None:
    signal, truth = excerpt()
    assert_same_beats(detect_beats(signal[0] + wave(mains, 0.5, 21600), RATE), truth)


def test_a_flat_line_has_no_beats_and_says_so() -> None:
    found = run(np.zeros(3600), ())
    assert beats(found) == []
    assert [(one.figure, one.reasons) for one in qualities(found)] == [(0, (Reason.FLAT,))] * 5


def test_noise_below_what_a_beat_can_be_has_no_beats() -> None:
    """IEC 60601-2-27, 201.12.1.101.15: nothing of 0.15 mV or less is a QRS complex."""
    assert beats(run(wave(50, 0.05, 36000) + white(36000, 0.005), ())) == []


def test_noise_is_called_noise() -> None:
    signal, _ = excerpt()
    found = qualities(run(signal[0] + white(21600, 1.5), ()))
    assert all(Reason.MUSCLE in one.reasons and one.figure < 0.5 for one in found)


@pytest.mark.parametrize("size", [0.05, 0.2, 1.0])
def test_noise_without_a_heart_is_not_to_be_used(size: float) -> None:
    """As small as it is: what could be taken for beats has nothing quiet between it."""
    assert {one.use for one in qualities(run(white(21600, size), ()))} == {Use.NONE}


def test_a_rail_is_called_a_rail() -> None:
    found = qualities(run(np.clip(excerpt()[0][0] * 50, -1, 1), ()))
    assert any(Reason.SATURATED in one.reasons for one in found)


@pytest.mark.parametrize("mains", [50, 60])
def test_hum_is_called_hum(mains: int) -> None:
    found = qualities(run(excerpt()[0][0] + wave(mains, 0.3, 21600), ()))
    assert all(Reason.MAINS in one.reasons and one.use is Use.MONITOR for one in found)
    assert not any(Reason.MAINS in one.reasons for one in qualities(run(excerpt()[0][0], ())))


def test_an_open_electrode_is_called_off() -> None:
    hung = run(wave(50, 3, 3600), ())
    railed = run(np.full(3600, 250.0), ())
    for found in (hung, railed):
        assert all(Reason.OFF in one.reasons and one.use is Use.NONE for one in qualities(found))
        assert [at for at in beats(found) if at > 0.3 * RATE] == []  # until the notch has settled


def test_a_bad_lead_costs_no_beat() -> None:
    """Of two leads one is lost in noise twenty times as large as the heart."""
    signal, truth = excerpt()
    spoilt = np.stack([signal[0], white(signal.shape[1], 5)])
    late = [at for at in detect_beats(spoilt, RATE) if at > 3600]
    assert_same_beats(late, truth[truth > 3600])


def test_a_wandering_baseline_is_called_so() -> None:
    signal, _ = excerpt()
    found = qualities(run(signal[0] + wave(0.25, 3, 21600), ()))
    assert all(Reason.MOTION in one.reasons for one in found)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_a_sample_that_is_no_number_costs_no_beat(bad: float) -> None:
    signal, truth = excerpt()
    spoilt = signal[0].copy()
    spoilt[::500] = bad
    assert_same_beats(detect_beats(spoilt, RATE), truth)


def test_nothing_but_what_is_no_number() -> None:
    assert run(np.full(3600, np.nan), ()) == []


def test_a_lead_that_falls_off_gives_no_beats_while_it_is_off() -> None:
    signal, truth = excerpt()
    spoilt = signal[0].copy()
    spoilt[7200:10800] = np.nan
    found = beats(run(spoilt, ()))
    assert not [index for index in found if 7200 <= index < 10800]
    expected = truth[(truth < 7100) | (truth > 10900)]
    assert set(expected) - {t for t in truth if np.abs(np.array(found) - t).min() < 36} == set()


@pytest.mark.parametrize("samples", [1, 100, 31_104_000])
def test_a_gap_makes_no_beat_and_no_rate_over_it(samples: int) -> None:
    """One sample, a third of a second, a day."""
    signal, truth = excerpt()
    chain = ecg_chain(RATE)
    found = list(chain.push(Block(0, signal[0, :10000])))
    found += chain.push(Block(10000 + samples, signal[0, 10000:]))
    found += chain.flush()
    rates = [one for one in found if isinstance(one, Rate)]
    assert not [one for one in rates if one.first < 10000 <= one.index]
    assert len(beats(found)) == pytest.approx(len(truth), abs=1)
    assert min(beats(found)[i + 1] - beats(found)[i] for i in range(len(truth) - 2)) > 0


def test_what_comes_twice_is_counted_once() -> None:
    signal, truth = excerpt()
    chain = ecg_chain(RATE)
    found: list[Finding] = []
    for first in range(0, signal.shape[1], 360):
        block = Block(max(0, first - 100), signal[0, max(0, first - 100) : first + 360])
        found += chain.push(block)
        found += chain.push(block)
    assert_same_beats(beats([*found, *chain.flush()]), truth)


def test_another_number_of_leads_is_refused() -> None:
    chain = ecg_chain(RATE)
    chain.push(Block(0, np.zeros((2, 100))))
    with pytest.raises(ValueError, match="3 channels after 2"):
        chain.push(Block(100, np.zeros((3, 100))))


def test_twelve_leads() -> None:
    signal, truth = excerpt()
    twelve = np.random.default_rng(1).normal(1, 0.3, (12, 1)) * signal[0]
    assert_same_beats(detect_beats(twelve, RATE), truth)


def test_the_state_does_not_grow_and_can_be_carried_over() -> None:
    """Saved in the middle of a beat and restored, the chain goes on as if nothing had been."""
    signal = np.tile(excerpt()[0], 4)
    chain = ecg_chain(RATE)
    sizes: list[int] = []
    found: list[Finding] = []
    for first in range(0, signal.shape[1], 3607):
        kept = pickle.dumps(chain)
        sizes.append(len(kept))
        found += pickle.loads(kept).push(Block(first, signal[:, first : first + 3607]))
        chain.push(Block(first, signal[:, first : first + 3607]))
    assert found == run(signal, ())[: len(found)]
    assert max(sizes[2:]) < 1.5 * min(sizes[2:])


def test_scipy_is_not_loaded() -> None:
    """It costs 77 MB: docs/decisions/020."""
    code = "import sys, edge_signal.frames; sys.exit('scipy' in sys.modules)"
    roots = [str(EXCERPT.parents[3]), str(EXCERPT.parents[3] / "signal")]
    subprocess.run([sys.executable, "-c", f"import sys; sys.path[:0]={roots}; {code}"], check=True)
