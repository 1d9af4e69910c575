"""Modbus over TCP and RTU: one line, many units, one request at a time, and never a retry.

Why so careful (measured with pymodbus 3.16.1): its default of three retries also repeats *writes*;
an RTU answer has no transaction number, so one that comes after its time-out would be taken for
the answer to the next question; a reply's echo is not compared with the request.

So: `retries=0` always; late answers are told from the next by `settling`; what a reply says of
itself (function, unit, count, echo) is compared with what was asked by `modbus_pdu`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ModbusPDU

from edge_agent.model.errors import (
    LinkLostError,
    LinkTimeoutError,
)
from edge_agent.model.seams import Clock
from edge_drivers.links import modbus_pdu
from edge_drivers.links.modbus_link import LOST_AFTER, ModbusLink
from edge_drivers.links.ports import OPENING, has_parity, unopened
from edge_drivers.links.settling import Settling
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import Registers

TIMEOUT_S = 1.0
QUIET_S = 0.2
PATIENCE = 20
"""Quiet periods to wait for silence before the line counts as babbling."""

CHARACTER_BITS = 11
PAUSE_CHARACTERS = 3.5
PAUSE_LEAST_S = 0.00175
"""Silence between RTU frames: 3.5 characters, 1.75 ms above 19200 baud (Modbus serial 2.5.1.1)."""

_PARITY = {"none": "N", "even": "E", "odd": "O"}

Client = AsyncModbusTcpClient | AsyncModbusSerialClient
Trace = Callable[[bool, bytes], bytes]
Dial = Callable[[Trace], Client]

logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # our errors say the same


class ModbusLine:
    """A TCP connection or a serial bus; make it with `tcp` or `rtu`.

    Args:
        where: for messages.
        dial: makes pymodbus's client, given who listens to its packets.
        clock: dates the captures of its links.
        quiet: seconds of silence after a time-out; 0 where answers are numbered (TCP).
        pause: seconds of silence between frames; 0 for TCP.
    """

    def __init__(
        self, where: str, dial: Dial, clock: Clock, quiet: float = 0, pause: float = 0
    ) -> None:
        self._where = where
        self._dial = dial
        self._client: Client | None = None
        self._clock = clock
        self._settling = Settling(quiet, pause)
        self._lock = asyncio.Lock()
        self._heard = b""
        self._silent = 0

    @classmethod
    def tcp(
        cls, host: str, port: int = 502, *, clock: Clock, timeout: float = TIMEOUT_S
    ) -> ModbusLine:
        """A line to a Modbus TCP server; `timeout` in seconds."""

        def dial(trace: Trace) -> Client:
            return AsyncModbusTcpClient(
                host,
                port=port,
                retries=0,
                reconnect_delay=0,
                timeout=timeout,
                trace_packet=trace,
            )

        return cls(f"{host}:{port}", dial, clock)

    @classmethod
    def rtu(
        cls,
        port: str,
        *,
        clock: Clock,
        baud: int = 9600,
        parity: Literal["none", "even", "odd"] = "none",
        stop_bits: int = 1,
        timeout: float = TIMEOUT_S,
        quiet: float = QUIET_S,
    ) -> ModbusLine:
        """A line on a serial port, opened for us alone; `timeout` and `quiet` in seconds."""

        def dial(trace: Trace) -> Client:
            return AsyncModbusSerialClient(
                port,
                baudrate=baud,
                parity=_PARITY[parity if has_parity(port) else "none"],
                stopbits=stop_bits,
                retries=0,
                reconnect_delay=0,
                timeout=timeout,
                trace_packet=trace,
            )

        pause = max(PAUSE_LEAST_S, PAUSE_CHARACTERS * CHARACTER_BITS / baud)
        return cls(port, dial, clock, quiet, pause)

    def link(self, loaded: LoadedSpec, unit: int, tag: str) -> ModbusLink:
        """A fresh link to the device at address `unit`, known by its asset tag."""
        return ModbusLink(self, loaded, unit, tag, self._clock)

    @property
    def heard(self) -> bytes:
        """The octets that came after the last question, as they came.

        They are those of a `read` or `write` until whoever awaited it awaits something else.
        """
        return self._heard

    async def connect(self) -> None:
        """Open the line unless it is open.

        Raises:
            LinkUnavailableError: nobody listens there, or there is no such port.
            LinkRefusedError: the port may not be opened by this user.
        """
        async with self._lock:
            if self._client is not None and self._client.connected:
                return
            self._client = self._dial(self._listen)
            self._silent = 0
            await self._dialled(self._client)

    async def _dialled(self, client: Client) -> None:
        try:
            if await client.connect():
                return
        except OPENING as error:
            self._client = None
            raise unopened(self._where, error) from error
        self._client = None
        raise unopened(self._where, _permission(self._where))

    async def close(self) -> None:
        """Let go of the line; the next `connect` opens it again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def read(self, unit: int, block: Registers) -> bytes:
        """Read a block, as `modbus_pdu.octets`.

        Raises:
            LinkLostError: the line is not open.
            LinkTimeoutError: no answer in time, or one that cannot be trusted.
            LinkRefusedError: the unit answered with an exception.
            MalformedError: the answer is not that of the question.
        """
        reply = await self._exchange(modbus_pdu.question(unit, block))
        return modbus_pdu.octets(reply, block)

    async def write(self, unit: int, block: Registers, octets: bytes) -> None:
        """Write a block, or its beginning, once.

        Raises:
            LinkLostError, LinkTimeoutError: *unknown* whether it was carried out.
            LinkRefusedError: the unit answered with an exception, or the block is not writable.
            MalformedError: the echo is not that of the request; *unknown* too.
        """
        request = modbus_pdu.order(unit, block, octets)
        modbus_pdu.check_echo(await self._exchange(request), request)

    async def _exchange(self, request: ModbusPDU) -> ModbusPDU:
        async with self._lock:
            client = self._client
            if client is None or not client.connected:
                raise LinkLostError(f"{self._where} is not open")
            await self._settle()
            reply = await self._ask(client, request)
            await self._believe(request.dev_id)
        modbus_pdu.check(reply, request)
        return reply

    async def _ask(self, client: Client, request: ModbusPDU) -> ModbusPDU:
        self._heard, answered = b"", False
        try:
            reply: ModbusPDU = await client.execute(False, request)
            answered = True
        except ConnectionException as error:
            raise LinkLostError(f"{self._where}: {error}") from error
        except ModbusException as error:
            raise self._missed(client, request.dev_id) from error
        finally:
            if not answered:
                self._settling.give_up(request.dev_id, _now())
        self._silent = 0
        return reply

    def _missed(self, client: Client, unit: int) -> LinkLostError | LinkTimeoutError:
        self._silent += 1
        if not client.connected:
            return LinkLostError(f"{self._where} was closed by the other side")
        if self._silent >= LOST_AFTER:
            client.close()  # a half-open connection never recovers by itself
        how = "answered what cannot be read" if self._heard else "did not answer"
        return LinkTimeoutError(f"unit {unit} {how}")

    def _listen(self, sending: bool, octets: bytes) -> bytes:
        """Pymodbus gives all that it has not yet understood since the question."""
        if not sending:
            self._heard = octets
            self._settling.hear(_now())
        return octets

    async def _settle(self) -> None:
        """Wait until a question may be asked."""
        for _ in range(PATIENCE):
            if not (left := self._settling.left(_now())):
                return
            await asyncio.sleep(left)
        raise LinkTimeoutError(f"{self._where} does not fall silent")

    async def _believe(self, unit: int) -> None:
        """Take the answer of a unit that was late only if nothing follows it."""
        if not self._settling.doubts(unit):
            return
        answered = _now()
        await asyncio.sleep(self._settling.quiet)
        if not self._settling.judge(unit, answered):
            raise LinkTimeoutError(f"unit {unit} answered an earlier question")


def _now() -> float:
    return asyncio.get_running_loop().time()


def _permission(port: str) -> PermissionError | None:
    """Pymodbus keeps the reason to itself: whether it was that one."""
    barred = Path(port).exists() and not os.access(port, os.R_OK | os.W_OK)
    return PermissionError(errno.EACCES, os.strerror(errno.EACCES)) if barred else None
