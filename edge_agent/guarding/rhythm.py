"""What the ECG's screening suspects becomes an alarm: a word to look, with the finding as evidence.

A screening is no diagnosis and a gateway no alarm system (IEC 60601-1-8): whoever looks decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge_agent.guarding.guards import Verdict
from edge_agent.guarding.moments import Moment
from edge_agent.model import ids
from edge_agent.model.frames import Frame
from edge_agent.model.observations import Observation
from edge_agent.model.records import Alarm, Priority

KIND = "ecg-rhythm"
BEGINS = "begins"
BASIS = {
    "ventricular-fibrillation": (Priority.HIGH, "2017 AHA/ACC/HRS ventricular arrhythmias"),
    "ventricular-tachycardia": (Priority.HIGH, "2017 AHA/ACC/HRS ventricular arrhythmias"),
    "asystole": (Priority.HIGH, "2018 ACC/AHA/HRS bradycardia"),
    "pause": (Priority.MEDIUM, "2018 ACC/AHA/HRS bradycardia"),
    "bradycardia": (Priority.MEDIUM, "2018 ACC/AHA/HRS bradycardia"),
    "tachycardia": (Priority.MEDIUM, "2015 ACC/AHA/HRS supraventricular tachycardia"),
    "atrial-fibrillation": (Priority.MEDIUM, "2020 ESC atrial fibrillation"),
    "lead-off": (Priority.LOW, "IEC 60601-2-27"),
}
"""Flags that somebody should look at; the others are told as observations alone."""


class RhythmGuard:
    """One alarm for each suspicion that begins; what it remembers is the last one that it told."""

    mark = "ecg-rhythm"
    notes: tuple[str, ...] = ()

    def begin(self, saved: str | None, _now: Moment) -> str:
        """The observation that was told last."""
        return saved or ""

    def save(self, state: str) -> str:
        """As it is."""
        return state

    def look(self, state: str, frame: Frame, _moment: Moment) -> Verdict[str]:
        """What began in this frame."""
        begun = [
            one
            for one in frame.observations
            if one.kind == KIND and BEGINS in one.flags and one.text in BASIS
        ]
        alarms = tuple(_alarm(frame, one) for one in begun)
        return Verdict(begun[-1].id if begun else state, alarms)

    def tick(
        self, state: str, _device: str, _now: Moment, _notes: Mapping[str, str], /
    ) -> Verdict[str]:
        """Time alone changes nothing: that a stream is silent, its gap says."""
        return Verdict(state)

    def told(self, _state: str) -> tuple[str, ...]:
        """Nothing that goes on is known here."""
        return ()


def _alarm(frame: Frame, suspicion: Observation) -> Alarm:
    priority, basis = BASIS[suspicion.text]
    return Alarm(
        id=ids.record_id("alarm", frame.device, suspicion.id),
        device=frame.device,
        kind=suspicion.text,
        priority=priority,
        at=frame.at,
        evidence=(suspicion.id,),
        basis=basis,
    )
