"""Known breathing is found, in beats and in a whole synthetic ECG; where there is none, none is.

No recording at hand has breathing beside it: the ECG is a sum of bells as of McSharry et al. 2003
(doi 10.1109/TBME.2003.808805), its size and its rate modulated by the breath.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from edge_signal.ecg import ecg_chain
from edge_signal.respiration import EVERY_S, TRUSTED, Breathing, Respiration
from edge_signal.values import Beat, BeatKind, Block

RATE = 250.0
WAVES = ((-0.17, 0.12, 0.025), (-0.025, -0.1, 0.01), (0, 1.1, 0.011), (0.03, -0.25, 0.01))
"""Seconds from the R peak, mV, width in seconds: P, Q, R, S."""


def made(
    per_minute: float, bpm: float, size: float, swing: float, noise: float = 0.03, seconds: int = 90
) -> list[Beat]:
    """Beats whose size and interval swing with the breath by these shares, and by chance."""
    chance = np.random.default_rng(round(per_minute + bpm))
    at, beats = 1.0, list[Beat]()
    while at < seconds:
        breath = np.sin(2 * np.pi * per_minute / 60 * at)
        height = 1 + size * breath + chance.normal(0, noise)
        beats.append(Beat(round(at * RATE), height, 0.99, BeatKind.NORMAL, 0.9))
        at += 60 / bpm * (1 + swing * breath + chance.normal(0, noise / 3))
    return beats


def told(beats: list[Beat]) -> list[Breathing]:
    stage = Respiration(RATE)
    return [one for beat in beats for one in stage.push(beat)]


@pytest.mark.parametrize("per_minute", [7, 12, 18, 25])
@pytest.mark.parametrize(("size", "swing"), [(0.1, 0.05), (0.1, 0.0), (0.0, 0.05)])
def test_breathing_is_found_by_either_sign(per_minute: float, size: float, swing: float) -> None:
    found = told(made(per_minute, 72, size, swing))
    assert len(found) > 10
    assert all(abs(one.per_minute - per_minute) < 1.5 for one in found)
    assert all(one.certainty > TRUSTED for one in found)


@pytest.mark.parametrize("bpm", [55, 72, 110])
def test_where_nothing_breathes_nothing_is_certain(bpm: float) -> None:
    found = told(made(12, bpm, 0, 0))
    assert found
    assert np.mean([one.certainty > TRUSTED for one in found]) < 0.1


def test_faster_than_half_the_heart_is_not_claimed() -> None:
    assert all(one.per_minute <= 31 for one in told(made(40, 60, 0.1, 0.05)))


def test_a_rate_every_few_seconds_and_none_over_a_gap() -> None:
    beats = made(15, 72, 0.1, 0.05)
    late = [Beat(one.index + 60_000, one.amplitude, 0.99, one.kind, 0.9) for one in beats]
    found = told([*beats, *late])
    assert all(after.index - before.index >= EVERY_S * RATE for before, after in pairwise(found))
    gap = beats[-1].index
    assert not [one for one in found if one.first <= gap < one.index]


def test_of_ectopic_beats_alone_nothing_is_said() -> None:
    beats = [Beat(round(0.5 * n * RATE), 1, 0.9, BeatKind.VENTRICULAR, 0.9) for n in range(120)]
    assert told(beats) == []


@pytest.mark.parametrize("per_minute", [11, 19])
def test_through_the_whole_chain(per_minute: float) -> None:
    t = np.arange(int(60 * RATE)) / RATE
    signal = np.random.default_rng(2).normal(0, 0.02, len(t))
    signal += 0.15 * np.sin(2 * np.pi * per_minute / 60 * t)
    for beat in made(per_minute, 70, 0.1, 0.04, noise=0.01, seconds=59):
        for off, height, width in (*WAVES, (0.28, 0.3, 0.05)):
            bell = np.exp(-0.5 * ((t - beat.index / RATE - off) / width) ** 2)
            signal += beat.amplitude * height * bell
    chain, stage = ecg_chain(RATE), Respiration(RATE)
    beats = [one for one in chain.push(Block(0, signal)) if isinstance(one, Beat)]
    found = [one for beat in beats for one in stage.push(beat)]
    assert len(found) >= 5
    assert all(abs(one.per_minute - per_minute) < 1.5 for one in found)
