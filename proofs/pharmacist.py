"""The half of a campaign that is killed: store, signed orders, dispensary, Modbus; no broker.

It is the agent's own parts, put together as `edge_agent.agent` does. Orders come in on standard
input, a signed message a line in base64; what it has taken and begun, and how it ended, goes out,
a JSON object a line. `@ORDER OUTCOME COUNT` is a person who settles an order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import struct
import sys
import time
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import msgspec
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

from edge_agent.config.settings import Broker, Config, Device, Gateway, Region
from edge_agent.control.asked import LoadChannel, SettleOrder
from edge_agent.dispensing.counter import Counter
from edge_agent.dispensing.dispensary import Dispensary, Journal
from edge_agent.dispensing.shelf import Shelf
from edge_agent.model.backoff import Backoff
from edge_agent.model.commands import Command, Conclusion
from edge_agent.model.errors import CommandError, LinkTimeoutError, LinkUnavailableError
from edge_agent.model.times import Measured
from edge_agent.process.clock import BootClock
from edge_drivers.dispensing.registers import Profile
from edge_drivers.links.modbus import ModbusLine
from edge_drivers.links.modbus_link import ModbusLink
from edge_drivers.procedures.dispense import Station, Wire
from edge_sync.commands import Inbox, Terms
from edge_sync.keys import read_keyring
from edge_sync.store import Store
from firmware_specs import catalog

KEY = "tag:PILLS"
DRUG, BATCH = "amlodipine-5", "B7"
TIMEOUT_S = 0.08
LATER_S = 0.01
SETTLE_S = 0.6
PATIENCE_S = 4.0


def say(**said: object) -> None:
    """A line for the campaign."""
    print(json.dumps({"at": time.clock_gettime_ns(time.CLOCK_BOOTTIME)} | said), flush=True)


class Telling:
    """A handler that says what it does."""

    def __init__(self, handler: Dispensary) -> None:
        self._handler = handler

    async def act(self, command: Command) -> Conclusion:
        """See `CommandHandler`."""
        say(began=command.id)
        return _told(command, await self._handler.act(command))

    async def recover(self, command: Command) -> Conclusion:
        """See `CommandHandler`."""
        say(recovers=command.id)
        return _told(command, await self._handler.recover(command))


def _told(command: Command, end: Conclusion) -> Conclusion:
    say(ends=command.id, outcome=end.outcome.value, count=end.count, reason=end.reason)
    return end


def profile(spec: str) -> Profile:
    """A packaged profile, as quick as a simulator."""
    found = catalog.find(spec).spec
    rules = found.dispensing
    if rules is None:
        raise ValueError(f"{spec} dispenses nothing")
    settle = Decimal(str(SETTLE_S)) if rules.sequence is None else rules.settle
    quick = msgspec.structs.replace(rules, patience=Decimal(str(PATIENCE_S)), settle=settle)
    return Profile(msgspec.structs.replace(found, dispensing=quick))


class LibraryWire:
    """The negative control: pymodbus as it comes, with the retries that it makes by itself."""

    def __init__(self, spec: str, port: int) -> None:
        parts = catalog.find(spec).spec.parts
        self._blocks = {name: part.registers for name, part in parts.items() if part.registers}
        self._client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=TIMEOUT_S)

    async def connect(self) -> None:
        """See `Wire`."""
        if not self._client.connected and not await self._client.connect():
            raise LinkUnavailableError("nobody listens")

    async def read(self, part: str) -> bytes:
        """See `Wire`."""
        block = self._blocks[part]
        ask = self._client.read_holding_registers
        if block.function == 4:
            ask = self._client.read_input_registers
        try:
            answer = await ask(block.address, count=block.count)
        except ModbusException as error:
            raise LinkTimeoutError(str(error)) from error
        return struct.pack(f">{len(answer.registers)}H", *answer.registers)

    async def write(self, part: str, octets: bytes) -> None:
        """See `Wire`."""
        words = list(struct.unpack(f">{len(octets) // 2}H", octets))
        try:
            await self._client.write_registers(self._blocks[part].address, words)
        except ModbusException as error:
            raise LinkTimeoutError(str(error)) from error


def wire(options: argparse.Namespace, clock: BootClock) -> Wire:
    """The way to the dispenser: ours, or the library's."""
    if options.library_retries:
        return LibraryWire(options.spec, options.port)
    line = ModbusLine.tcp("127.0.0.1", options.port, clock=clock, timeout=TIMEOUT_S)
    return ModbusLink(line, catalog.find(options.spec), 1, "PILLS")


async def main(options: argparse.Namespace) -> None:
    """Work until it is killed."""
    clock = BootClock()
    async with await Store.open(options.folder / "buffer.sqlite") as store:
        shelf = Shelf(store, KEY)
        station = Station(
            profile(options.spec),
            wire(options, clock),
            Journal(store, shelf),
            later=LATER_S,
            patience=PATIENCE_S,
        )
        handler = Dispensary(store, clock, lambda: "2026-11-22", {KEY: station})
        counter = Counter(store, config(options.folder), clock)
        for channel in range(1, station.profile.rules.channels + 1):
            if not await shelf.loaded(channel):
                load = LoadChannel("pills", channel, DRUG, BATCH, "2030-01-01", "campaign")
                await counter.load(load)
        terms = Terms(
            "campaign",
            read_keyring(options.folder / "keys"),
            {"dispense": Telling(handler)},
            lambda: Measured(datetime.now(UTC), timedelta(milliseconds=1)),
        )
        inbox = Inbox(store, clock, terms, lambda: Backoff(0.05, 1, random.random))
        say(ready=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inbox.run())
            tasks.create_task(_listen(inbox, counter))


def config(folder: Path) -> Config:
    """As much of a configuration as the counter reads."""
    return Config(
        gateway=Gateway(name="campaign", zone="UTC", state_dir=str(folder)),
        region=Region(site="campaign"),
        broker=Broker(url="mqtt://127.0.0.1"),
        devices=(Device(alias="pills", spec="dispenser", asset_tag="PILLS"),),
    )


async def _listen(inbox: Inbox, counter: Counter) -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().strip():
        if line.startswith("@"):
            order, outcome, count = line[1:].split()
            with contextlib.suppress(CommandError):  # it is settled already
                await counter.settle(SettleOrder(order, outcome, "campaign", int(count)))
            continue
        name, _, message = line.partition(" ")
        if not inbox.put(b64decode(message), partial(say, taken=name)):
            say(lost=name)


def options() -> argparse.Namespace:
    """What the campaign says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spec")
    parser.add_argument("port", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--library-retries", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(options()))
