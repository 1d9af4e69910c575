"""What is drawn of an ECG: waves stay, the mains and the wandering go, holes stay holes."""

from __future__ import annotations

import numpy as np
import pytest

from edge_signal.shown import shown
from edge_signal.values import Samples
from tests.support.recordings import recording

RATE = 360.0


def leads() -> Samples:
    counts = recording(2).segments[0].counts.astype(np.float64)
    return (counts - 1024) * 0.005


def hum(hertz: float, millivolts: float) -> Samples:
    count = leads().shape[1]
    turns: Samples = np.arange(count, dtype=np.float64) * hertz / RATE
    return millivolts * np.sin(2 * np.pi * turns)


@pytest.mark.parametrize("hertz", [49.8, 60.1])
def test_mains_are_told_and_gone_from_the_first_sample_on(hertz: float) -> None:
    clean = shown(leads(), RATE)
    told = shown(leads() + hum(hertz, 0.2), RATE)
    assert clean.mains is None
    assert told.mains == round(hertz, -1)
    left = np.abs(told.leads - clean.leads)
    assert left.std() < 0.01
    assert left[:, :100].max() < 0.05


def test_waves_keep_their_height_and_place() -> None:
    """R peaks within 2 % and where they were."""
    raw, told = leads()[0], shown(leads(), RATE)
    assert told.high == 150
    peaks = [at for at in range(50, len(raw) - 50) if raw[at] == raw[at - 50 : at + 51].max() > 0.5]
    assert len(peaks) > 7
    for at in peaks:
        near = told.leads[0][at - 5 : at + 6]
        assert near.argmax() == pytest.approx(5, abs=1)
        base = np.median(raw[at - 150 : at + 150]) - np.median(told.leads[0][at - 150 : at + 150])
        assert near.max() == pytest.approx(raw[at] - base, rel=0.05)


def test_a_hole_stays_a_hole_and_its_sides_are_on_the_line() -> None:
    broken = leads() + 3.0  # an electrode's offset
    broken[:, 1600:2000] = np.nan
    told = shown(broken, RATE).leads
    assert np.array_equal(np.isnan(told), np.isnan(broken))
    assert abs(np.nanmedian(told[:, 1590:1600])) < 0.5
    assert abs(np.nanmedian(told[:, 2000:2010])) < 0.5


@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_short_and_empty_signals(count: int) -> None:
    assert shown(leads()[:, :count], RATE).leads.shape == (2, count)
    assert np.isnan(shown(np.full((2, count), np.nan), RATE).leads).all()


@pytest.mark.parametrize(("rate", "high"), [(50, 25), (130, 65), (250, 125), (360, 150)])
def test_the_band_ends_where_the_device_does(rate: float, high: float) -> None:
    assert shown(leads(), rate).high == high
