"""Reading the device's clock, before anything is set or fetched (law 5)."""

from __future__ import annotations

from edge_agent.model.errors import DecodeError, LinkRefusedError, LinkTimeoutError
from edge_agent.model.seams import Capture, Clock
from edge_drivers.session import Session


async def read(session: Session, clock: Clock) -> str:
    """The device's naive time, ISO 8601; "" where it has no clock or does not tell.

    Raises:
        LinkLostError: the wire is gone.
    """
    told = session.spec.clock
    if told is None:
        return ""
    try:
        octets = await session.link.read(told.read)
    except (LinkRefusedError, LinkTimeoutError, DecodeError):
        return ""
    readings = session.decode(Capture(told.read, octets, clock.now()))
    return next((reading.device_time for reading in readings if reading.device_time), "")
