"""Break what can break and count: `./edge faults [ROW …]`; a table for people, and JSON lines.

Each run is added to a file as it ends, so that a campaign can be stopped and gone on with: a row
that has its runs is not run again. The exit status is 0 if the promise held in every one of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("demo", "bench")]

import kernelcut  # noqa: E402
import powercut  # noqa: E402
from machine import conditions  # noqa: E402
from report import line, table, verdict_line  # noqa: E402
from rows import BY_NAME, ROWS, Row  # noqa: E402
from runs import run  # noqa: E402

FILE = Path("faults.jsonl")
CUTS = {
    "power-cut": "every write of the buffer is a power cut, replayed (needs strace)",
    "kernel-cut": "a kernel is killed with its page cache (needs root and user-mode-linux)",
}
LEVELS = ("", "NORMAL", "OFF")
"""The buffer's own `synchronous` first; with the others something must be lost."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is wanted and not done yet; 2 is the status of a command not understood."""
    options = _parser().parse_args(arguments)
    if unknown := set(options.names) - set(BY_NAME) - set(CUTS):
        _parser().error(f"no such row: {', '.join(sorted(unknown))}")
    if set(options.names) & set(CUTS):
        return max(_cut(name, options) for name in options.names if name in CUTS)
    rows = [BY_NAME[name] for name in options.names] or list(ROWS)
    found = [one for one in read(options.out) if one["row"] in {row.name for row in rows}]
    if not options.report:
        found.extend(_run(row, options.out) for row in due(rows, found, options.runs))
    print("\n".join(table(rows, found)))
    return 0 if found and all(one["held"] for one in found) else 1


def due(rows: Sequence[Row], found: Sequence[dict[str, Any]], runs: int | None) -> list[Row]:
    """What is still to be run, one of each row by turns.

    Args:
        rows: that are wanted.
        found: what was run before.
        runs: of each row, None for as many as the row wants.
    """
    done = {row.name: sum(one["row"] == row.name for one in found) for row in rows}
    wanted = {row.name: runs or row.runs for row in rows}
    turns = range(max(wanted.values()))
    return [row for turn in turns for row in rows if done[row.name] <= turn < wanted[row.name]]


def read(file: Path) -> list[dict[str, Any]]:
    """The runs of a campaign so far."""
    if not file.exists():
        return []
    return [json.loads(text) for text in file.read_text(encoding="utf-8").splitlines()]


def _run(row: Row, file: Path) -> dict[str, Any]:
    if row.needs_root and os.geteuid() != 0:
        raise SystemExit(f"faults: {row.name} mounts a file system: run it as root")
    found = {**run(row), "conditions": conditions()}
    print(line(found), file=sys.stderr, flush=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(found) + "\n")
    return found


def _cut(name: str, options: argparse.Namespace) -> int:
    """Cut the power in one way, with the controls that must fail; the exit status."""
    sound = True
    for level in LEVELS:
        if name == "power-cut":
            verdict = powercut.prove(options.rows, level)
        else:
            verdict = kernelcut.prove(options.runs or 20, level)
        print(verdict_line(name, level, verdict), flush=True)
        sound = sound and verdict.holds is (level == "")
    return 0 if sound else 1


def _parser() -> argparse.ArgumentParser:
    titles = {row.name: row.title for row in ROWS} | CUTS
    names = "\n".join(f"  {name:<14} {title}" for name, title in titles.items())
    parser = argparse.ArgumentParser(
        prog="./edge faults",
        description="Break what can break around a gateway, and count.",
        epilog=f"rows:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("names", metavar="ROW", nargs="*", help="all if none is named")
    add("--runs", type=int, help="of each row (20; 3 of the long ones); kernels to kill (20)")
    add("--rows", type=int, default=400, help="power-cut: rows that the buffer takes (400)")
    add("--out", type=Path, default=FILE, metavar="FILE", help=f"the runs so far ({FILE})")
    add("--report", action="store_true", help="only print the table of the runs so far")
    return parser


if __name__ == "__main__":
    sys.exit(main())
