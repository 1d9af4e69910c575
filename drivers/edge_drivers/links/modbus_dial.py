"""How a Modbus line is reached: pymodbus's clients, without a retry, and why one cannot be opened.

Measured with pymodbus 3.16.1: its default of three retries also repeats *writes*, so `retries=0`
always; it never closes or reconnects by itself here, for `ModbusLine` decides that.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient

from edge_agent.model.errors import LinkError
from edge_drivers.links.ports import OPENING, has_parity, unopened

Parity = Literal["none", "even", "odd"]
_PARITY = {"none": "N", "even": "E", "odd": "O"}

Client = AsyncModbusTcpClient | AsyncModbusSerialClient
Trace = Callable[[bool, bytes], bytes]
Dial = Callable[[Trace], Client]


def tcp(host: str, port: int, timeout: float) -> Dial:
    """Makes clients of a Modbus TCP server; `timeout` in seconds, of connecting too."""

    def dial(trace: Trace) -> Client:
        return AsyncModbusTcpClient(
            host,
            port=port,
            retries=0,
            reconnect_delay=0,
            timeout=timeout,
            trace_packet=trace,
        )

    return dial


def rtu(port: str, baud: int, parity: Parity, stop_bits: int, timeout: float) -> Dial:
    """Makes clients of a serial port, opened for us alone; `timeout` in seconds."""

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

    return dial


async def connected(client: Client, where: str) -> LinkError | None:
    """Connect; gives why that failed, None if it did not."""
    try:
        if await client.connect():
            return None
    except OPENING as error:
        return unopened(where, error)
    return unopened(where, _permission(where))


def _permission(port: str) -> PermissionError | None:
    """Pymodbus keeps the reason to itself: whether it was that one."""
    barred = Path(port).exists() and not os.access(port, os.R_OK | os.W_OK)
    return PermissionError(errno.EACCES, os.strerror(errno.EACCES)) if barred else None
