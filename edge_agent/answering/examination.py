"""What the doctor looks at: the things of this box that the agent needs. Each check says a remedy.

A check never changes anything, never needs the agent to be stopped, and never speaks to a device.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import stat
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from edge_agent.config.settings import Config
from edge_agent.model.errors import FileError
from edge_agent.process.clock import BootClock, measure
from edge_agent.process.lock import is_held
from edge_agent.remote.publishing import broker_of
from edge_sync.keys import read_keys
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import BleWire

PATIENCE_S = 3.0
FREE_FAIL = 100_000_000
FREE_WARN = 1_000_000_000
BUILT = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock is right that reads earlier than this code was written."""


class Level(StrEnum):
    """How it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Result(msgspec.Struct, frozen=True):
    """What a check found.

    Attributes:
        check: what was looked at.
        level: how it is.
        said: a sentence.
        remedy: what to do about it; "" when it is well.
    """

    check: str
    level: Level
    said: str
    remedy: str = ""


Check = Callable[[], Iterator[Result]]


def examine(config: Config, specs: Mapping[str, LoadedSpec]) -> list[Result]:
    """All checks, at once where they wait for something."""
    checks: list[Check] = [
        lambda: _state(config.state_dir),
        lambda: _agent(config.state_dir),
        lambda: _disk(config.state_dir),
        _clock,
        lambda: _secrets(config),
        lambda: _keys(config),
        lambda: _broker(config),
        lambda: _radio(config, specs),
        lambda: _ports(config),
        lambda: _hosts(config),
        lambda: _replays(config),
        lambda: _records(config),
    ]
    with ThreadPoolExecutor(len(checks)) as threads:
        return [one for found in threads.map(_found, checks) for one in found]


def _found(check: Check) -> list[Result]:
    return list(check())


def _state(folder: Path) -> Iterator[Result]:
    near = next(one for one in (folder, *folder.parents) if one.exists())
    if near != folder and os.access(near, os.W_OK | os.X_OK):
        yield Result("state", Level.OK, f"{folder} will be made at the first start")
    elif near == folder and folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Result("state", Level.OK, f"{folder} can be written")
    else:
        user = pwd.getpwuid(os.geteuid()).pw_name
        remedy = f"chown {user} {near}, or set gateway.state_dir to a folder of {user}'s"
        yield Result("state", Level.FAIL, f"{user} cannot write {folder}", remedy)


def _agent(folder: Path) -> Iterator[Result]:
    try:
        runs = is_held(folder)
    except OSError as error:
        yield Result(
            "agent", Level.WARN, f"its lock cannot be read: {error.strerror}", "ask as its user"
        )
        return
    yield Result("agent", Level.OK, "an agent runs here" if runs else "no agent runs here now")


def _disk(folder: Path) -> Iterator[Result]:
    near = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(near).free
    said = f"{free / 1e9:.1f} GB are free"
    if free >= FREE_WARN:
        yield Result("disk", Level.OK, said)
    else:
        level = Level.FAIL if free < FREE_FAIL else Level.WARN
        yield Result("disk", level, said, f"make room on the disk of {near}")


def _clock() -> Iterator[Result]:
    mapping = measure(BootClock())
    now = mapping.wall(mapping.at)
    if now < BUILT:
        remedy = "set it (timedatectl set-time), and keep it with NTP or a clock chip"
        yield Result("clock", Level.FAIL, f"it says {now:%Y-%m-%d}, which is past", remedy)
    elif mapping.source == "ntp":
        width = mapping.uncertainty_ns / 1e9
        yield Result("clock", Level.OK, f"synchronised, within {width:.3f} s")
    else:
        remedy = "enable NTP: timedatectl set-ntp true"
        yield Result("clock", Level.WARN, "nobody vouches for the wall clock", remedy)


def _secrets(config: Config) -> Iterator[Result]:
    broker = config.broker
    for key in ("ca_file", "cert_file", "key_file", "password_file"):
        if file := str(getattr(broker, key)):
            yield _secret(f"broker.{key}", Path(file), private=key in ("key_file", "password_file"))


def _secret(check: str, file: Path, *, private: bool) -> Result:
    if not os.access(file, os.R_OK):
        said = f"{file} " + ("cannot be read" if file.exists() else "does not exist")
        return Result(check, Level.FAIL, said, "put it there, readable for the agent's user")
    if private and file.stat().st_mode & stat.S_IROTH:
        return Result(check, Level.WARN, f"everybody can read {file}", f"chmod 640 {file}")
    return Result(check, Level.OK, f"{file} can be read")


def _keys(config: Config) -> Iterator[Result]:
    for key in ("command_keys_file", "carry_key_file"):
        if file := str(getattr(config.region, key)):
            try:
                known = ", ".join(read_keys(Path(file)))
            except FileError as error:
                said = str(error).removesuffix(f"; {error.remedy}")
                yield Result(f"region.{key}", Level.FAIL, said, error.remedy)
            else:
                yield Result(f"region.{key}", Level.OK, f"keys: {known}")


def _broker(config: Config) -> Iterator[Result]:
    broker = broker_of(config, "doctor")
    host, port = broker.endpoint
    try:
        context = broker.tls()
    except OSError as error:
        said = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        remedy = "mend the certificates of [broker]; without them nobody can be trusted"
        yield Result("broker", Level.FAIL, said, remedy)
        return
    try:
        with socket.create_connection((host, port), PATIENCE_S) as plain:
            if context is None:
                yield Result("broker", Level.OK, f"{host}:{port} answers")
                return
            with context.wrap_socket(plain, server_hostname=host) as secure:
                yield Result("broker", Level.OK, f"{host}:{port} answers, {secure.version()}")
    except OSError as error:  # ssl.SSLError is one
        remedy = (
            "check url, network and its certificate; until then the agent keeps what it measures"
        )
        yield Result("broker", Level.FAIL, f"{host}:{port}: {error.strerror or error}", remedy)


def _radio(config: Config, specs: Mapping[str, LoadedSpec]) -> Iterator[Result]:
    wanted = any(
        isinstance(specs[one.spec].spec.link, BleWire) and not one.replay for one in config.devices
    )
    name = config.ble.adapter
    if not wanted:
        return
    if name.startswith("virtual:"):
        yield _reach("radio", name.removeprefix("virtual:tcp:"))
    elif not Path("/sys/class/bluetooth", name).exists():
        remedy = "plug a Bluetooth adapter in, or name it: [ble] adapter"
        yield Result("radio", Level.FAIL, f"there is no {name}", remedy)
    elif not Path("/run/dbus/system_bus_socket").exists():
        yield Result("radio", Level.FAIL, "D-Bus does not run", "apt install bluez dbus")
    else:
        yield Result("radio", Level.OK, f"{name} is there")


def _ports(config: Config) -> Iterator[Result]:
    named = [(f"line {line.name}", line.port) for line in config.lines]
    named += [(device.alias, device.port) for device in config.devices]
    for name, port in named:
        if port:
            yield _port(name, Path(port))


def _port(name: str, port: Path) -> Result:
    if not port.exists():
        others = sorted(str(path) for path in Path("/dev/serial/by-id").glob("*"))
        remedy = f"plug it in, or write one of: {', '.join(others) or 'none is plugged in'}"
        return Result(name, Level.FAIL, f"there is no {port}", remedy)
    if not os.access(port, os.R_OK | os.W_OK):
        group = grp.getgrgid(port.stat().st_gid).gr_name
        user = pwd.getpwuid(os.geteuid()).pw_name
        remedy = f"usermod -aG {group} {user}, and start again"
        return Result(name, Level.FAIL, f"{user} may not open {port}", remedy)
    return Result(name, Level.OK, f"{port} can be opened")


def _hosts(config: Config) -> Iterator[Result]:
    named = [(f"line {line.name}", line.host) for line in config.lines]
    named += [(device.alias, device.host) for device in config.devices]
    names = [name for name, host in named if host]
    hosts = [host for _, host in named if host]
    with ThreadPoolExecutor(16) as threads:
        yield from threads.map(_reach, names, hosts)


def _reach(name: str, place: str) -> Result:
    parts = urlsplit(f"//{place}")
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE_S).close()
    except OSError as error:
        remedy = "check address, cable and power"
        return Result(name, Level.FAIL, f"{place}: {error.strerror or error}", remedy)
    return Result(name, Level.OK, f"{place} answers")


def _replays(config: Config) -> Iterator[Result]:
    for device in config.devices:
        if device.replay and not Path(device.replay).is_file():
            said = f"there is no {device.replay}"
            yield Result(device.alias, Level.FAIL, said, "name a capture file")


def _records(config: Config) -> Iterator[Result]:
    for device in config.devices:
        folder = Path(device.record).parent
        if device.record and not os.access(folder, os.W_OK | os.X_OK):
            said = f"{folder} is no folder that can be written, nothing is recorded"
            yield Result(device.alias, Level.WARN, said, "name a file in gateway.state_dir")
