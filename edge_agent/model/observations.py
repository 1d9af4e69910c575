"""One measurement, immutable: its number, unit, components, and what is said against it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec


class AbsentReason(StrEnum):
    """Why there is no value: FHIR R4 code system data-absent-reason."""

    UNKNOWN = "unknown"
    ASKED_UNKNOWN = "asked-unknown"
    TEMP_UNKNOWN = "temp-unknown"
    NOT_ASKED = "not-asked"
    ASKED_DECLINED = "asked-declined"
    MASKED = "masked"
    NOT_APPLICABLE = "not-applicable"
    UNSUPPORTED = "unsupported"
    AS_TEXT = "as-text"
    ERROR = "error"
    NOT_A_NUMBER = "not-a-number"
    NEGATIVE_INFINITY = "negative-infinity"
    POSITIVE_INFINITY = "positive-infinity"
    NOT_PERFORMED = "not-performed"
    NOT_PERMITTED = "not-permitted"


class MeasurementStatus(StrEnum):
    """What the device or we hold against a value: IEEE 11073-20601 MeasurementStatus."""

    INVALID = "invalid"
    QUESTIONABLE = "questionable"
    NOT_AVAILABLE = "not-available"
    CALIBRATION_ONGOING = "calibration-ongoing"
    TEST_DATA = "test-data"
    DEMO_DATA = "demo-data"
    VALIDATED_DATA = "validated-data"
    EARLY_INDICATION = "early-indication"
    MEASUREMENT_ONGOING = "msmt-ongoing"


class Component(msgspec.Struct, frozen=True, omit_defaults=True):
    """One number of a measurement that has several, such as the systolic pressure.

    Attributes:
        kind: a kind of `codes.CODES`.
        value: the number with the precision the device gave it; None with a reason in `absent`.
        unit: UCUM.
        text: a coded value's code, where the value is no number.
        absent: why there is no value.
    """

    kind: str
    value: Decimal | None = None
    unit: str = ""
    text: str = ""
    absent: AbsentReason | None = None


class Derivation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a derived observation was computed from and by what.

    Attributes:
        by: the chain and its version, such as `edge_signal.ecg/1`.
        stream: the waveform stream it was computed from.
        first: index of the first sample that it speaks of.
        last: index of the last sample that it speaks of.
    """

    by: str
    stream: str
    first: int
    last: int


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measurement: a value, or components where the standard has them.

    Attributes:
        id: `ids.observation_id`.
        kind: a kind of `codes.CODES`.
        channel: which of several of the same kind in one frame (a probe's name); "" for the only.
        value: the number with the precision the device gave it; None with components, text
            or a reason in `absent`.
        unit: UCUM.
        text: a coded value's code, where the value is no number.
        components: the numbers of a measurement that has several (blood pressure is one).
        absent: why there is no value.
        status: what is said against the value; empty means nothing.
        flags: the names, in the spec, of the device's status bits that were set.
        derived: present when it was computed here and not read from the device.
    """

    id: str
    kind: str
    channel: str = ""
    value: Decimal | None = None
    unit: str = ""
    text: str = ""
    components: tuple[Component, ...] = ()
    absent: AbsentReason | None = None
    status: tuple[MeasurementStatus, ...] = ()
    flags: tuple[str, ...] = ()
    derived: Derivation | None = None
