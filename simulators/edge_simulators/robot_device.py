"""The simulated robot as a device that a technician starts: `edge-simulator wwks2-robot`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.device import Place, Reach, cannot
from edge_simulators.faults import Fault
from edge_simulators.wwks2_robot import RobotSimulator

SHELVES = {"6901234567892": 20, "6907654321098": 5, "6900000000001": 0}
"""Packs of each article, by the EAN of nobody's medicine."""


class RobotDevice:
    """A robot; what it knows of orders survives in the memory file.

    Args:
        place: where it is in the clinic.
        asset_tag: what a person wrote on it.
        memory: the file of what survives.
        port: TCP port; 0 takes a free one.
    """

    def __init__(self, place: Place, asset_tag: str, memory: Path, port: int = 0) -> None:
        self.place = place
        self.robot = RobotSimulator(memory, seed=place.seed, pace=1.0, port=port)
        self.robot.stock = dict(SHELVES)
        self._asset_tag = asset_tag
        self._memory = memory
        self._mishap: asyncio.Task[None] | None = None

    def reach(self) -> Reach:
        """Its host and port, for `[[robot]]`."""
        port = self.robot.port
        return Reach(
            spec="",
            key=DeviceIdentity(asset_tag=self._asset_tag).key,
            link={"type": "wwks2", "host": "127.0.0.1", "port": port},
            line=f"wwks 2.0 127.0.0.1:{port}",
            asset_tag=self._asset_tag,
        )

    async def start(self) -> None:
        """Switch it on."""
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        await self.robot.start()

    async def stop(self) -> None:
        """Pull its plug."""
        if self._mishap:
            self._mishap.cancel()
        await self.robot.stop()

    async def inflict(self, fault: Fault) -> None:
        """It loses its power, answers nobody, or jams, for so many seconds."""
        happening = {"drop": self._drop, "vanish": self._vanish, "jam": self._jam}
        if fault.kind not in happening:
            raise cannot(self.place, fault)
        if self._mishap:
            self._mishap.cancel()
        self._mishap = asyncio.create_task(happening[fault.kind](fault.amount))

    async def _drop(self, seconds: float) -> None:
        await self.robot.stop()
        await asyncio.sleep(seconds)
        await self.robot.start()

    async def _vanish(self, seconds: float) -> None:
        await self._mishaps(seconds, lose_answer=1.0, lose_message=1.0)

    async def _jam(self, seconds: float) -> None:
        await self._mishaps(seconds, jam=1.0)

    async def _mishaps(self, seconds: float, **probable: float) -> None:
        before = self.robot.mishaps
        self.robot.mishaps = replace(before, **probable)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.robot.mishaps = before
