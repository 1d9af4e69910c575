"""Blood pressure and glucose among frames: what of them stays on the box, and as plain readings.

Rule: nothing is left out here. What may not be counted says why, in the device's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from edge_agent.control.readings import Reading
from edge_agent.model.bindings import Binding, subject_of
from edge_agent.model.codes import CODES
from edge_agent.model.frames import Frame
from edge_agent.model.observations import MeasurementStatus, Observation
from edge_agent.model.times import Times

PRESSURE = "blood-pressure"
GLUCOSE = frozenset(
    kind
    for kind, code in CODES.items()
    if kind.startswith("glucose-") and "mmol/L" in code.units and code.personal
)
_FACTORS = {
    "mm[Hg]": Decimal(1),
    "kPa": Decimal("7.50062"),
    "mmol/L": Decimal(1),
    "mg/dL": 1 / Decimal(18),
}
"""To mmHg and mmol/L; glucose by the factor of its guidelines."""
_TOLD = frozenset({MeasurementStatus.VALIDATED_DATA, MeasurementStatus.EARLY_INDICATION})
"""What a device says of a value that holds nothing against it."""


def stays(frame: Frame) -> bool:
    """Whether the frame holds a reading of which people look at the course over weeks."""
    return any(one.kind == PRESSURE or one.kind in GLUCOSE for one in frame.observations)


def readings(
    frames: Iterable[Frame], times: Times, bindings: Sequence[Binding], zone: tzinfo
) -> Iterator[Reading]:
    """The readings in some frames, in their order.

    Args:
        frames: of any devices.
        times: tells when each was measured.
        bindings: tell whose it is.
        zone: of the site.
    """
    for frame in frames:
        measured = times.measured(frame)
        at = measured.at.astimezone(zone) if measured else None
        for one in frame.observations:
            if one.kind == PRESSURE or one.kind in GLUCOSE:
                yield _reading(one, frame, at, _whose(frame, at, bindings))


def _whose(frame: Frame, at: datetime | None, bindings: Sequence[Binding]) -> str:
    subject = subject_of(bindings, frame.device, frame.slot, at) if at else None
    return subject or (f"slot {frame.slot}" if frame.slot else "")


def _reading(one: Observation, frame: Frame, at: datetime | None, person: str) -> Reading:
    parts = {part.kind: part for part in one.components}
    numbers = {
        name: _number(parts[name].value, parts[name].unit)
        for name in ("systolic", "diastolic")
        if name in parts
    }
    return Reading(
        id=one.id,
        kind=one.kind,
        device=frame.device,
        at=at,
        person=person,
        systolic=numbers.get("systolic"),
        diastolic=numbers.get("diastolic"),
        glucose=None if one.kind == PRESSURE else _number(one.value, one.unit),
        against=tuple(_against(one)),
    )


def _number(value: Decimal | None, unit: str) -> Decimal | None:
    if value is None or not value.is_finite() or unit not in _FACTORS:
        return None
    return value * _FACTORS[unit]


def _against(one: Observation) -> Iterator[str]:
    """Why it is no reading to go by; the device's flags are evidence, not a reason of their own."""
    reasons = [str(status) for status in one.status if status not in _TOLD]
    absent = (one.absent, *(part.absent for part in one.components))
    reasons += [str(reason) for reason in absent if reason]
    yield from dict.fromkeys(reasons)
    if reasons:
        yield from one.flags
