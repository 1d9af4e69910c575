"""What matters for gaps of a spec's parts: which are live, and which only now and then."""

from __future__ import annotations

from firmware_specs.spec.types import Part, Spec


def live_parts(spec: Spec) -> frozenset[str]:
    """Parts that are gone once sent."""
    return frozenset(name for name, part in spec.parts.items() if part.kept == "live")


def episodic_parts(spec: Spec) -> frozenset[str]:
    """Live parts that are no stream: a reading when somebody is measured, and silence between.

    A device that indicates single readings (a cuff, a scale, a thermometer) connects to tell one
    and goes; that it is away does not mean that anything is missing. So with what is read from it.
    """
    return frozenset(name for name in live_parts(spec) if _is_episodic(spec.parts[name]))


def _is_episodic(part: Part) -> bool:
    streams = part.waveforms or part.segment or part.registers
    return part.access in ("indicate", "read") and not streams
