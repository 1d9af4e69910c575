"""From what the configuration says of a device to the links of its driver.

Each kind of link is imported when a device needs it: a gateway without a radio does not pay for
one. Lines and the radio are shared by their devices.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.config.settings import Config, Device, Line
from edge_agent.model.seams import Clock, Link
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import AstmFraming, BleWire, ModbusWire, SerialWire

if TYPE_CHECKING:
    from edge_drivers.links.ble import BleAdapter, Known
    from edge_drivers.links.modbus import ModbusLine
    from edge_drivers.links.modbus_link import ModbusLink
    from edge_drivers.links.recording import Recording

MakeLink = Callable[[], Link]
Passkey = Callable[[], Awaitable[int]]
"""Asks a person for the six digits that a device shows."""


class Links:
    """Makes links.

    Args:
        config: names lines and the radio.
        specs: of the configured devices.
        clock: dates captures.
        known: who was met at a Bluetooth address before.
    """

    def __init__(
        self,
        config: Config,
        specs: Mapping[str, LoadedSpec],
        clock: Clock,
        known: Known = lambda _: None,
    ) -> None:
        self._known = known
        self._config = config
        self._specs = specs
        self._clock = clock
        self._lines: dict[str, ModbusLine] = {}
        self._recordings: list[Recording] = []
        self._radio: BleAdapter | None = None

    def of(self, device: Device, passkey: Passkey | None = None) -> MakeLink:
        """Makes a fresh link to a device whenever it is called.

        Args:
            device: which, and where it is.
            passkey: while a person pairs it, who is asked for what it shows.
        """
        make = self._wire(device, passkey)
        return self._recorded(device, make) if device.record else make

    def orders(self, device: Device) -> ModbusLink:
        """The way of orders to a Modbus device, through the line that its polls share."""
        from edge_drivers.links.modbus_link import ModbusLink

        loaded = self._specs[device.spec]
        link = loaded.spec.link
        unit = device.unit or (link.unit if isinstance(link, ModbusWire) else 1)
        return ModbusLink(self._line(device), loaded, unit, device.asset_tag)

    def radio(self) -> BleAdapter:
        """The one radio."""
        from edge_drivers.links.ble import BleAdapter

        ble = self._config.ble
        self._radio = self._radio or BleAdapter(
            ble.adapter, self._clock, limit=ble.connections, known=self._known
        )
        return self._radio

    @property
    def radio_in_use(self) -> BleAdapter | None:
        """The radio, if any device needed it."""
        return self._radio

    async def close(self) -> None:
        """Let go of the lines, the radio and the capture files."""
        for recording in self._recordings:
            recording.close()
        for line in self._lines.values():
            await line.close()
        if self._radio:
            await self._radio.close()

    def _wire(self, device: Device, passkey: Passkey | None) -> MakeLink:
        loaded = self._specs[device.spec]
        if device.replay:
            return self._replay(device)
        match loaded.spec.link:
            case BleWire():
                return self._ble(device, loaded, passkey)
            case ModbusWire():
                return lambda: self.orders(device)
            case SerialWire(framing=AstmFraming()):
                return self._astm(device, loaded)
            case _:
                return self._serial(device, loaded)

    def _ble(self, device: Device, loaded: LoadedSpec, passkey: Passkey | None) -> MakeLink:
        from edge_drivers.links.ble_link import BleLink

        radio, where = self.radio(), device.address or device.name
        return lambda: BleLink(radio, loaded, where, passkey=passkey)

    def _serial(self, device: Device, loaded: LoadedSpec) -> MakeLink:
        from edge_drivers.links.serial import SerialLink

        return lambda: SerialLink(device.port, loaded, device.asset_tag, self._clock)

    def _astm(self, device: Device, loaded: LoadedSpec) -> MakeLink:
        from edge_drivers.links.astm import AstmLink

        return lambda: AstmLink(device.port, loaded, device.asset_tag, self._clock)

    def _recorded(self, device: Device, make: MakeLink) -> MakeLink:
        from edge_drivers.links.recording import Recorder, Recording

        recording = Recording(self._specs[device.spec], Path(device.record))
        self._recordings.append(recording)
        return lambda: Recorder(make(), recording)

    def _replay(self, device: Device) -> MakeLink:
        from edge_drivers.links.replay import ReplayLink

        return lambda: ReplayLink(Path(device.replay), self._clock)

    def _line(self, device: Device) -> ModbusLine:
        line = self._line_of(device)
        where = _place(line)
        if where not in self._lines:
            on_it = [one for one in self._config.devices if _place(self._line_of(one)) == where]
            wires = [self._specs[one.spec].spec.link for one in on_it if not one.replay]
            self._lines[where] = self._open_line(
                line, [wire for wire in wires if isinstance(wire, ModbusWire)]
            )
        return self._lines[where]

    def _line_of(self, device: Device) -> Line:
        named = {line.name: line for line in self._config.lines}
        return named.get(device.line) or Line(name="own", host=device.host, port=device.port)

    def _open_line(self, line: Line, wires: Sequence[ModbusWire]) -> ModbusLine:
        """A line that waits as long as its slowest device needs; they agree on its speed."""
        from edge_drivers.links.modbus import ModbusLine

        link = wires[0]
        timeout = float(max(wire.timeout for wire in wires))
        if line.host:
            host, _, port = line.host.rpartition(":")
            return ModbusLine.tcp(host, int(port), clock=self._clock, timeout=timeout)
        return ModbusLine.rtu(
            line.port,
            clock=self._clock,
            baud=line.baud or link.baud,
            parity=line.parity or link.parity,
            stop_bits=line.stop_bits or link.stop_bits,
            timeout=timeout,
            quiet=float(max(wire.quiet for wire in wires)),
            latest=float(max(wire.latest for wire in wires)),
        )


def _place(line: Line) -> str:
    return line.host or line.port
