"""Start simulated devices, singly or as a clinic, and say how to reach them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from edge_simulators.clinic import Clinic, lines
from edge_simulators.control import check_schedule, tell
from edge_simulators.faults import MEANING, FaultError
from edge_simulators.orders import Order
from edge_simulators.recordings import packaged
from edge_simulators.workshop import KINDS

_SEED = "of the physiology; part of names and addresses"
_FAULTS = "faults (--fault, and `edge-simulator fault DIR ALIAS KIND NUMBER`):\n" + "\n".join(
    f"  {kind:<10} {meaning}" for kind, meaning in MEANING.items()
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 2 is the status of a command that is not understood."""
    said = list(sys.argv[1:] if arguments is None else arguments)
    if said[:1] == ["fault"]:
        return _fault(said[1:])
    options = parser().parse_args(said)
    if options.list:
        print("\n".join(f"{name:<25}{kind.title}" for name, kind in KINDS.items()))
        return 0
    if options.device is None:
        parser().error("name a DEVICE; --list shows them")
    try:
        return asyncio.run(_run(options))
    except (FaultError, LookupError) as error:
        print(f"edge-simulator: {error.args[0]}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    commands = argparse.ArgumentParser(
        prog="edge-simulator",
        description=__doc__,
        epilog=_FAULTS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = commands.add_argument
    add("device", metavar="DEVICE", nargs="?", choices=KINDS, help="one of those of --list")
    add("--list", action="store_true", help="list the devices and leave")
    add("--dir", type=Path, help="for clinic.json, journals, lines; a new one if not given")
    add("--radio-port", type=int, default=0, help="TCP port of the virtual radio; 0 a free one")
    add("--fault", action="append", default=[], metavar='"SECONDS ALIAS KIND NUMBER"')
    add("--seed", type=int, default=1, choices=range(1, 255), metavar="1-254", help=_SEED)
    add("--every", type=float, help="seconds between readings or hand-outs")
    add("--bond", action="store_true", help="cuff, meter: talk only to a bonded peer")
    add("--mmol", action="store_true", help="meter: mmol/L instead of mg/dL")
    add("--recording", default="", help=f"straps: {', '.join(packaged())}, or one of --records")
    add("--records", type=Path, help="straps: a folder of WFDB records")
    add("--rtu", action="store_true", help="Modbus: on a pseudo terminal instead of TCP")
    add("--port", type=int, default=0, help="Modbus: TCP port; 0 a free one")
    add("--unit", type=int, default=1, help="Modbus: address")
    add("--units", type=int, default=1, help="modbus-bench: how many devices")
    add("--no-journal", action="store_true", help="keep no journals")
    return commands


def _order(options: argparse.Namespace, folder: Path) -> Order:
    return Order(
        folder=folder,
        seed=options.seed,
        every=options.every,
        bond=options.bond,
        molar=options.mmol,
        recording=options.recording,
        records=options.records,
        rtu=options.rtu,
        port=options.port,
        unit=options.unit,
        units=options.units,
        journal=not options.no_journal,
    )


async def _run(options: argparse.Namespace) -> int:
    folder = (options.dir or Path(tempfile.mkdtemp(prefix="edge-simulator-"))).absolute()
    make = KINDS[options.device].make
    clinic = Clinic(_order(options, folder), make, options.radio_port)
    for fault in options.fault:
        check_schedule(fault, list(clinic.devices))
    stop = _told_to_stop()
    await clinic.start(options.fault)
    print("\n".join((*lines(clinic, folder), "ready")), flush=True)
    await stop.wait()
    await clinic.stop()
    return 0


def _told_to_stop() -> asyncio.Event:
    """What SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _fault(words: Sequence[str]) -> int:
    """`edge-simulator fault DIR ALIAS KIND NUMBER`: tell running simulators."""
    if len(words) < 3:
        print("usage: edge-simulator fault DIR ALIAS KIND [NUMBER]\n\n" + _FAULTS)
        return 2
    answer = f"error nobody listens at {words[0]}/control"
    with contextlib.suppress(OSError):
        answer = asyncio.run(tell(Path(words[0]) / "control", " ".join(words[1:])))
    print(answer)
    return 0 if answer == "ok" else 2


if __name__ == "__main__":
    sys.exit(main())
