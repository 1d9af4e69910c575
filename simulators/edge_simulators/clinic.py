"""A clinic: one of each device in one process, and a file that says how to reach them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from edge_simulators.air import Air
from edge_simulators.device import Place, SimulatedDevice
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.modbus_tcp import TcpLine
from edge_simulators.radio import VirtualRadio
from edge_simulators.registers import LineDevice, ModbusDevice
from edge_simulators.xy_md02 import ClimateSensor

RESIDENTS = ("resident-1", "resident-2")
"""Opaque references, as the region gives them; each has the cuff's user slot of its number."""


def on_tcp(device: ModbusDevice, unit: int = 1, port: int = 0) -> LineDevice:
    """A Modbus device behind a TCP port of its own."""
    line = TcpLine({unit: device}, port=port)

    def link() -> dict[str, str | int]:
        host, bound = line.address
        return {"type": "modbus-tcp", "host": host, "port": bound, "unit": unit}

    return LineDevice(device, line, link)


def clinic_devices(air: Air, folder: Path) -> list[SimulatedDevice]:
    """One of each device."""
    journals = folder / "journal"
    return [
        HeartRateStrap(Place(alias="strap", journals=journals, resident=RESIDENTS[0]), air),
        on_tcp(ClimateSensor(Place(alias="fridge", journals=journals), "CLINIC-FRIDGE-1")),
    ]


class Clinic:
    """Devices, the radio that reaches some of them, and `clinic.json`.

    Args:
        folder: where `clinic.json` and the journals are.
        radio: its air has the peripherals.
        devices: all of them.
        port: of the radio's door; 0 takes a free one.
    """

    def __init__(
        self,
        folder: Path,
        radio: VirtualRadio,
        devices: Sequence[SimulatedDevice],
        port: int = 0,
    ) -> None:
        self.folder = folder
        self.devices = devices
        self._radio = radio
        self._port = port
        self.adapter = ""

    async def start(self) -> None:
        """Switch everything on and write `clinic.json`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.adapter = await self._radio.listen(port=self._port)
        for device in self.devices:
            await device.start()
        text = json.dumps(self.description(), indent=2, ensure_ascii=False)
        (self.folder / "clinic.json").write_text(text + "\n", encoding="utf-8")

    async def stop(self) -> None:
        """Switch everything off."""
        for device in self.devices:
            await device.stop()
        await self._radio.close()

    def description(self) -> dict[str, object]:
        """What `clinic.json` says."""
        return {
            "form": 1,
            "radio": self.adapter,
            "journal": str(self.folder / "journal"),
            "residents": [
                {"id": resident, "cuff_slot": str(slot)}
                for slot, resident in enumerate(RESIDENTS, start=1)
            ],
            "devices": [_device(device) for device in self.devices],
        }


def _device(device: SimulatedDevice) -> dict[str, object]:
    reach, place = device.reach(), device.place
    return {
        "alias": place.alias,
        "spec": reach.spec,
        "key": reach.key,
        "asset_tag": reach.asset_tag,
        "resident": place.resident,
        "slots": reach.slots or {},
        "link": reach.link,
    }
