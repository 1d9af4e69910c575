"""Frames of a device go through the analysis and come back with observations added."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_agent.model import ids
from edge_agent.model.codes import CODES
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.observations import AbsentReason, MeasurementStatus, Observation
from edge_agent.model.waveforms import Channel, Waveform, pack
from edge_signal.ecg import ecg_chain
from edge_signal.frames import EcgAnalysis
from edge_signal.states import StateError, refill, sealed

EXCERPT = Path(__file__).parents[1] / "data" / "ecg" / "119.npz"
LEAD = Channel("ecg-lead-i", "mV", Decimal("0.005"), Decimal("-5.12"))
OTHER = Channel("pleth", "{count}")
COUNT = 360


def counts() -> list[int]:
    with np.load(EXCERPT) as kept:
        return [int(one) for one in kept["samples"][0]]


def true_rate(first: int, last: int) -> float:
    with np.load(EXCERPT) as kept:
        inside = kept["beats"][(kept["beats"] >= first - 11) & (kept["beats"] <= last + 11)]
    return float(60 * 360 * (len(inside) - 1) / (inside[-1] - inside[0]))


def waveform(
    samples: list[int], first: int, stream: str = "s", channel: Channel = LEAD, rate: str = "360"
) -> Waveform:
    return Waveform(stream, first, rate, (channel,), len(samples), pack([samples]))


def frame(*waveforms: Waveform) -> Frame:
    octets = (b"octets", b"more")
    name = f"seq:{waveforms[0].first if waveforms else 0}"
    return Frame(
        id=ids.frame_id("strap", "ecg", name, ids.digest(octets)),
        device="strap",
        part="ecg",
        spec="polar@000000000000",
        name=name,
        at=Instant("boot", 1),
        octets=octets,
        waveforms=waveforms,
    )


def analyse(samples: list[int], analysis: EcgAnalysis | None = None) -> list[Observation]:
    analysis = analysis or EcgAnalysis()
    found: list[Observation] = []
    for first in range(0, len(samples), COUNT):
        segment = waveform(samples[first : first + COUNT], first)
        found += analysis.process(frame(segment)).observations
    return found


def of_kind(found: list[Observation], kind: str) -> list[Observation]:
    return [one for one in found if one.kind == kind]


def test_a_minute_gives_rates_and_qualities() -> None:
    found = analyse(counts())
    rates, figures = of_kind(found, "heart-rate"), of_kind(found, "ecg-quality")
    assert len(figures) == 29
    assert 27 <= len(rates) <= 30
    for one in rates:
        assert one.value is not None
        assert one.derived is not None
        expected = true_rate(one.derived.first, one.derived.last)
        assert float(one.value) == pytest.approx(expected, abs=1)
        assert one.value == one.value.to_integral_value()
        assert one.status == ()
    assert all(one.value is not None and 0 <= one.value <= 1 for one in figures)


@pytest.mark.parametrize(("shown", "factor"), [("345.6", 0.96), ("720", 1.0)])
def test_heart_rates_go_by_the_rate_that_stamps_show(shown: str, factor: float) -> None:
    seen = Observation("", "sampling-rate", channel=LEAD.kind, value=Decimal(shown), unit="Hz")
    analysis, found = EcgAnalysis(), list[Observation]()
    for first in range(0, 7200, COUNT):
        segment = frame(waveform(counts()[first : first + COUNT], first))
        if first == COUNT:
            segment = msgspec.structs.replace(segment, observations=(seen,))
        found += analysis.process(segment).observations
    rates = of_kind(found, "heart-rate")
    assert len(rates) > 5
    for one, nominal in zip(rates, of_kind(analyse(counts()[:7200]), "heart-rate"), strict=True):
        assert one.value is not None
        assert nominal.value is not None
        assert float(one.value) == pytest.approx(float(nominal.value) * factor, abs=1)


def test_what_is_found_says_where_it_comes_from() -> None:
    found = analyse(counts()[:3600])
    assert {one.derived.by for one in found if one.derived} == {"edge_signal.ecg/4"}
    for one in found:
        assert one.derived is not None
        assert one.derived.stream == "s"
        name = f"s@{one.derived.first}-{one.derived.last}"
        octets = ids.digest((b"octets", b"more"))
        assert one.id == ids.observation_id("strap", one.kind, "", name, octets)
        assert one.unit in CODES[one.kind].units
    assert len({one.id for one in found}) == len(found)


def test_the_same_frames_give_the_same_observations() -> None:
    assert analyse(counts()[:7200]) == analyse(counts()[:7200])


def test_the_frame_keeps_all_that_it_had() -> None:
    before = frame(waveform(counts()[:3600], 0))
    own = Observation("id", "battery", value=Decimal(90), unit="%")
    before = msgspec.structs.replace(before, observations=(own,))
    after = EcgAnalysis().process(before)
    assert after.observations[0] == own
    assert len(after.observations) > 5
    (rated,) = after.waveforms
    assert rated.quality is not None
    assert rated.quality > Decimal("0.8")
    raw = (msgspec.structs.replace(rated, quality=None),)
    assert msgspec.structs.replace(after, observations=(own,), waveforms=raw) == before


@pytest.mark.parametrize(
    "other",
    [
        frame(),
        frame(waveform([1] * 3600, 0, channel=OTHER)),
        frame(waveform([1] * 3600, 0, rate="25")),
        frame(msgspec.structs.replace(waveform([1] * 3600, 0), block=b"damaged")),
    ],
    ids=["no waveform", "no ECG", "too slow", "damaged"],
)
def test_what_cannot_be_analysed_comes_back_as_it_was(other: Frame) -> None:
    assert EcgAnalysis().process(other) is other


def test_microvolts_are_millivolts() -> None:
    micro = Channel("ecg-lead-i", "uV", Decimal(5), Decimal(-5120))
    samples = counts()[:7200]
    by_micro = EcgAnalysis().process(frame(waveform(samples, 0, channel=micro)))
    assert by_micro.observations == EcgAnalysis().process(frame(waveform(samples, 0))).observations


def test_a_flat_line_has_no_rate_and_says_why() -> None:
    found = analyse([1024] * 7200)
    rates = of_kind(found, "heart-rate")
    assert rates
    assert {one.value for one in rates} == {None}
    assert {one.absent for one in rates} == {AbsentReason.TEMP_UNKNOWN}
    assert {one.flags for one in of_kind(found, "ecg-quality")} == {("flat",)}


def test_a_good_line_without_beats_is_not_called_unusable() -> None:
    """Asystole: small waves, electrodes on."""
    waves = 1024 + 30 * np.sin(np.arange(7200) / 360 * 2 * np.pi)
    rates = of_kind(analyse([int(one) for one in waves]), "heart-rate")
    assert {one.absent for one in rates} == {AbsentReason.UNKNOWN}


def test_the_rate_of_a_bad_signal_is_questionable() -> None:
    noise = np.random.default_rng(1).normal(0, 400, 21600)
    samples = [int(a + b) for a, b in zip(counts(), noise, strict=True)]
    rates = [one for one in of_kind(analyse(samples), "heart-rate") if one.value is not None]
    assert all(one.status == (MeasurementStatus.QUESTIONABLE,) for one in rates)


def test_a_jump_is_a_gap() -> None:
    analysis, samples = EcgAnalysis(), counts()
    first = analysis.process(frame(waveform(samples[:7200], 0)))
    later = analysis.process(frame(waveform(samples[7200:10800], 1_000_000)))
    spans = [one.derived for one in (*first.observations, *later.observations) if one.derived]
    assert not [span for span in spans if span.first < 7200 <= span.last]
    assert [span for span in spans if span.first >= 1_000_000]


def test_a_new_stream_starts_afresh() -> None:
    analysis, samples = EcgAnalysis(), counts()
    analysis.process(frame(waveform(samples[:7200], 1_000_000)))
    again = analysis.process(frame(waveform(samples[:7200], 0, stream="t")))
    alone = EcgAnalysis().process(frame(waveform(samples[:7200], 0, stream="t")))
    assert again == alone


def test_two_leads_have_a_quality_each() -> None:
    samples = counts()[:3600]
    two = Waveform(
        "s",
        0,
        "360",
        (LEAD, OTHER, msgspec.structs.replace(LEAD, kind="ecg-lead-ii")),
        3600,
        pack([samples, samples, [1024] * 3600]),
    )
    found = list(EcgAnalysis().process(frame(two)).observations)
    figures = of_kind(found, "ecg-quality")
    assert {one.channel for one in figures} == {"ecg-lead-i", "ecg-lead-ii"}
    off = [one for one in figures if one.channel == "ecg-lead-ii"]
    assert {one.flags for one in off} == {("flat",)}
    assert len({one.id for one in found}) == len(found)
    assert of_kind(found, "heart-rate")


def at(seconds: float, stream: str, first: int, samples: list[int], boot: str = "boot") -> Frame:
    one = waveform(samples, first, stream)
    return msgspec.structs.replace(frame(one), at=Instant(boot, round(seconds * 1e9)))


def learnt(seconds: int = 20) -> EcgAnalysis:
    """One that has seen the first seconds of the recording, as stream `s`."""
    analysis = EcgAnalysis()
    for second in range(seconds):
        part = counts()[second * COUNT : (second + 1) * COUNT]
        analysis.process(at(second, "s", second * COUNT, part))
    return analysis


def later(analysis: EcgAnalysis, begin: float = 25, boot: str = "boot") -> list[Observation]:
    """What is found in ten more seconds, which come as a stream of their own."""
    found: list[Observation] = []
    for second in range(10):
        part = counts()[(25 + second) * COUNT : (26 + second) * COUNT]
        one = at(begin + second, "t", second * COUNT, part, boot)
        found += analysis.process(one).observations
    return found


def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been() -> None:
    """Only the gap between the streams is there, as for a link that was lost."""
    whole, saved = learnt(), learnt().saved()
    assert saved is not None
    again = EcgAnalysis()
    again.restore(saved)
    found = later(again)
    assert found == later(whole)
    assert found != later(EcgAnalysis())  # which learns anew
    assert {one.derived.stream for one in found if one.derived} == {"t"}
    assert all(0 <= one.derived.first < 10 * COUNT for one in found if one.derived)


@pytest.mark.parametrize(("begin", "boot"), [(19 + 32, "boot"), (10, "boot"), (25, "another")])
def test_after_too_long_or_another_boot_all_is_learnt_anew(begin: float, boot: str) -> None:
    assert later(learnt(), begin, boot) == later(EcgAnalysis(), begin, boot)


def test_what_was_heard_after_the_state_was_saved_counts() -> None:
    saved = learnt().saved()
    assert saved is not None
    analysis = EcgAnalysis()
    analysis.restore(saved, Instant("boot", 300_000_000_000))
    assert later(analysis, 310) != later(EcgAnalysis(), 310)


def test_a_state_that_is_none_is_refused_and_changes_nothing() -> None:
    saved = learnt().saved()
    assert saved is not None
    for octets in (b"", saved[:-1], saved[:60] + b"!" + saved[61:], b"x" + saved, sealed([1])):
        analysis = EcgAnalysis()
        with pytest.raises(StateError):
            analysis.restore(octets)
        assert analysis.saved() is None
    with pytest.raises(StateError, match="mains"):
        EcgAnalysis(60.0).restore(saved)


@pytest.mark.parametrize("what", ["Popen", "Intake", "QrsDetector"])
def test_a_state_makes_nothing_but_values(what: str) -> None:
    for kind in ("record", "enum", "many", "other"):
        with pytest.raises((StateError, KeyError)):
            refill(ecg_chain(250), {kind: [what, {}, None]})
    with pytest.raises(StateError, match=what):
        refill(ecg_chain(250), {"object": {what: 1}})


def test_a_state_is_small() -> None:
    saved = learnt().saved()
    assert saved is not None
    assert len(saved) < 4000
