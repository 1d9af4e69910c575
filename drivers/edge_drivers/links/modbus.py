"""Modbus over TCP and RTU: one line, many units, one request at a time, and never a retry.

Why so careful (measured with pymodbus 3.16.1): its default of three retries also repeats *writes*;
an RTU answer has no transaction number, so one that comes after its time-out would be taken for
the answer to the next question; a reply's echo is not compared with the request.

So: `modbus_dial` allows no retry; late answers are told from the next by `settling`; what a reply
says of itself (function, unit, count, echo) is compared with what was asked by `modbus_pdu`. Who
asks waits in a queue: each unit has one question in it, so none can crowd out the others.
"""

from __future__ import annotations

import asyncio
import logging

from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ModbusPDU

from edge_agent.model.errors import (
    DecodeError,
    LinkLostError,
    LinkTimeoutError,
    MalformedError,
)
from edge_agent.model.seams import Clock
from edge_drivers.codec.modbus_adu import from_rtu
from edge_drivers.links import modbus_dial, modbus_pdu
from edge_drivers.links.modbus_dial import Client, Dial, Parity
from edge_drivers.links.settling import Settling
from firmware_specs.spec.wires import Registers

TIMEOUT_S = 1.0
QUIET_S = 0.2
LATEST_S = 3.0
LOST_AFTER = 3
"""Answers missed in a row after which a device, or a connection, counts as gone."""
PATIENCE = 20
"""Quiet periods to wait for silence before the line counts as babbling."""

CHARACTER_BITS = 11
PAUSE_CHARACTERS = 3.5
PAUSE_LEAST_S = 0.00175
"""Silence between RTU frames: 3.5 characters, 1.75 ms above 19200 baud (Modbus serial 2.5.1.1)."""

logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # our errors say the same


class ModbusLine:
    """A TCP connection or a serial bus; make it with `tcp` or `rtu`.

    Args:
        where: for messages.
        dial: makes pymodbus's client, given who listens to its packets.
        clock: dates the captures of its links.
        settling: when it may be asked.
    """

    def __init__(self, where: str, dial: Dial, clock: Clock, settling: Settling) -> None:
        self._where = where
        self._dial = dial
        self._client: Client | None = None
        self.clock = clock
        self._settling = settling
        self._lock = asyncio.Lock()
        self._question: _Question | None = None
        self._heard = b""
        self._silent = 0

    @classmethod
    def tcp(
        cls, host: str, port: int = 502, *, clock: Clock, timeout: float = TIMEOUT_S
    ) -> ModbusLine:
        """A line to a Modbus TCP server; `timeout` in seconds."""
        dial = modbus_dial.tcp(host, port, timeout)
        return cls(f"{host}:{port}", dial, clock, Settling(timeout, 0, 0, timeout))

    @classmethod
    def rtu(
        cls,
        port: str,
        *,
        clock: Clock,
        baud: int = 9600,
        parity: Parity = "none",
        stop_bits: int = 1,
        timeout: float = TIMEOUT_S,
        quiet: float = QUIET_S,
        latest: float = LATEST_S,
    ) -> ModbusLine:
        """A line on a serial port, opened for us alone; seconds as `Settling` has them."""
        pause = max(PAUSE_LEAST_S, PAUSE_CHARACTERS * CHARACTER_BITS / baud)
        settling = Settling(timeout, quiet, pause, latest)
        dial = modbus_dial.rtu(port, baud, parity, stop_bits, max(timeout, latest))
        return cls(port, dial, clock, settling)

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
            self._settling.unsettle(_now())  # who had the line before may be answered yet
            if error := await modbus_dial.connected(self._client, self._where):
                self._client = None
                raise error

    async def close(self) -> None:
        """Let go of the line; the next `connect` opens it again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def read(self, unit: int, block: Registers) -> bytes:
        """Read a block, as `modbus_pdu.octets`.

        On RTU, an answer that the unit owes is waited for first.

        Raises:
            LinkLostError: the line is not open.
            LinkTimeoutError: no answer in time.
            LinkRefusedError: the unit answered with an exception (`ExceptionReplyError`).
            DecodeError: the answer is damaged, or not that of the question.
        """
        reply = await self._exchange(modbus_pdu.question(unit, block))
        return modbus_pdu.octets(reply, block)

    async def write(self, unit: int, block: Registers, octets: bytes) -> None:
        """Write a block, or its beginning, once.

        Raises:
            LinkLostError, LinkTimeoutError: *unknown* whether it was carried out.
            LinkRefusedError: the unit answered with an exception, or the block is not writable.
            MalformedError: the echo is damaged, or not that of the request; *unknown* too.
        """
        request = modbus_pdu.order(unit, block, octets)
        try:
            modbus_pdu.check_echo(await self._exchange(request), request)
        except DecodeError as error:
            raise MalformedError(str(error)) from error

    async def _exchange(self, request: ModbusPDU) -> ModbusPDU:
        question, reply = _Question(request), None
        while reply is None:
            await asyncio.sleep(self._settling.owes(question.unit, _now()))
            async with self._lock:
                reply = await self._in_turn(question)
        return reply

    async def _in_turn(self, question: _Question) -> ModbusPDU | None:
        """Ask; nothing when the unit came to owe an answer while others had the line."""
        if self._settling.owes(question.unit, _now()):
            return None
        client = self._client
        if client is None or not client.connected:
            raise LinkLostError(f"{self._where} is not open")
        await self._settle()
        reply = await self._ask(client, question)
        modbus_pdu.check(reply, question.request)
        return reply

    async def _ask(self, client: Client, question: _Question) -> ModbusPDU:
        self._heard, self._question, answered = b"", question, False
        asked = _now()
        try:
            reply = await self._answer(client, question)
            answered = modbus_pdu.answers(reply, question.request)
        finally:
            self._question = None
            if not answered and len(self._heard) == question.size and _unit(self._heard) is None:
                self._settling.unsettle(_now())  # it was the answer, with damage
            elif not answered:
                self._settling.give_up(question.unit, asked, _now())
        self._silent = 0
        return reply

    async def _answer(self, client: Client, question: _Question) -> ModbusPDU:
        try:
            async with asyncio.timeout(self._settling.timeout(question.unit)) as question.patience:
                reply: ModbusPDU = await client.execute(False, question.request)
        except ConnectionException as error:
            raise LinkLostError(f"{self._where}: {error}") from error
        except (ModbusException, TimeoutError) as error:
            raise self._missed(client, question) from error
        return reply

    def _missed(
        self, client: Client, question: _Question
    ) -> LinkLostError | LinkTimeoutError | DecodeError:
        if not client.connected:
            return LinkLostError(f"{self._where} was closed by the other side")
        if self._heard:
            return modbus_pdu.damage(self._heard, question.unit)
        self._silent += 1
        if self._silent >= LOST_AFTER:
            client.close()  # a half-open connection never recovers by itself
        return LinkTimeoutError(f"unit {question.unit} did not answer")

    def _listen(self, sending: bool, octets: bytes) -> bytes:
        """Pymodbus gives all that it has not yet understood since the question."""
        if sending:
            return octets
        now, question = _now(), self._question
        unit = _unit(octets) if self._settling.pause else None
        if question is None or unit not in (None, question.unit):
            self._settling.hear(now, unit)
            return octets
        self._heard = octets
        self._settling.hear(now)
        if unit is None and self._settling.pause:
            question.hear_damage(octets, now + self._settling.pause)
        return octets

    async def _settle(self) -> None:
        """Wait until a question may be asked."""
        for _ in range(PATIENCE):
            if not (left := self._settling.left(_now())):
                return
            await asyncio.sleep(left)
        raise LinkTimeoutError(f"{self._where} does not fall silent")


class _Question:
    """A request that is asked: who, what, how long its answer is, how long it is waited for."""

    def __init__(self, request: ModbusPDU) -> None:
        self.request = request
        self.unit = request.dev_id
        self.size = modbus_pdu.answer_size(request)
        self.patience: asyncio.Timeout | None = None

    def hear_damage(self, octets: bytes, until: float) -> None:
        """As many octets as the answer has, and they are none: nothing better will come."""
        if len(octets) >= self.size and self.patience and not self.patience.expired():
            self.patience.reschedule(until)


def _unit(octets: bytes) -> int | None:
    """Whose answer this is, where it is a whole RTU frame."""
    try:
        return from_rtu(octets).unit
    except DecodeError:
        return None


def _now() -> float:
    return asyncio.get_running_loop().time()
