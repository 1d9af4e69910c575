"""Frames with a pulse wave come back with pulse rate and perfusion."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from edge_agent.inflow.signals import signals_for
from edge_agent.model.codes import CODES
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.observations import AbsentReason, MeasurementStatus, Observation
from edge_agent.model.waveforms import Channel, Waveform, pack
from edge_signal.pulse_frames import PulseAnalysis
from firmware_specs import catalog

RATE = 100


def light(seconds: float, bpm: float = 75) -> list[int]:
    """Counts around 100,000 that swing by 2,000 with each pulse, and with breathing."""
    t = np.arange(int(seconds * RATE)) / RATE
    phase = (t * bpm / 60) % 1
    wave = np.exp(-(((phase - 0.3) / 0.12) ** 2)) + 0.3 * np.exp(-(((phase - 0.65) / 0.12) ** 2))
    return [int(one) for one in 100_000 + 2_000 * wave + 800 * np.sin(2 * np.pi * 0.25 * t)]


def analysed(
    counts: list[int],
    kind: str = "ppg",
    size: int = RATE,
    skipped: int = 0,
    beside: str = "ambient-light",
) -> list[Observation]:
    analysis, found = PulseAnalysis(), list[Observation]()
    for first in range(0, len(counts), size):
        part = counts[first : first + size]
        index = first + (skipped if first >= len(counts) // 2 else 0)
        channels = (Channel(kind, "{count}"), Channel(beside, "{count}"))
        wave = Waveform("s", index, f"{RATE}", channels, len(part), pack([part, [9] * len(part)]))
        frame = Frame("f", "arm", "data", "x@0", "n", Instant("b", 1), (b"o",), waveforms=(wave,))
        found += analysis.process(frame).observations
    return found


def of(found: list[Observation], kind: str) -> list[Observation]:
    return [one for one in found if one.kind == kind]


@pytest.mark.parametrize("bpm", [48, 75, 140])
def test_rate_and_perfusion(bpm: float) -> None:
    found = analysed(light(30, bpm))
    rates, shares = of(found, "pulse-rate"), of(found, "perfusion-index")
    assert len(rates) == len(shares) == 11
    assert all(one.value is not None and abs(one.value - Decimal(bpm)) <= 2 for one in rates)
    assert all(one.value is not None and 1 < one.value < 3 for one in shares)
    assert all(one.status == () and one.unit in CODES[one.kind].units for one in found)
    assert len({one.id for one in found}) == len(found)


def test_of_light_with_that_of_the_room_in_it_only_the_rate_is_told() -> None:
    found = analysed(light(20), beside="respiration-wave")
    assert of(found, "pulse-rate")
    assert not of(found, "perfusion-index")


def test_a_vital_signs_board_has_its_pulse_told_beside_its_ecg() -> None:
    """HealthyPi: counts of an ECG whose size nobody knows, and light; each packet a sample."""
    spec, counts = catalog.find("healthypi").spec, light(12, 60)
    (rule,) = spec.parts["packet"].waveforms
    channels = tuple(Channel(kind, "{count}") for kind in rule.kinds)
    signals, found = signals_for(spec, 50), list[Observation]()
    for first in range(0, len(counts), RATE):
        part = counts[first : first + RATE]
        rows = [part if kind == "ppg" else [0] * len(part) for kind in rule.kinds]
        wave = Waveform("s", first, f"{RATE}", channels, len(part), pack(rows))
        frame = Frame("f", "b", "packet", "x@0", "n", Instant("b", 1), (b"o",), waveforms=(wave,))
        found += signals.derive(frame).observations
    assert {one.kind for one in found} == {"pulse-rate"}
    assert all(one.value is not None and abs(one.value - 60) <= 2 for one in found)


def test_a_wave_without_a_mean_has_no_perfusion() -> None:
    found = analysed(light(20), "pleth")
    assert of(found, "pulse-rate")
    assert of(found, "perfusion-index") == []


def test_no_pulse_is_absent_and_never_a_number() -> None:
    found = analysed([100_000] * 2000)
    assert {one.value for one in found} == {None}
    assert {one.absent for one in found} == {AbsentReason.TEMP_UNKNOWN}


def test_pulses_out_of_all_order_are_questionable() -> None:
    chance = np.random.default_rng(4)
    bursts = [light(60 / bpm, bpm) for bpm in chance.choice([50, 130], 60)]
    found = of(analysed([one for burst in bursts for one in burst]), "pulse-rate")
    doubtful = [one for one in found if one.status == (MeasurementStatus.QUESTIONABLE,)]
    assert len(doubtful) > len(found) / 4


@pytest.mark.parametrize("size", [1, 37, 2000])
def test_any_split_gives_the_same(size: int) -> None:
    assert analysed(light(16), size=size) == analysed(light(16))


def test_nothing_is_averaged_over_a_gap() -> None:
    found = analysed(light(40), skipped=1000)
    spans = [one.derived for one in found if one.derived and one.value is not None]
    assert not [span for span in spans if span.first < 2000 <= span.last]
    assert [span for span in spans if span.first >= 3000]


def test_who_tells_the_pulse_is_not_told_it_again() -> None:
    """The armband's light is analysed; an oximeter tells its own rate beside its wave."""
    wave = Waveform("s", 0, f"{RATE}", (Channel("pleth", "{count}"),), 2000, pack([light(20)]))
    frame = Frame("f", "arm", "data", "x@0", "n", Instant("b", 1), (b"o",), waveforms=(wave,))
    assert signals_for(catalog.find("cms50d-plus").spec, 50).derive(frame) is frame
    armband = signals_for(catalog.find("polar-verity").spec, 50)
    assert of(list(armband.derive(frame).observations), "pulse-rate")
