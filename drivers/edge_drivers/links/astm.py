"""A serial line to an instrument that sends by ASTM E1381: what is durable is confirmed.

Rule: nothing is lost by damage, for the instrument sends again what was not confirmed; so it is
counted and kept for diagnosis, and is no gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from edge_agent.model.errors import LinkError, LinkRefusedError
from edge_agent.model.seams import Capture, Clock
from edge_drivers.codec.astm_receiver import AstmReceiver
from edge_drivers.links.serial import SerialLink
from firmware_specs.spec.types import LoadedSpec


class AstmLink(SerialLink):
    """See `SerialLink`; what it receives are messages.

    A line that is gone under an answer is told by `receive`.
    """

    def __init__(self, port: str, loaded: LoadedSpec, tag: str, clock: Clock) -> None:
        super().__init__(port, loaded, tag, clock)
        if not isinstance(self._framer, AstmReceiver):
            raise LinkRefusedError(f"{loaded.ref} does not speak ASTM")
        self._receiver = self._framer

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        """Confirm them: they are durable."""
        if captures:
            self._answer(self._receiver.durable())

    def _push(self, octets: bytes) -> None:
        super()._push(octets)
        self._answer(self._receiver.answers())

    def _answer(self, octets: bytes) -> None:
        if octets:
            with suppress(LinkError):
                self._send("answer", octets)

    def _strings(self, lost: bytes) -> int:
        return 0
