"""The data that simulators share with drivers: addresses, line settings, names of parts.

Rule of this file: what a spec says of wires is read here; nothing interprets its fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from firmware_specs import catalog
from firmware_specs.spec.types import Part, Spec
from firmware_specs.spec.wires import BleWire, ModbusWire, SerialWire


@cache
def spec(device: str) -> Spec:
    """The packaged spec of a device."""
    return catalog.find(device).spec


def ble_service(device: str) -> str:
    """UUID of the service that a Bluetooth device's spec is about."""
    link = spec(device).link
    if not isinstance(link, BleWire):
        raise TypeError(f"{device} is no Bluetooth device")
    return link.service


def serial_link(device: str) -> SerialWire:
    """The line settings of a serial device's spec."""
    link = spec(device).link
    if not isinstance(link, SerialWire):
        raise TypeError(f"{device} is no serial device")
    return link


def modbus_link(device: str) -> ModbusWire:
    """The line settings of a Modbus device's spec."""
    link = spec(device).link
    if not isinstance(link, ModbusWire):
        raise TypeError(f"{device} is no Modbus device")
    return link


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a spec that is registers."""

    part: str
    function: int
    address: int
    count: int

    def within(self, function: int, address: int, octets: bytes) -> bytes | None:
        """Its octets in an answer; None when the answer does not hold all of it."""
        begin = 2 * (self.address - address)
        if function != self.function or begin < 0 or len(octets) < begin + 2 * self.count:
            return None
        return octets[begin : begin + 2 * self.count]


def blocks(device: str) -> tuple[Block, ...]:
    """The register blocks of a device's spec."""
    return tuple(
        Block(name, part.registers.function, part.registers.address, part.registers.count)
        for name, part in spec(device).parts.items()
        if part.registers
    )


def part(device: str, name: str) -> Part:
    """A part of a device's spec."""
    return spec(device).parts[name]
