"""`./edge campaign`: thousands of orders on real Modbus, with bad luck at every step, counted.

The dispenser and its wire are here; the agent's half (`pharmacist.py`) is a process of its own that
is killed with SIGKILL again and again. Orders come late, twice and in another order. At the end
what the store says is compared with what truly fell out. The exit status says whether all of it
held; `--library-retries` is the negative control, in which it does not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from edge_agent.dispensing.dispensary import tag
from edge_agent.model.commands import Command
from edge_simulators.device import Place
from edge_simulators.dispenser import Dispenser
from edge_simulators.dispenser_plc import PlcDispenser
from edge_simulators.modbus_tcp import TcpLine
from edge_simulators.registers import LineDevice
from edge_sync.keys import Signer, make_signer
from edge_sync.region.ordering import signed_message
from mischief import AWAY_S, BadWire, befall
from pharmacist import DRUG, KEY
from verdict import Ending, Verdict, by_tag, by_time, endings, judge, read_drops

PACE_S = 0.003
AT_ONCE = 8
"""Orders that are on their way at a time."""
LOOK_S = 0.3
TOO_LONG_S = 60.0
"""Without a single new result, something hangs."""


class Campaign:
    """One run.

    Args:
        options: of the command line.
        folder: for the store, the keys and the dispenser's memory.
    """

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._random = Random(options.seed)  # noqa: S311 - luck, not secrets
        self.wire = BadWire(self._random, options.chance)
        self.counts = self.wire.counts
        self._device = self._dispenser()
        self._line = TcpLine({1: self._device})
        self._line.tampering = self.wire
        self._attached = LineDevice(self._device, self._line, dict)
        self._amounts: dict[str, int] = {}
        self._messages: dict[str, bytes] = {}
        self._began: list[tuple[int, str]] = []
        self._ended: dict[str, Ending] = {}
        self._unknown: set[str] = set()
        self._process: asyncio.subprocess.Process | None = None
        self._ready = asyncio.Event()
        self._is_down = True

    def _dispenser(self) -> Dispenser | PlcDispenser:
        place, memory = Place(alias="pills"), self._folder / "memory.json"
        if self._options.spec == "dispenser":
            device: Dispenser | PlcDispenser = Dispenser(place, "PILLS", memory, every=0)
        else:
            device = PlcDispenser(place, "PILLS", memory)
        device.motor.pace = PACE_S
        return device

    async def run(self) -> Verdict:
        """From the first order to the verdict."""
        self._order()
        await self._attached.start()
        await self._begin()
        tasks = [
            asyncio.create_task(self._feed()),
            asyncio.create_task(self._kill_often()),
            asyncio.create_task(self._refill()),
            asyncio.create_task(
                befall(self._attached, self._random, self.counts, self._options.often)
            ),
        ]
        try:
            await self._watch(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._end()
            await self._attached.stop()
        return self._judge()

    # Orders

    def _order(self) -> None:
        """Signed orders; one in a hundred is too old."""
        signer = make_signer(self._folder / "region.pem")
        (self._folder / "keys").write_text(signer.public_line + "\n")
        channels = 4 if self._options.spec == "dispenser" else 2
        for number in range(self._options.orders):
            name = f"order-{number:05}"
            self._amounts[name] = amount = self._random.randint(1, 3)
            channel = self._random.randint(1, channels)
            self._messages[name] = self._message(signer, name, channel, amount)

    def _message(self, signer: Signer, name: str, channel: int, amount: int) -> bytes:
        life = timedelta(days=-1 if self._random.random() < 0.01 else 1)
        command = Command(
            id=name,
            kind="dispense",
            expires=(datetime.now(UTC) + life).isoformat(),
            device=KEY,
            arguments={
                "prescription": f"rx-{name}",
                "subject": "resident-1",
                "drug": DRUG,
                "channel": channel,
                "amount": amount,
            },
            gateway="campaign",
        )
        return signed_message(command, signer)

    async def _feed(self) -> None:
        """Send them out of order, some twice, and again what a kill may have lost."""
        waiting = list(self._amounts)
        for start in range(0, len(waiting), 10):
            window = waiting[start : start + 10]
            self._random.shuffle(window)
            waiting[start : start + 10] = window
        out: list[str] = []
        process = self._process
        while True:
            out = [name for name in out if name not in self._ended]
            if process is not self._process:  # another life: what was not concluded comes again
                process, waiting, out = self._process, out + waiting, []
            if not waiting or len(out) >= AT_ONCE or self._device.is_barred:
                await asyncio.sleep(0.02)
                continue
            name = waiting.pop(0)
            if self._random.random() < 0.1:
                waiting.insert(self._random.randint(0, min(60, len(waiting))), name)
                self.counts["order twice"] += 1
            out.append(name)
            self._say(f"{name} {b64encode(self._messages[name]).decode()}")

    async def _refill(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._device.refill()

    # The agent's half

    async def _begin(self) -> None:
        port = self._line.address[1]
        retries = ["--library-retries"] if self._options.library_retries else []
        program = Path(__file__).with_name("pharmacist.py")
        self._ready.clear()
        with (self._folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-W", "error", str(program), self._options.spec, str(port), str(self._folder)),
                *retries,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self._ears = asyncio.create_task(self._hear(self._process))
        async with asyncio.timeout(TOO_LONG_S):
            await self._ready.wait()
        self._is_down = False

    async def _end(self) -> None:
        self._is_down = True
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._ears

    async def _kill_often(self) -> None:
        until = self._random.randint(1, 2 * self._options.kill_every)
        while True:
            await asyncio.sleep(self._random.uniform(0, 0.2))
            if len(self._ended) < until:
                continue
            until = len(self._ended) + self._random.randint(1, 2 * self._options.kill_every)
            await self._end()
            self.counts["kill -9"] += 1
            await self._begin()

    def _say(self, line: str) -> None:
        if self._process and self._process.stdin:
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(line.encode() + b"\n")

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout  # noqa: S101 - a pipe, as it was asked for
        while line := await process.stdout.readline():
            if not line.endswith(b"\n"):
                continue  # killed in the middle of a word
            said = json.loads(line)
            if "ready" in said:
                self._ready.set()
            if "began" in said:
                self._began.append((said["at"], said["began"]))
            if said.get("outcome") == "unknown":
                self._unknown.add(said["ends"])

    # The end

    async def _watch(self, tasks: list[asyncio.Task[None]]) -> None:
        """Until every order is final, and no order is open for a person to settle."""
        changed = time.monotonic()
        while len(self._ended) < len(self._amounts) or self._open():
            await asyncio.sleep(LOOK_S)
            if failed := [task for task in tasks if task.done()]:
                failed[0].result()
            if self._ears.done() and not self._is_down:
                raise RuntimeError("the agent's half ended: " + _tail(self._folder / "log"))
            now = await asyncio.to_thread(endings, self._folder / "buffer.sqlite")
            if now != self._ended:
                changed = time.monotonic()
            self._ended = now
            if time.monotonic() - changed > TOO_LONG_S:
                break
            if self._open():
                await self._settle()

    def _open(self) -> list[str]:
        return [n for n, end in self._ended.items() if end.outcome == "unknown"]

    async def _settle(self) -> None:
        """A person looks into the tray once nothing can move any more, and says what is there."""
        await asyncio.sleep(AWAY_S if self._line.muted else 1.0)
        fallen = self._fallen()
        for name in self._open():
            count, amount = fallen[name], self._amounts[name]
            outcome = "done" if count >= amount else "partial" if count else "not-done"
            self._say(f"@{name} {outcome} {count}")
        await asyncio.sleep(LOOK_S)

    def _fallen(self) -> Counter[str]:
        drops = read_drops(self._folder / "memory.drops.jsonl")
        if self._options.spec == "dispenser":
            return by_tag(drops, {tag(name): name for name in self._amounts})
        return by_time(drops, self._began)

    def _judge(self) -> Verdict:
        self.counts["settled by a person"] = len(self._unknown)
        return judge(self._amounts, self._ended, self._fallen())


def _tail(log: Path) -> str:
    return log.read_text()[-2000:]


def show(options: argparse.Namespace, campaign: Campaign, found: Verdict, seconds: float) -> None:
    """The table."""
    print(f"{options.orders} orders on `{options.spec}`, seed {options.seed}, {seconds:.0f} s")
    print(f"{3600 * options.orders / seconds:.0f} orders an hour, {found.fallen} packs fell")
    for title, counted in (("what happened", campaign.counts), ("recorded", found.outcomes)):
        print(f"{title}:")
        for name, number in sorted(counted.items()):
            print(f"    {name:<22}{number:>7}")
    for title, names in (
        ("dispensed beyond their amount", found.beyond),
        ("results lost", found.lost),
        ("outcomes that are not true", found.false),
    ):
        print(f"{title:<32}{len(names):>7}  {' '.join(names[:5])}")


async def campaign(options: argparse.Namespace) -> Verdict:
    """One run in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        one = Campaign(options, Path(folder))
        began = time.monotonic()
        found = await one.run()
        show(options, one, found, time.monotonic() - began)
        if not found.holds and options.keep:
            await asyncio.to_thread(shutil.copytree, folder, options.keep, dirs_exist_ok=True)
    return found


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--spec", choices=("dispenser", "dispenser-plc"), default="dispenser")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--chance", type=float, default=0.06, help="of bad luck, for each write")
    parser.add_argument("--often", type=float, default=0.1, help="how often the device suffers")
    parser.add_argument("--kill-every", type=int, default=60, help="orders, on average")
    parser.add_argument("--library-retries", action="store_true", help="the negative control")
    parser.add_argument("--keep", type=Path, help="folder for what is left of a run that failed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(campaign(parse())).holds else 1)
