"""What commands share: the configuration, asking the agent or doing it alone, showing it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from edge_agent.config.parse import parse, text_of
from edge_agent.config.remote import Remote, digest
from edge_agent.config.settings import Config
from edge_agent.control.answered import Reply
from edge_agent.control.asked import Request
from edge_agent.model.errors import EdgeError, FileError
from firmware_specs.spec.types import LoadedSpec

CONFIG = Path("/etc/edge-agent/agent.toml")
R = TypeVar("R", bound=Reply)


class Loaded(msgspec.Struct, frozen=True):
    """A checked configuration and the specs by name."""

    config: Config
    specs: dict[str, LoadedSpec]


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config`."""
    parser.add_argument(
        "--config", type=Path, default=CONFIG, metavar="FILE", help=f"configuration ({CONFIG})"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def load(file: Path) -> Loaded:
    """Read and check the configuration in force: the file's, or the region's over it.

    Raises:
        ExceptionGroup: of `FileError`: all that is wrong with it.
    """
    own, base = load_own(file)
    given = Remote(own.config.state_dir, base).read().kept
    try:
        return load_text(given.text, file) if given else own
    except ExceptionGroup:
        return own  # as the agent does, which says so in its log


def load_own(file: Path) -> tuple[Loaded, str]:
    """Read and check a configuration file; with its digest.

    Raises:
        ExceptionGroup: of `FileError`: all that is wrong with it.
    """
    text = text_of(file)
    return load_text(text, file), digest(text.encode())


def load_text(text: str, file: Path) -> Loaded:
    """Check a text in the place of a configuration file.

    Raises:
        ExceptionGroup: of `FileError`: all that is wrong with it.
    """
    from firmware_specs import catalog

    found: list[catalog.Catalog] = []

    def find(folder: Path | None) -> catalog.Catalog:
        found.append(catalog.find_all(folder))
        return found[-1]

    return Loaded(parse(text, file, find), dict(found[-1]))


def answer(config: Config, request: Request, kind: type[R], patience: float = 60.0) -> R:
    """The running agent's answer, within so many seconds; when none runs, the store's own.

    Raises:
        EdgeError: it was refused, or cannot be done.
    """
    from edge_agent.control import channel

    try:
        return channel.ask(config.state_dir, request, kind, patience)
    except channel.NotRunningError:
        reply = asyncio.run(_alone(config, request))
    if not isinstance(reply, kind):
        raise TypeError(f"{type(reply).__name__} is no answer to {request}")
    return reply


async def _alone(config: Config, request: Request) -> Reply:
    from edge_agent.answering.desk import Desk
    from edge_agent.process.clock import BootClock
    from edge_agent.process.limits import limits_of
    from edge_agent.process.lock import lock
    from edge_sync.store import Store

    if not config.buffer.exists():  # what we made here would belong to us and not to the agent
        raise EdgeError(f"no agent runs, and none ever ran in {config.state_dir}")
    with lock(config.state_dir):
        async with await Store.open(config.buffer, limits_of(config)) as store:
            return await Desk(store, config, BootClock())(request)


def read_input(file: str) -> bytes:
    """What a file holds; `-`: standard input.

    Raises:
        FileError: it cannot be read.
    """
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise FileError(file, "", error.strerror or "cannot be read", "name a file") from error


def write_output(path: Path, octets: bytes) -> None:
    """Write a file that was asked for.

    Raises:
        FileError: it cannot be written.
    """
    try:
        path.write_bytes(octets)
    except OSError as error:
        why = error.strerror or "cannot be written"
        raise FileError(str(path), "", why, "name another place") from error


def show_json(value: object) -> None:
    """Print a reply for programs."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows in columns, the head above them."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        print("  ".join(cells).rstrip())
