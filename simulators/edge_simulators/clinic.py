"""Devices that run together, the radio that reaches some of them, and the file that tells how."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from edge_simulators.control import Control
from edge_simulators.device import SimulatedDevice
from edge_simulators.modbus_bench import SPEC as BENCH
from edge_simulators.modbus_bench import SPEC_TEXT
from edge_simulators.orders import RESIDENTS, Make, Order
from edge_simulators.radio import VirtualRadio


class Clinic:
    """Devices, their radio, their control socket and `clinic.json`.

    Args:
        order: what is made; its folder gets everything.
        make: makes the devices.
        port: of the radio's door; 0 takes a free one.

    Attributes:
        devices: by alias.
        adapter: name of the radio for gateways, once started.
        control: takes commands for the devices.
    """

    def __init__(self, order: Order, make: Make, port: int = 0) -> None:
        self.folder = order.folder
        self.radio = VirtualRadio()
        self.devices = {d.place.alias: d for d in make(order, self.radio.air)}
        self.adapter = ""
        self.control = Control(self.devices)
        self._port = port
        self._scheduled: list[asyncio.Future[None]] = []

    async def start(self, faults: Sequence[str] = ()) -> None:
        """Switch everything on, write `clinic.json`, and let faults come in their time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.adapter = await self.radio.listen(port=self._port)
        for device in self.devices.values():
            await device.start()
        await self.control.open(self.folder / "control")
        self._write()
        self._scheduled = [asyncio.ensure_future(self.control.later(fault)) for fault in faults]

    async def stop(self) -> None:
        """Switch everything off."""
        for fault in self._scheduled:
            fault.cancel()
        await self.control.close()
        await self.radio.close()
        for device in self.devices.values():
            await device.stop()

    def description(self) -> dict[str, object]:
        """What `clinic.json` says."""
        return {
            "form": 1,
            "radio": self.adapter,
            "journal": str(self.folder / "journal"),
            "control": str(self.folder / "control"),
            "residents": [
                {"id": resident, "cuff_slot": str(slot)}
                for slot, resident in enumerate(RESIDENTS, start=1)
            ],
            "devices": [_described(device) for device in self.devices.values()],
        }

    def _write(self) -> None:
        """Write what gateways need; `clinic.json` appears whole."""
        if any(device.reach().spec == BENCH for device in self.devices.values()):
            (self.folder / "specs").mkdir(exist_ok=True)
            (self.folder / "specs" / f"{BENCH}.toml").write_text(SPEC_TEXT, encoding="utf-8")
        draft = self.folder / "clinic.json.new"
        text = json.dumps(self.description(), indent=2, ensure_ascii=False) + "\n"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.folder / "clinic.json")


def _described(device: SimulatedDevice) -> dict[str, object]:
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


def lines(clinic: Clinic, folder: Path) -> list[str]:
    """How to reach everything, a line each, for people."""
    devices = [f"{alias:<12}{d.reach().line}" for alias, d in clinic.devices.items()]
    return [f"{'radio':<12}{clinic.adapter}", *devices, f"{'told in':<12}{folder}/clinic.json"]
