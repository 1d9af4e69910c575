"""Since when records count that are numbered by minutes, such as those of a CGM session."""

from __future__ import annotations

from edge_agent.model.errors import LinkRefusedError
from edge_agent.model.seams import Capture, Clock
from edge_drivers.session import Session


async def read(session: Session, clock: Clock) -> None:
    """Ask the device, and let its records be named and dated by the answer.

    Raises:
        LinkLostError, LinkTimeoutError: the wire is gone.
    """
    for name, part in session.spec.parts.items():
        if part.since:
            session.begin(name, await _told(session, part.since, clock))


async def _told(session: Session, part: str, clock: Clock) -> str:
    try:
        octets = await session.link.read(part)
    except LinkRefusedError:
        return ""
    readings = session.decode(Capture(part, octets, clock.now()))
    return next((reading.device_time for reading in readings if reading.device_time), "")
