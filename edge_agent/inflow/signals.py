"""Signal processing for devices that send an ECG or a pulse wave; nobody else pays for numpy.

What an analysis has learnt of a signal is a mark of the device, moved in the commit of frames that
it was learnt from: every five minutes, when a suspicion begins or ends, and at a clean stop. After
a kill the signal goes on from there, if the device is heard again soon enough.
"""

from __future__ import annotations

import logging
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Protocol

from edge_agent.inflow.gaps import mark_name, moment
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Mark, Marks
from firmware_specs.spec.types import Spec

Derive = Callable[[Frame], Frame]
"""Adds observations computed from a frame's waveforms."""
ECG = "ecg-"
LIGHT, PLETH, PULSE = "ppg", "pleth", "pulse-rate"
MARK = "ecg-learnt"
EVERY_NS, AT_MOST_EVERY_NS = 300_000_000_000, 10_000_000_000
_log = logging.getLogger(__name__)


class Memory(Protocol):
    """What an analysis has learnt."""

    def saved(self) -> bytes | None:
        """As octets; None when there is nothing yet."""
        ...

    def restore(self, octets: bytes, heard: Instant | None = None) -> None:
        """Go on from there.

        Raises:
            ValueError: these octets are none of its.
        """
        ...


class Signals:
    """What is computed from the frames of one device, and what of that outlives the process.

    Args:
        derive: the analysis.
        memory: what it learns; None when nothing is worth keeping.
    """

    def __init__(self, derive: Derive = lambda frame: frame, memory: Memory | None = None) -> None:
        self.derive = derive
        self._memory = memory
        self._device = ""
        self._kept: Instant | None = None

    async def begin(self, marks: Marks, frame: Frame) -> None:
        """Take up what an earlier run left of this frame's device, unless that is done.

        Raises:
            StoreError: it cannot be read.
        """
        if self._memory is None or self._device == frame.device or not frame.waveforms:
            return
        saved = await marks.mark(frame.device, MARK)
        heard = moment(await marks.mark(frame.device, mark_name(frame.part)))
        self._device, self._kept = frame.device, frame.at
        if saved is None:
            return
        try:
            self._memory.restore(b64decode(saved, validate=True), heard)
        except ValueError as error:
            _log.warning("what was learnt of a signal is not taken up: %s", error)

    def marks(self, frames: Sequence[Frame]) -> tuple[Mark, ...]:
        """What is to be kept with these frames, now that they were analysed; mostly nothing."""
        with_signal = [frame for frame in frames if frame.waveforms]
        if self._kept is None or not with_signal:
            return ()
        last = with_signal[-1]
        turned = any(one.kind == "ecg-rhythm" for one in last.observations)
        passed = last.at.ns - self._kept.ns
        if passed < (AT_MOST_EVERY_NS if turned else EVERY_NS):
            return ()
        self._kept = last.at
        return self.last()

    def last(self) -> tuple[Mark, ...]:
        """What has been learnt up to now."""
        saved = self._memory.saved() if self._memory and self._device else None
        return (Mark(self._device, MARK, b64encode(saved).decode()),) if saved else ()


def waves_of(spec: Spec) -> frozenset[str]:
    """What kinds of signals a device of this kind sends."""
    rules = [rule for part in spec.parts.values() for rule in part.waveforms]
    return frozenset(kind for rule in rules for kind in rule.kinds)


def has_ecg(spec: Spec) -> bool:
    """Whether a device of this kind sends an ECG."""
    return any(kind.startswith(ECG) for kind in waves_of(spec))


def signals_for(spec: Spec, mains: int) -> Signals:
    """What is computed from the frames of one device of this kind; the mains hum at `mains` Hz.

    A display's plethysmogram is analysed only where the device tells no pulse rate beside it.
    """
    waves = waves_of(spec)
    told = [one.kind for part in spec.parts.values() for one in part.observations]
    steps, memory = list[Derive](), None
    if has_ecg(spec):
        from edge_signal.frames import EcgAnalysis

        memory = EcgAnalysis(float(mains))
        steps.append(memory.process)
    if LIGHT in waves or (PLETH in waves and PULSE not in told):
        from edge_signal.pulse_frames import PulseAnalysis

        steps.append(PulseAnalysis().process)
    return Signals(lambda frame: reduce(lambda one, step: step(one), steps, frame), memory)
