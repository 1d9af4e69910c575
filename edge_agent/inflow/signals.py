"""Signal processing for devices that send an ECG; nobody else pays for numpy."""

from __future__ import annotations

from edge_agent.inflow.intake import Derive
from firmware_specs.spec.types import Spec

ECG = "ecg-"


def has_ecg(spec: Spec) -> bool:
    """Whether a device of this kind sends an ECG."""
    rules = [rule for part in spec.parts.values() for rule in part.waveforms]
    return any(kind.startswith(ECG) for rule in rules for kind in rule.kinds)


def derive_for(spec: Spec, mains: int) -> Derive:
    """What is computed from the frames of one device of this kind; the mains hum at `mains` Hz."""
    if not has_ecg(spec):
        return lambda frame: frame
    from edge_signal.frames import EcgAnalysis

    return EcgAnalysis(float(mains)).process
