"""A whole clinic on one machine: devices, radio, gateway, broker and region, until Ctrl-C.

    ./edge demo [--kill SECONDS] [--keep DIR]

Everything but the devices is the real thing, each a process of its own: kill any of them and see.
`DEMO_SECONDS=30` ends it by itself; `DEMO_BROKER=mqtt://HOST:PORT` uses a broker of yours. The exit
status is 0 only if nothing that the devices made was lost or doubled (see `promise`).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import promise
import show
from programs import Program
from record import Region, journals
from settings import agent_config

FETCH_SECONDS = 60.0
DRAIN_SECONDS = 30.0
QUIET_LOOKS = 6
"""Looks at the region, 0.3 s apart, that find nothing new: then all has gone up."""
CALLING = 5.0
"""Seconds in which a broker of somebody else's has to answer."""
TOO_SOON = 3.0
"""A program that lives no longer than so many seconds will not live at all."""


def main() -> int:
    """Run the demo; the exit status says whether the promise held."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with tempfile.TemporaryDirectory(prefix="edge-demo-") as folder:
        demo = Demo(Path(options.keep or folder).resolve(), options.broker)
        try:
            demo.start()
            demo.run(options.seconds, options.kill)
        except KeyboardInterrupt:  # while it was starting
            return 130
        finally:
            demo.stop()
        return demo.verdict()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./edge demo", description="A whole clinic, here.")
    parser.add_argument("--seconds", type=float, default=os.environ.get("DEMO_SECONDS") or None)
    parser.add_argument("--broker", default=os.environ.get("DEMO_BROKER", ""), metavar="URL")
    parser.add_argument("--kill", type=float, metavar="SECONDS", help="kill -9 the agent then")
    parser.add_argument("--keep", metavar="DIR", help="keep databases, journals and logs there")
    return parser.parse_args()


def _check(broker: str) -> None:
    """Somebody answers there.

    Raises:
        SystemExit: nobody does.
    """
    where = urlsplit(broker)
    try:
        socket.create_connection((where.hostname or "", where.port or 1883), CALLING).close()
    except OSError as error:
        raise SystemExit(
            f"demo: no broker answers at {broker}: {error}. Start one, or leave DEMO_BROKER out"
        ) from error


def say(text: str) -> None:
    """One line with the time."""
    print(f"{datetime.now(tz=UTC).astimezone():%H:%M:%S}  {text}", flush=True)


class Demo:
    """The programs and the story they tell.

    Args:
        folder: where all of it lives.
        broker: URL of a broker, "" for the embedded one.
    """

    def __init__(self, folder: Path, broker: str) -> None:
        self.folder = folder
        self.broker = broker
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.config = folder / "agent.toml"
        self.programs: list[Program] = []
        self.since = datetime.now(tz=UTC)
        self.clinic: dict[str, Any] = {}
        self._unbound: list[dict[str, str]] = []
        self.closed = 0
        self._silence = 0

    def start(self) -> None:
        """Start everything, the agent last."""
        say("starting broker, region, the clinic's devices and the gateway's agent")
        if self.broker:
            _check(self.broker)
        else:
            broker = self._program(
                "broker", "python", str(Path(__file__).with_name("broker.py")), "0"
            )
            place = broker.await_line("listening on ").split()[-1]
            broker.command[-1] = place.rpartition(":")[2]  # started again, it listens there
            self.broker = f"mqtt://{place}"
        database = self.folder / "region.sqlite"
        root = f"demo-{os.getpid()}"
        self._program(
            "region", "edge-region", self.broker, str(database), "--root", root, "--client-id", root
        ).await_line("ready")
        self.devices = self._program(
            "devices", "edge-simulator", "clinic", "--dir", str(self.folder / "clinic")
        )
        self.devices.await_line("ready")
        self.clinic = json.loads((self.folder / "clinic" / "clinic.json").read_text())
        self.aliases = {device["key"]: device["alias"] for device in self.clinic["devices"]}
        self._unbound = [
            {"alias": device["alias"], "slot": slot, "subject": subject}
            for device in self.clinic["devices"]
            for slot, subject in device["slots"].items()
        ]
        self.config.write_text(agent_config(self.clinic, self.folder / "state", self.broker, root))
        self.agent = self._program("agent", "edge-agent", "run", "--config", str(self.config))
        self.region = Region(database)
        self.story = show.Story(self.aliases)
        say(f"the agent is process {self.agent.pid}: kill -9 it whenever you like")

    def _program(self, name: str, *command: str) -> Program:
        program = Program(name, command, self.logs)
        program.start()
        self.programs.append(program)
        return program

    def run(self, seconds: float | None, kill: float | None) -> None:
        """Show what arrives until the time is over or Ctrl-C."""
        begun = time.monotonic()
        try:
            while seconds is None or time.monotonic() - begun < seconds:
                if kill is not None and time.monotonic() - begun >= kill:
                    say("kill -9 of the agent, as a power cut would")
                    self.agent.kill()
                    kill = None
                self._tick()
                time.sleep(0.3)
        except KeyboardInterrupt:
            print(flush=True)

    def _tick(self) -> None:
        for program in self.programs:
            if not program.alive:
                if program.age < TOO_SOON:
                    raise SystemExit(f"demo: {program.name} dies{program.last_words()}")
                say(f"{program.name} is dead; starting it again, as systemd would")
                program.start()
        self._bind()
        self._show()

    def _show(self) -> bool:
        """Tell what is new at the region; whether there was anything but devices' comings."""
        fresh = list(self.region.fresh())
        for record in fresh:
            for line in self.story.tell(record):
                say(line)
        return any(record["type"] != "status" for record in fresh)

    def _bind(self) -> None:
        """Say whose the cuff's user slots are, as the clinic's staff would, once it is known."""
        if self._unbound and self._ask_to_bind(self._unbound[0]):
            self._unbound.pop(0)

    def _ask_to_bind(self, wish: dict[str, str]) -> bool:
        asked = Program(
            "bind",
            [
                "edge-agent", "bind", wish["alias"], wish["subject"], "--slot", wish["slot"],
                "--how", "slot", "--since", self.since.isoformat(), "--config", str(self.config),
            ],
            self.logs,
        )  # fmt: skip
        status: int = asked.run()
        return status == 0

    def stop(self) -> None:
        """The devices first; then all that they made goes up; then the rest."""
        if not self.clinic:
            self._stop_all()
            return
        say("closing: what the devices have stored is fetched, then they stop")
        self.closed = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._until(self._whole, FETCH_SECONDS)
        self.devices.stop()
        self._until(self._quiet, DRAIN_SECONDS)
        self._stop_all()

    def _until(self, done: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not done() and time.monotonic() < deadline:
            time.sleep(0.3)

    def _whole(self) -> bool:
        """Whether all are bound, each device was heard, and what was stored is on record."""
        self._bind()
        self._show()
        made = list(journals(self.folder / "clinic" / "journal"))
        stored = {(m.device, m.name) for m in made if m.kept != "live" and m.at <= self.closed}
        fetched = stored <= {(one.device, one.name) for one in self.region.frames()}
        return fetched and not self._unbound and not self._silent(made)

    def _silent(self, made: Sequence[promise.Made]) -> list[str]:
        """The devices that made nothing."""
        heard = {one.device for one in made}
        return [one["alias"] for one in self.clinic["devices"] if one["key"] not in heard]

    def _quiet(self) -> bool:
        """Whether nothing has come for a while."""
        self._silence = 0 if self._show() else self._silence + 1
        return self._silence >= QUIET_LOOKS

    def _stop_all(self) -> None:
        for program in reversed(self.programs):
            program.stop()

    def verdict(self) -> int:
        """Print the count and say whether the promise held."""
        made = list(journals(self.folder / "clinic" / "journal"))
        recorded = list(self.region.frames())
        counts = promise.judge(made, recorded, self.region.gaps(), self.closed)
        print("\n".join(["", *show.table(counts, self.aliases), ""]))
        wrong = promise.wrong_residents(made, recorded, self.region.whose())
        silent = self._silent(made)
        shared = [one for one in recorded if one.slot]
        print(f"shared cuff: {len(shared)} readings, {len(wrong)} with the wrong resident")
        print(f"sent again and recognised by the region: {self.region.repeats()}")
        if silent:
            print(f"devices that made nothing, so that nothing is shown: {', '.join(silent)}")
        held = all(count.holds for count in counts.values())
        held = held and not wrong and not silent and bool(shared)
        print("the promise holds: nothing lost, nothing twice" if held else "THE PROMISE IS BROKEN")
        return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
