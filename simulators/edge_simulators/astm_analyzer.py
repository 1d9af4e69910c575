"""A haematology analyzer on a pseudo terminal that sends its results by ASTM E1381 and E1394.

Written from LIS01-A2 and the captures of senaite.astm. The sender asks with ENQ and waits for ACK;
each frame is sent until it is confirmed, six times at most; whatever fails ends with EOT, and the
whole message is sent again later. What was not confirmed is kept.

Rule of this file: a message is made when it is measured, however often it is sent.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from edge_simulators.device import Place
from edge_simulators.journal import Entry
from edge_simulators.serial_device import Measuring

SPEC = "astm-analyzer"
ENQ, ACK, EOT = b"\x05", b"\x06", b"\x04"
TRIES = 6


def frames(texts: list[str]) -> Iterator[bytes]:
    """Numbered frames of one message, the last with ETX; without the CR LF that follows each."""
    for place, text in enumerate(texts):
        end = "\x03" if place == len(texts) - 1 else "\x17"
        body = f"{(place + 1) % 8}{text}\r{end}".encode()
        yield b"\x02" + body + f"{sum(body) % 256:02X}".encode()


def records(number: int, when: datetime, seed: int) -> list[str]:
    """The records of one sample: white and red cells, haemoglobin."""
    white, red, blood = 40 + (7 * number + seed) % 60, 400 + number % 90, 110 + number % 50
    at = f"{when:%Y%m%d%H%M%S}"
    return [
        f"H|\\^&|||SIM-CBC^1.0^{seed:06d}|||||||P||{at}",
        "P|1",
        f"O|1|S{number:06d}||^^^CBC",
        f"R|1|^^^WBC|{white / 10:.1f}|10*9/L||||F|||{at}|{at}",
        f"R|2|^^^RBC|{red / 100:.2f}|10*12/L||||F|||{at}|{at}",
        f"R|3|^^^HGB|{blood}|g/L||||F|||{at}|{at}",
        "L|1|N",
    ]


class AstmAnalyzer(Measuring):
    """An analyzer on a line.

    Attributes:
        waiting: messages that nobody has confirmed.
        tries: how often it has begun to send one.

    Args:
        place: where it is in the clinic.
        path: of its line.
        asset_tag: what a person wrote on it.
        every: seconds between samples; 0 for none.
        wait: seconds to wait for an answer (LIS01-A2 6.5.2: 15).
        pause: seconds before it sends again what failed (10).
    """

    def __init__(
        self,
        place: Place,
        path: Path,
        asset_tag: str,
        *,
        every: float = 20.0,
        wait: float = 15.0,
        pause: float = 10.0,
    ) -> None:
        super().__init__(place, path, asset_tag, SPEC, every=every)
        self.waiting: deque[list[bytes]] = deque()
        self.tries = 0
        self._wait = wait
        self._pause = pause
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()
        self._measured = asyncio.Event()
        self._number = 0

    def measure(self, when: datetime | None = None) -> None:
        """Measure a sample; its message is sent as soon as can be."""
        self._number += 1
        at = when or self.clock.now()
        message = list(frames(records(self._number, at, self.place.seed)))
        entry = Entry("frame", "acknowledged", f"time:{at.isoformat()}", value="blood count")
        self._journal.made(entry, b"".join(message))
        self.waiting.append(message)
        self._measured.set()

    async def _talk(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear())
            tasks.create_task(self._deliver())

    async def _deliver(self) -> None:
        """Send what waits, in its order."""
        while True:
            while not self.waiting:
                self._measured.clear()
                await self._measured.wait()
            await self._line.opened()
            if await self._sent(self.waiting[0]):
                self.waiting.popleft()
            else:
                await asyncio.sleep(self._pause)

    async def _sent(self, message: list[bytes]) -> bool:
        """Whether all of it was confirmed."""
        while not self._heard.empty():
            self._heard.get_nowait()
        self.tries += 1
        self._say(ENQ)
        confirmed = await self._answer() == ACK
        for frame in message if confirmed else ():
            if not (confirmed := await self._confirmed(frame)):
                break
        self._say(EOT)
        return confirmed

    async def _confirmed(self, frame: bytes) -> bool:
        for _ in range(TRIES):
            passage = self.tampering.passage(frame)
            await asyncio.sleep(passage.delay)
            for _ in range(passage.copies):
                self._say(passage.octets + b"\r\n")
            if not (answer := await self._answer()):
                return False
            if answer == ACK:
                for _ in range(passage.copies - 1):
                    await self._answer()
                return True
        return False

    async def _answer(self) -> bytes:
        """One octet; nothing when none came in time."""
        try:
            async with asyncio.timeout(self._wait):
                return await self._heard.get()
        except TimeoutError:
            return b""

    async def _hear(self) -> None:
        while True:
            for octet in await self._line.heard():
                self._heard.put_nowait(bytes((octet,)))
