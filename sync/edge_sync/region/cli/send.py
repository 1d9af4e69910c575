"""`edge-region send`: give a gateway a signed command and show its result."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from edge_agent.model.commands import Outcome
from edge_agent.model.errors import CommandError, EdgeError
from edge_sync.keys import read_signer
from edge_sync.region.cli.options import add_broker, broker_of
from edge_sync.region.ordering import order, send
from edge_sync.wire.topics import address, check_root

_ARGUMENT = re.compile(r"(\w+)(:=|=@|=)(.*)", re.DOTALL)


def run(arguments: Sequence[str]) -> int:
    """Send; 0 when it was done, 1 when not or when nobody knows yet."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        root, gateway = check_root(options.root), address(options.gateway)
        broker = msgspec.structs.replace(broker_of(options), session=0)
    except (ValueError, EdgeError) as error:
        parser.error(str(error))
    command = order(
        options.kind,
        gateway,
        datetime.now(UTC) + timedelta(seconds=options.expires),
        dict(_argument(one) for one in options.arguments),
        device=options.device,
        epoch=options.epoch,
    )
    print(f"command {command.id}", flush=True)
    signer = read_signer(options.sign_with)
    result = asyncio.run(send(broker, root, command, signer, options.wait))
    if result is None:
        print("no result yet")
        return 1
    print(f"{result.outcome}{f': {result.reason}' if result.reason else ''}")
    return 0 if result.outcome is Outcome.DONE else 1


def _argument(text: str) -> tuple[str, str | int]:
    """`NAME=TEXT`, `NAME:=NUMBER` or `NAME=@FILE`.

    Raises:
        CommandError: it is none of them, or the file cannot be read.
    """
    found = _ARGUMENT.fullmatch(text)
    if not found:
        raise CommandError(f"{text!r} is not NAME=TEXT, NAME:=NUMBER or NAME=@FILE")
    name, how, value = found.groups()
    try:
        if how == "=@":
            return name, Path(value).read_text(encoding="utf-8")
        return name, int(value) if how == ":=" else value
    except (OSError, ValueError) as error:
        raise CommandError(f"{name}: {error}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edge-region send", description="Give a gateway a signed command."
    )
    add_broker(parser, f"edge-region-send-{os.getpid()}")
    parser.add_argument("gateway", help="its path: 51/34/01/103/201/clinic-7/gateway-1")
    parser.add_argument("kind", help="such as configure")
    parser.add_argument(
        "arguments", nargs="*", metavar="ARGUMENT", help="NAME=TEXT, NAME:=NUMBER or NAME=@FILE"
    )
    parser.add_argument("--sign-with", type=Path, required=True, metavar="KEY", help="private key")
    parser.add_argument("--device", default="", help="key of the device it is for")
    parser.add_argument("--epoch", default="", help="of the gateway's buffer; any when left out")
    parser.add_argument(
        "--expires", type=float, default=600.0, metavar="SECONDS", help="not done later (600)"
    )
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="for the result (30)"
    )
    return parser
