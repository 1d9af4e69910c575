"""How ECG detectors and delineators are judged, asked and drawn."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import delineation
import ecg_peers
import failures
import hardship
from edge_signal.sheets.page import Strokes
from edge_signal.waves import Wave

RATE = 500.0
TRUE: delineation.Said = {
    "p": [(100, 120, 140), (600, 620, None)],
    "N": [(160, 200, 220), (660, 700, 720)],
    "t": [(300, 340, 380), (800, 840, 880)],
}


def test_waves_are_counted_and_their_boundaries_measured() -> None:
    said: delineation.Said = {
        "p": [(110, 121, 141)],
        "N": [(160, 200, 222), (658, 700, 720)],
        "t": [(300, 340, 380), (560, 570, 580), (None, 850, 890)],
    }
    told = delineation.compare({}, TRUE, [said], RATE)
    counts = {name: (one.found, one.missed, one.extra) for name, one in told.items()}
    assert counts == {"P": (1, 1, 0), "QRS": (2, 0, 0), "T": (2, 0, 1)}
    assert told["P"].off == {"P on": [20.0], "P peak": [2.0], "P off": [2.0]}
    assert told["QRS"].off["QRS on"] == [0.0, -4.0]
    assert told["T"].off["T on"] == [0.0]
    assert delineation.errors(told)["T off"] == pytest.approx((20.0**2 / 2) ** 0.5)


def test_of_two_leads_the_nearer_mark_counts() -> None:
    early: delineation.Said = {"p": [], "N": [(150, 200, 220)], "t": []}
    late: delineation.Said = {"p": [], "N": [(162, 200, 250)], "t": []}
    told = delineation.compare({}, TRUE, [early, late], RATE)
    assert told["QRS"].off["QRS on"] == [4.0]
    assert told["QRS"].off["QRS off"] == [0.0]


def test_a_wave_is_wrong_when_no_mark_has_both_its_bounds() -> None:
    true: list[delineation.Mark] = [(100, 120, 140), (600, 620, None)]
    said = {(104, 121, 141): False, (100, 120, 160): True, (610, 620, 900): False}
    for bounds, wrong in said.items():
        assert hardship.wrong(Wave(*bounds, 1.0), true, RATE, 25.0) == wrong
    assert hardship.wrong(Wave(280, 300, 320, 1.0), true, RATE, 25.0)


def test_a_peer_is_asked_once_and_says_why_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ecg_peers, "PLACE", tmp_path)
    monkeypatch.setattr(ecg_peers, "_installed", lambda: Path(sys.executable))
    jobs: list[ecg_peers.Job] = [{"peer": "nobody"}]
    (first,) = ecg_peers.ask(jobs)
    assert first["found"] is None
    assert first["failure"] == "KeyError: 'record'"
    monkeypatch.setattr(ecg_peers, "_answers", None)
    assert ecg_peers.ask(jobs) == [first]


def test_beats_without_a_partner_are_red() -> None:
    true, said = np.array([100, 500, 900]), np.array([102, 700, 910])
    assert failures.alone(true, said, RATE).tolist() == [False, True, False]
    assert failures.alone(said, true, RATE).tolist() == [False, True, False]
    assert failures.alone(said, true[:0], RATE).all()
    assert failures.alone(said, true[:1], RATE).tolist() == [False, True, True]
    strip = failures.Strip("one", RATE, np.zeros(1000), true=[100], missed=[500], extra=[700])
    strokes = [item for item in failures.drawn(strip, 0.0) if isinstance(item, Strokes)]
    red = [item for item in strokes if item.ink == failures.WRONG]
    assert [len(item.lines) for item in red] == [1, 1]
    assert red[0].lines[0][0, 0] == pytest.approx(500 / (8 * RATE) * failures.WIDTH)
