"""Measure: `./edge bench [NAME …]`; JSON on standard output, a table for people beside it.

Nothing here is asserted: a figure is of one machine on one day. bench/README.md says how to read
them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from figures import Outcome, table
from machine import conditions, load

RIVAL, FAILURES = "rival", "failures"
"""Only when they are named: the one installs other people's program, the other makes pictures."""
MEASURES = {
    "footprint": "memory and processor share of the agent, idle and at 1,000 points/s",
    "latency": "octets to durable to broker, at 1,000 points/s and with 8 streaming devices",
    "ble": "notifications a second of 8 peripherals at once; a sleeper's first value",
    "start": "start of the process to its first measurement at the broker",
    "commit": "rows a second through the buffer, beside plain SQLite",
    "card": "durable rows a second on a slow card, of 500 and of 150 writes a second",
    "waiting": "seconds and memory to open a buffer in which 1,000,000 rows wait",
    "decode": "time to decode each kind of octet string, beside peers",
    "qrs": "beat detection on annotated records, beside peers",
    "strain": "beat detection on records at other rates, sizes and speeds, and disturbed",
    "rhythm": "atrial and ventricular fibrillation on annotated records, each unseen",
    "filters": "what the standards ask of the bands; hum, muscle noise and wander taken away again",
    "delineation": "boundaries of P, QRS and T beside cardiologists'",
    "hardship": "the same on signals made worse, and what is told to be unsure",
    "speed": "the ECG chain in small and large blocks against real time, beside peers; memory",
    FAILURES: "makes the pictures in docs/failures: where beats, waves and rhythms are told wrong",
    "compression": "bits a sample of recorded ECGs, beside FLAC, zstd and xz; speed",
    "drain": "rows a second of a backlog, to the region's receipts",
    "modbus": "polls a second of thirty sensors on one RTU line, beside what the wire can carry",
    RIVAL: "memory, processor and latency beside ThingsBoard IoT Gateway, which it installs",
    "imports": "what of the agent's memory is which library",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is named, or everything; 2 is the status of a command not understood."""
    options = _parser().parse_args(arguments)
    if unknown := set(options.names) - set(MEASURES):
        _parser().error(f"no such measure: {', '.join(sorted(unknown))}")
    sys.path.append(str(Path(__file__).parents[1] / "demo"))  # starts programs as the demo does
    before = conditions()
    outcomes: list[Outcome] = []
    for name in options.names or [name for name in MEASURES if name not in (RIVAL, FAILURES)]:
        for outcome in import_module(name).measure(options):
            outcomes.append(outcome)
            print("\n".join((*table(outcome), "")), file=sys.stderr, flush=True)
    found = [outcome.as_json() for outcome in outcomes]
    text = json.dumps({"form": 1, **before, "load_after": load(), "outcomes": found}, indent=1)
    if options.json:
        options.json.write_text(text + "\n")
    else:
        print(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    names = "\n".join(f"  {name:<10} {sentence}" for name, sentence in MEASURES.items())
    parser = argparse.ArgumentParser(
        prog="./edge bench",
        description="Measure the gateway on this machine.",
        epilog=f"measures:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*", help="all if none is named")
    add("--json", type=Path, metavar="FILE", help="write the JSON there, not on standard output")
    add("--seconds", type=float, default=30, help="how long a running gateway is watched (30)")
    add("--warm-up", type=float, default=10, help="how long it runs before that (10)")
    add("--times", type=int, default=5, help="start: how often (5)")
    add("--rows", type=int, default=20_000, help="commit, card, drain: how many (20,000)")
    add("--waiting", type=int, default=1_000_000, help="waiting: rows (1,000,000)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
