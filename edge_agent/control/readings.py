"""Readings of blood pressure and glucose as a command asks for them: one by one, as measured."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reading.

    Attributes:
        id: of its observation.
        kind: of its observation: `blood-pressure`, `glucose-capillary-plasma`, ….
        device: the device's key.
        at: when it was measured, in the site's zone; None where nobody knows.
        person: reference of whose it is; `slot 1` of a user whom nobody is bound to; "" for
            nobody's.
        systolic, diastolic: mmHg.
        glucose: mmol/L.
        against: why it is none to go by, such as `questionable`, `movement`; empty for nothing.
    """

    id: str
    kind: str
    device: str
    at: datetime | None = None
    person: str = ""
    systolic: Decimal | None = None
    diastolic: Decimal | None = None
    glucose: Decimal | None = None
    against: tuple[str, ...] = ()


class ReadingsReply(msgspec.Struct, frozen=True):
    """Some readings of a device.

    Attributes:
        readings: in the order in which they came.
        after: from where on there are more; 0 when these were the last.
        zone: the site's, IANA.
    """

    readings: tuple[Reading, ...]
    after: int
    zone: str
