"""`edge-region [receive]`: the receiver, until SIGTERM or SIGINT; `ready` once it is subscribed."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from collections.abc import Sequence
from pathlib import Path

from edge_sync.broker import Broker
from edge_sync.keys import Signer, read_signer
from edge_sync.region import schema
from edge_sync.region.cli.options import add_broker, broker_of
from edge_sync.region.receiver import Receiver
from edge_sync.region.recorder import Recorder
from edge_sync.wire.topics import check_root

COMMANDS = """commands:
  edge-region key --help       make a key: to sign commands, or to read sticks
  edge-region send --help      give a gateway a command
  edge-region import --help    take what gateways have written on a stick"""


def run(arguments: Sequence[str]) -> int:
    """Receive."""
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        broker, root = broker_of(options), check_root(options.root)
    except ValueError as error:
        parser.error(str(error))
    signer = read_signer(options.sign_with) if options.sign_with else None
    return asyncio.run(_run(broker, root, options.database, signer))


async def _run(broker: Broker, root: str, database: Path, signer: Signer | None) -> int:
    connection = schema.connect(database)
    receiver = Receiver(Recorder(connection), broker, root, signer)
    running = asyncio.create_task(receiver.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    told = asyncio.create_task(_tell(receiver))
    try:
        await running
    except asyncio.CancelledError:
        return 0
    finally:
        told.cancel()
        connection.close()
    return 1


async def _tell(receiver: Receiver) -> None:
    await receiver.ready.wait()
    print("ready", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edge-region",
        description="Receive what gateways send, and send receipts, until SIGTERM or SIGINT.",
        epilog=COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_broker(parser, "edge-region")
    parser.add_argument("database", type=Path, help="the SQLite file, made when there is none")
    parser.add_argument(
        "--sign-with",
        type=Path,
        metavar="KEY",
        help="key of `edge-region key`: tell gateways the time that do not know it",
    )
    parser.add_argument("--verbose", action="store_true", help="log all that happens")
    return parser
