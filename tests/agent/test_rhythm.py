"""Suspicions in a frame become alarms, each once."""

from __future__ import annotations

from decimal import Decimal

from edge_agent.guarding.moments import Moment
from edge_agent.guarding.rhythm import BASIS, RhythmGuard
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.observations import Observation
from edge_agent.model.records import Alarm, Priority
from edge_signal.values import Flag

AT = Instant("boot", 5)


def suspicion(flag: str, *flags: str) -> Observation:
    return Observation(
        f"id-{flag}", "ecg-rhythm", channel=flag, text=flag, value=Decimal(1), unit="1", flags=flags
    )


def frame(*observations: Observation) -> Frame:
    return Frame("f", "strap", "ecg", "polar@0", "seq:1", AT, (b"",), observations=observations)


def test_what_begins_is_an_alarm_with_its_evidence() -> None:
    verdict = RhythmGuard().look("", frame(suspicion("asystole", "begins")), Moment(AT, None))
    (alarm,) = verdict.records
    assert isinstance(alarm, Alarm)
    assert (alarm.kind, alarm.priority) == ("asystole", Priority.HIGH)
    assert (alarm.evidence, alarm.at) == (("id-asystole",), AT)
    assert verdict.state == "id-asystole"


def test_what_ends_or_only_informs_is_none() -> None:
    quiet = frame(suspicion("asystole", "ends"), suspicion("irregular", "begins"))
    verdict = RhythmGuard().look("", quiet, Moment(AT, None))
    assert verdict.records == ()
    assert verdict.state == ""


def test_the_same_frame_again_is_the_same_alarm() -> None:
    again = [
        RhythmGuard().look("", frame(suspicion("pause", "begins")), Moment(AT, None))
        for _ in range(2)
    ]
    assert again[0].records == again[1].records


def test_every_flag_with_an_alarm_is_one_that_the_signal_can_raise() -> None:
    assert set(BASIS) <= {str(flag) for flag in Flag}
