"""A day of a home: everything goes wrong, nothing is lost, nothing is doubled.

The default tests play a short one, `./edge day` the whole: 100 stored readings, 20 disconnects, 3
kills of the agent, a clock that falls back, a battery that makes the meter count from 1 again.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edge_simulators.blood_pressure import BloodPressureCuff
from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.glucose import GlucoseMeter, Habit
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.peripheral import Peripheral
from edge_simulators.radio import VirtualRadio
from promise import Count, Gap, Made, Recorded, judge
from tests.support.agent import HEAD, Agent, Region
from tests.support.mosquitto import Mosquitto


@dataclass(frozen=True)
class Script:
    """What happens; `kills`, `clock` and `battery` say at which drop of a link.

    Attributes:
        stored, after: readings of the meter before and after its new battery.
        beats: notifications of the strap between two drops.
    """

    drops: int
    kills: tuple[int, ...]
    clock: int
    battery: int
    stored: int
    after: int
    beats: int


WHOLE = Script(drops=20, kills=(5, 10, 16), clock=8, battery=12, stored=60, after=40, beats=10)
SHORT = Script(drops=6, kills=(2,), clock=1, battery=3, stored=20, after=10, beats=1)
DAY = WHOLE if os.environ.get("EDGE_DAY") == "whole" else SHORT
BATTERY = "battery"
"""No reading of anybody's; one that is missed is read again at the next connection."""
RECORD = os.environ.get("EDGE_DAY_RECORD", "")
"""The file in which the day is told in figures; "" for none."""
BACK = -7 * 365 * 86_400.0
"""A clock that fell back to 2019."""


@pytest.fixture
def region(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Region]:
    region = Region(mosquitto.url, tmp_path)
    region.start()
    yield region
    region.stop()


class Home:
    """The devices of a home, and what they made."""

    def __init__(self, air: VirtualRadio, journals: Path) -> None:
        self.journals = journals
        self.meter = GlucoseMeter(
            Place(alias="meter", journals=journals),
            air.air,
            Habit(stored=DAY.stored, every=0, pace=0.005),
        )
        self.strap = HeartRateStrap(Place(alias="strap", journals=journals), air.air, every=0.1)
        self.cuff = BloodPressureCuff(
            Place(alias="cuff", journals=journals), air.air, {1: "a"}, every=0, bond=True
        )
        self.devices: tuple[Peripheral, ...] = (self.meter, self.strap, self.cuff)

    def tables(self) -> str:
        return "".join(
            f'[[device]]\nalias = "{one.place.alias}"\nspec = "{one.badge.spec}"\n'
            f'address = "{one.badge.address}"\n'
            for one in self.devices
        )

    def made(self) -> list[Made]:
        return [
            Made.of(json.loads(line))
            for file in self.journals.glob("*.jsonl")
            for line in file.read_text().splitlines()
        ]

    async def beats(self, number: int) -> None:
        """Wait until the strap has told so many more."""
        file = self.journals / "strap.jsonl"

        def told() -> int:
            return file.read_bytes().count(b"\n") if file.exists() else 0

        enough = told() + number
        await happens(lambda: told() >= enough, 60)

    async def drop(self, device: Peripheral) -> None:
        """Lose the link of a device that is connected."""
        await happens(lambda: vars(device)["_device"].connections, 60)
        await device.inflict(Fault("drop", 0.1))

    def new_battery(self) -> None:
        """The meter has lost its memory and counts from 1 again."""
        self.meter.memory.records.clear()
        vars(self.meter)["_numbers"] = itertools.count(1)


async def happens(condition: Callable[[], object], seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)


def frames(region: Region, part: str, device: str) -> list[dict[str, Any]]:
    return [f for f in region.payloads("frame") if (f["part"], f["device"]) == (part, device)]


def told(verdict: dict[tuple[str, str, str], Count], home: Home) -> dict[str, Any]:
    """What happened and what came of it."""
    alias = {one.badge.identity.key: one.place.alias for one in home.devices}
    return {
        "happened": asdict(DAY) | {"kills": len(DAY.kills), "clock": 1, "battery": 1},
        "came": [
            {
                "device": alias[device],
                "class": kept,
                "part": part,
                "made": one.made,
                "recorded": one.recorded,
                "in gaps": one.covered,
                "lost": len(one.lost),
                "doubled": len(one.doubled),
            }
            for (kept, device, part), one in sorted(verdict.items())
        ],
    }


async def test_a_scripted_day(mosquitto: Mosquitto, region: Region, tmp_path: Path) -> None:
    air = VirtualRadio()
    home = Home(air, tmp_path / "journal")
    for device in home.devices:
        await device.start()
    config = tmp_path / "agent.toml"
    radio = f'[ble]\nadapter = "{await air.listen()}"\n'
    config.write_text(HEAD.format(broker=mosquitto.url) + radio + home.tables())
    agent = Agent(config)
    agent.start()
    meter = home.meter.badge.identity.key
    for step in range(DAY.drops):
        home.cuff.measure(1, step)
        await home.beats(DAY.beats)
        await home.drop(home.devices[step % 3])
        if step in DAY.kills:
            await asyncio.to_thread(agent.end, signal.SIGKILL)
            agent.start()
        if step == DAY.clock:
            home.meter.set_clock(-86_400.0)
            home.cuff.set_clock(BACK)
        if step == DAY.battery:
            await happens(lambda: len(frames(region, "measurement", meter)) >= DAY.stored)
            home.new_battery()
        if step > DAY.battery:
            for minute in range(DAY.after // (DAY.drops - DAY.battery - 1) + 1):
                if len(home.meter.memory.records) < DAY.after:
                    home.meter.measure(
                        home.meter.clock.now() - timedelta(minutes=minute + 9 * step)
                    )
    await home.meter.inflict(Fault("drop", 0.1))  # connected, it would be asked in a minute only
    await happens(lambda: len(frames(region, "measurement", meter)) >= DAY.stored + DAY.after)
    await happens(lambda: not home.cuff.unconfirmed)
    for device in home.devices:
        await device.stop()
    await happens(
        lambda: (status := agent.status()) and not status.connected and not status.waiting
    )
    await asyncio.to_thread(agent.end)
    await air.close()

    made = [one for one in home.made() if one.part != BATTERY]
    came = [one for frame in region.payloads("frame") for one in Recorded.of(frame)]
    recorded = [one for one in came if one.part != BATTERY]
    gaps = [Gap.of(gap) for gap in region.payloads("gap") if gap.get("device")]
    verdict = judge(made, recorded, gaps, closed=max(one.at for one in made) + 1)
    if RECORD:
        await asyncio.to_thread(
            Path(RECORD).write_text, json.dumps(told(verdict, home), indent=1) + "\n"
        )
    failed = {key: (one.lost[:3], one.doubled[:3]) for key, one in verdict.items() if not one.holds}
    assert not failed
    of_meter = verdict["stored", meter, "measurement"]
    assert (of_meter.made, of_meter.recorded) == (DAY.stored + DAY.after, DAY.stored + DAY.after)
