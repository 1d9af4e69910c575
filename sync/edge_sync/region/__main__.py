"""`edge-region`: the region's receiver as a program."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from collections.abc import Sequence
from pathlib import Path

from edge_sync.broker import Broker
from edge_sync.region import schema
from edge_sync.region.receiver import Receiver
from edge_sync.region.recorder import Recorder
from edge_sync.wire.topics import check_root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it until SIGTERM or SIGINT; prints `ready` once it is subscribed."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        broker = Broker(
            url=options.broker,
            client_id=options.client_id,
            username=options.username,
            password_file=options.password_file,
            ca_file=options.ca_file,
            cert_file=options.cert_file,
            key_file=options.key_file,
        )
        root = check_root(options.root)
    except ValueError as error:
        _parser().error(str(error))
    return asyncio.run(_run(broker, root, Path(options.database)))


async def _run(broker: Broker, root: str, database: Path) -> int:
    connection = schema.connect(database)
    receiver = Receiver(Recorder(connection), broker, root)
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
    parser = argparse.ArgumentParser(prog="edge-region", description=main.__doc__)
    parser.add_argument("broker", help="mqtt://host:port or mqtts://host:port")
    parser.add_argument("database", help="the SQLite file, made when there is none")
    parser.add_argument("--root", default="edge", help="what topics begin with (edge)")
    parser.add_argument("--client-id", default="edge-region", help="names the broker's session")
    parser.add_argument("--username", default="", help="for the broker")
    parser.add_argument("--password-file", default="", help="holds the password")
    parser.add_argument("--ca-file", default="", help="certificates to trust, PEM")
    parser.add_argument("--cert-file", default="", help="our own certificate, PEM")
    parser.add_argument("--key-file", default="", help="its key, PEM")
    parser.add_argument("--verbose", action="store_true", help="log all that happens")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
