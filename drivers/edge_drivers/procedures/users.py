"""The consent of a device's users, without which it keeps their measurements (UDS 1.1, 3.4).

A scale for several people tells each one's measurements only after it was told that person's code.
Consent holds for one user at a time and ends with the connection: it is told user by user, and each
time what the device then has to say is taken.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping

from edge_agent.model.errors import LinkRefusedError
from edge_drivers.procedures.writes import answer
from edge_drivers.session import Session

ANSWER_S = 5.0
QUIET_S = 1.0
"""When nothing came for so long, the device has told all that it has of a user."""
MOST_S = 30.0
"""And no longer than that is one user listened to."""
_CONSENT, _RESPONSE, _SUCCESS = 2, 32, 1


async def consent(session: Session, consents: Mapping[int, int]) -> str:
    """Let a device tell its users' measurements; gives whom it refused, "" for nobody.

    Args:
        session: connected.
        consents: consent codes, 0 to 9999, by the device's user numbers.

    Raises:
        LinkLostError, LinkTimeoutError, StoreError: as `Session.step`.
    """
    users = session.spec.users
    if users is None:
        return ""
    refused: list[str] = []
    for user, code in consents.items():
        if not await _consents(session, users.control, user, code):
            refused.append(f"{user}")
        else:
            await _listen(session)
    return f"no consent of user {', '.join(refused)}: is its code right?" if refused else ""


async def _listen(session: Session) -> None:
    """Take what the device has to say now, until it is quiet."""
    loop = asyncio.get_running_loop()
    until = loop.time() + MOST_S
    while loop.time() < until and await session.step(QUIET_S):
        pass


async def _consents(session: Session, control: str, user: int, code: int) -> bool:
    try:
        await session.link.write(control, struct.pack("<BBH", _CONSENT, user, code))
        told = (await answer(session, control, ANSWER_S)).fields
    except LinkRefusedError:
        return False
    answered = told.get("opcode") == _RESPONSE and told.get("request") == _CONSENT
    return answered and told.get("response") == _SUCCESS
