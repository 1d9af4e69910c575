"""Polls a second of thirty sensors on one RTU line at 9600 baud, beside what the wire can carry.

The sensors ask for more than the line gives (ten polls a second each), so it is always full. The
drivers run here, with commits that return at once; the sensors are a process of their own.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from edge_agent.model.devices import DeviceStatus
from edge_agent.model.frames import Frame
from edge_agent.model.records import Record
from edge_agent.model.seams import Mark
from edge_agent.process.clock import BootClock
from edge_drivers.driver import Driver
from edge_drivers.links.modbus import CHARACTER_BITS, PAUSE_CHARACTERS, ModbusLine
from edge_drivers.links.modbus_link import ModbusLink
from edge_drivers.settings import DeviceSettings
from figures import Figure, Outcome
from firmware_specs import catalog
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import Registers
from scene import HERE
from sensors import BAUD, SENSORS

QUESTION, ANSWER = 8, 9
"""Octets of a request, and of the answer of two registers."""
LEAST = 5
"""Polls of each sensor without which the figures say nothing."""


def measure(options: Namespace) -> Iterator[Outcome]:
    """A clean line, and one on which each hundredth answer is damaged."""
    for share in (0.0, 0.01):
        yield _run(share, min(options.warm_up, 2), options.seconds)


def _run(share: float, warm_up: float, seconds: float) -> Outcome:
    with TemporaryDirectory() as folder:
        port = Path(folder) / "line"
        words = [sys.executable, str(HERE / "sensors.py"), str(port), str(share)]
        with subprocess.Popen(words) as process:
            try:
                return asyncio.run(_drive(port, share, warm_up, seconds))
            finally:
                process.terminate()


class _Taker:
    """The far side of the drivers: counts what comes."""

    def __init__(self) -> None:
        self.frames: Counter[str] = Counter()
        self.all_came = asyncio.Event()

    async def deliver(
        self, records: Sequence[Record], *, marks: Sequence[Mark] = (), urgent: bool = False
    ) -> None:
        self.frames.update(one.device for one in records if isinstance(one, Frame))
        if len(self.frames) == SENSORS:
            self.all_came.set()

    async def mark(self, device: str, name: str) -> str | None:
        return None

    def report(self, status: DeviceStatus) -> None:
        pass


async def _drive(port: Path, share: float, warm_up: float, seconds: float) -> Outcome:
    clock, taker, spec = BootClock(), _Taker(), _greedy()
    line = ModbusLine.rtu(str(port), clock=clock, baud=BAUD)
    drivers = [_driver(line, spec, unit, clock, taker) for unit in range(1, SENSORS + 1)]
    tasks = [asyncio.create_task(driver.run()) for driver in drivers]
    await taker.all_came.wait()
    await asyncio.sleep(warm_up)
    taker.frames.clear()
    damaged = _damaged(drivers)
    began, worked = time.monotonic(), time.process_time()
    await asyncio.sleep(seconds)
    passed, worked = time.monotonic() - began, time.process_time() - worked
    found, damaged = dict(taker.frames), _damaged(drivers) - damaged
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await line.close()
    return _outcome(share, found, damaged, passed, worked)


def _driver(
    line: ModbusLine, spec: LoadedSpec, unit: int, clock: BootClock, taker: _Taker
) -> Driver:
    return Driver(
        DeviceSettings(f"sensor-{unit}", spec, f"SENSOR-{unit}", "Asia/Shanghai"),
        lambda: ModbusLink(line, spec, unit, f"SENSOR-{unit}"),
        epoch="bench",
        clock=clock,
        deliver=taker.deliver,
        marks=taker,
        report=taker.report,
    )


def _greedy() -> LoadedSpec:
    """The climate sensor, polled ten times a second."""
    loaded = catalog.find("xy-md02")
    part = loaded.spec.parts["climate"]
    often = Registers(function=4, address=1, count=2, every=Decimal("0.1"))
    parts = {**loaded.spec.parts, "climate": msgspec.structs.replace(part, registers=often)}
    return msgspec.structs.replace(loaded, spec=msgspec.structs.replace(loaded.spec, parts=parts))


def _damaged(drivers: Sequence[Driver]) -> int:
    return sum(driver.diagnostics.counts.get("ChecksumError", 0) for driver in drivers)


def _outcome(
    share: float, found: dict[str, int], damaged: int, passed: float, worked: float
) -> Outcome:
    characters = QUESTION + ANSWER + 2 * PAUSE_CHARACTERS
    wire = BAUD / (characters * CHARACTER_BITS)
    rate, each = sum(found.values()) / passed, sorted(found.values()) or [0]
    few = len(found) < SENSORS or each[0] < LEAST
    case = f"{SENSORS} sensors on one line at {BAUD} baud, {share:.0%} of the answers damaged"
    figures = (
        Figure("polls", rate, "/s"),
        Figure("what the wire can carry", wire, "/s"),
        Figure("share of it", 100 * rate / wire, "%"),
        Figure("damaged answers, counted as such", damaged / passed, "/s"),
        Figure("polls of the least served sensor", each[0] / passed, "/s"),
        Figure("polls of the most served sensor", each[-1] / passed, "/s"),
        Figure("processor", 100 * worked / passed, "% of a core"),
        Figure("processor for each poll", 1e6 * worked / max(sum(found.values()), 1), "us"),
    )
    return Outcome("modbus", case, figures, "a sensor was hardly served" if few else "")
