"""A serial line on pyserial, read by the event loop: no thread for each port.

Ports are named by `/dev/serial/by-id/…`, which stays when plugs change places, and are opened for
us alone: without the lock two programs share, and steal, each other's octets. An unplugged adapter
shows itself as `SerialException` or as plain `OSError`, depending on the call: both are caught.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from math import ceil

import serial

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import (
    LinkLostError,
    LinkRefusedError,
    LinkTimeoutError,
    LinkUnavailableError,
)
from edge_agent.model.seams import Capture, Clock, Missed
from edge_drivers.codec.packets import longest, make_framer
from edge_drivers.links.captures import Captures
from edge_drivers.links.ports import OPENING, has_parity, unopened
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import Framing, SerialWire, SyncBitFraming

CHUNK = 4096
WRITE_S = 1.0
_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


class SerialLink:
    """A `Link` to the device at a port.

    Octets that belong to no packet are returned as `Missed`.

    Args:
        port: path of the port.
        loaded: the spec: line settings, framing, and after what silence the device counts as gone
            (0: never).
        tag: the asset tag: such a device says nothing of itself.
        clock: dates the captures.
    """

    def __init__(self, port: str, loaded: LoadedSpec, tag: str, clock: Clock) -> None:
        self._path = port
        self._settings = _settings(loaded)
        self._part = loaded.spec.packet
        self._framer = make_framer(self._settings.framing)
        self._piece = piece(self._settings.framing)
        self._longest = longest(self._settings.framing)
        self._tag = tag
        self._captures = Captures(clock)
        self._port: serial.Serial | None = None
        self._heard = asyncio.Event()
        self._last = 0.0
        self._watch: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Open the port and hear the device.

        Raises:
            LinkUnavailableError: there is no such port, or the device is silent.
            LinkRefusedError: no permission, or another program has the port.
        """
        try:
            self._port = await asyncio.to_thread(self._dial)
        except OPENING as error:
            raise unopened(self._path, error) from error
        asyncio.get_running_loop().add_reader(self._port.fileno(), self._readable)
        await self._hear()

    async def identity(self) -> DeviceIdentity:
        """The asset tag."""
        return DeviceIdentity(asset_tag=self._tag)

    async def close(self) -> None:
        """Let go of the port."""
        self._captures.end(LinkLostError("the link is closed"))
        port, self._port = self._port, None
        if self._watch is not None:
            self._watch.cancel()
        if port is not None:
            asyncio.get_running_loop().remove_reader(port.fileno())
            with suppress(*OPENING):
                port.close()

    async def receive(self) -> Sequence[Capture | Missed]:
        """The packets that came since.

        Raises:
            LinkLostError: the port is gone, or the device fell silent.
        """
        return await self._captures.take()

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        """Nothing: these protocols have no words for it."""

    async def read(self, part: str) -> bytes:
        """Nothing can be asked for.

        Raises:
            LinkRefusedError: always.
        """
        raise LinkRefusedError(f"{part} cannot be asked for on a serial line")

    async def write(self, part: str, octets: bytes) -> None:
        """Write octets, once; `part` says what they are.

        Raises:
            LinkLostError, LinkTimeoutError: *unknown* how many of them went out.
        """
        self._send(part, octets)

    def _send(self, part: str, octets: bytes) -> None:
        if self._port is None:
            raise LinkLostError(f"{self._path} is not open")
        try:
            self._port.write(octets)
        except serial.SerialTimeoutException as error:
            raise LinkTimeoutError(f"{self._path} does not take {part}") from error
        except OPENING as error:
            raise LinkLostError(f"{self._path}: {error}") from error

    def _dial(self) -> serial.Serial:
        return serial.Serial(
            self._path,
            baudrate=self._settings.baud,
            bytesize=self._settings.data_bits,
            parity=_PARITY[self._settings.parity if has_parity(self._path) else "none"],
            stopbits=self._settings.stop_bits,
            timeout=0,
            write_timeout=WRITE_S,
            exclusive=True,
        )

    async def _hear(self) -> None:
        if not (silence := float(self._settings.silence)):
            return
        try:
            async with asyncio.timeout(silence):
                await self._heard.wait()
        except TimeoutError as error:
            raise LinkUnavailableError(f"the device at {self._path} is silent") from error
        self._expect(silence)

    def _expect(self, seconds: float) -> None:
        """Look again when the silence would be over."""
        self._watch = asyncio.get_running_loop().call_later(seconds, self._listen)

    def _listen(self) -> None:
        silence = float(self._settings.silence)
        quiet = asyncio.get_running_loop().time() - self._last
        if quiet >= silence:
            self._captures.end(LinkLostError(f"no packet for {quiet:.1f} s"))
        else:
            self._expect(silence - quiet)

    def _readable(self) -> None:
        port = self._port
        if port is None:
            return
        try:
            octets = os.read(port.fileno(), CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._gone(port, str(error))
            return
        if not octets:
            self._gone(port, "end of file")
        for at in range(0, len(octets), self._piece):
            self._push(octets[at : at + self._piece])

    def _push(self, octets: bytes) -> None:
        """Find packets; what belongs to none is told before them."""
        packets, lost = self._framer.push(octets)
        if lost:
            self._captures.put_lost(self._part, lost, self._strings(lost))
        for packet in packets:
            self._captures.put(self._part, packet)
        if packets:
            self._last = asyncio.get_running_loop().time()
            self._heard.set()

    def _strings(self, lost: bytes) -> int:
        """How many packets these octets may have been."""
        return ceil(len(lost) / self._longest)

    def _gone(self, port: serial.Serial, reason: str) -> None:
        asyncio.get_running_loop().remove_reader(port.fileno())
        self._captures.end(LinkLostError(f"{self._path}: {reason}"))


def piece(framing: Framing) -> int:
    """Octets to look at in one go, so that noise is told where it came: a packet's length."""
    return framing.length if isinstance(framing, SyncBitFraming) else CHUNK


def _settings(loaded: LoadedSpec) -> SerialWire:
    if not isinstance(loaded.spec.link, SerialWire):
        raise LinkRefusedError(f"{loaded.ref} is not of a serial device")
    return loaded.spec.link
