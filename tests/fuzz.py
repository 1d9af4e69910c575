"""`./edge fuzz`: each decoder takes a million random and mutated inputs; see tests/README.md.

Round by round, each decoder some of its inputs, so that whenever it ends each has taken as many.
What was done is in a record, a JSON line a decoder: what was stopped goes on from there.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.fuzzing import Subject, feed, subjects

ROOT = Path(__file__).parents[1]
ROUND = 50_000
"""Inputs a decoder takes in one go."""


class Done(msgspec.Struct, frozen=True):
    """What became of one decoder's inputs.

    Attributes:
        decoder: its name.
        commit: of what was run; marked where files had been changed since.
        seed: of the random numbers.
        inputs: how many it took.
        came: how many were read, and refused for which declared reason.
        crash: the error that nobody declared, and the octets in hex that raised it.
    """

    decoder: str
    commit: str
    seed: int
    inputs: int = 0
    came: dict[str, int] = {}
    crash: tuple[str, str] | None = None


def further(done: Done, subject: Subject, count: int) -> Done:
    """With so many inputs more, other ones than before; up to the first that breaks it."""
    came, broken = feed(subject, count, f"{done.seed}:{done.inputs}")
    return msgspec.structs.replace(
        done,
        inputs=done.inputs + came.total() + (broken is not None),
        came=dict(sorted((Counter(done.came) + came).items())),
        crash=broken and (repr(broken.error), broken.octets.hex()),
    )


class Record:
    """The file with a line for each decoder; written whole after each step."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_bytes().splitlines() if path.exists() else []
        self._lines = {one.decoder: one for one in map(_read, lines)}

    def of(self, fresh: Done) -> Done:
        """The line of a decoder; a new one where it was run with another commit or seed."""
        known = self._lines.get(fresh.decoder, fresh)
        return known if (known.commit, known.seed) == (fresh.commit, fresh.seed) else fresh

    def keep(self, done: Done) -> None:
        """Write down."""
        self._lines[done.decoder] = done
        new = self._path.with_name(f"{self._path.name}.new")
        new.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in self._lines.values()))
        new.replace(self._path)


def run(chosen: Sequence[Subject], record: Record, count: int, commit: str, seed: int) -> int:
    """Feed all of them; gives how many broke."""
    fresh = [Done(one.name, commit, seed) for one in chosen]
    for until in (*range(ROUND, count, ROUND), count):
        for subject, new in zip(chosen, fresh, strict=True):
            done = record.of(new)
            if done.inputs < until and not done.crash:
                record.keep(further(done, subject, until - done.inputs))
        _tell(f"{until:,} inputs each")
    ended = [record.of(new) for new in fresh]
    for one in ended:
        told = ", ".join(f"{number:,} {what}" for what, number in one.came.items())
        _tell(f"{one.decoder}: {told}")
        if one.crash:
            _tell(f"  BROKEN by {one.crash[1]}: {one.crash[0]}")
    return sum(one.crash is not None for one in ended)


def main() -> int:
    """1 when a decoder raised what it does not declare."""
    parser = argparse.ArgumentParser(prog="./edge fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="inputs of each decoder")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers")
    parser.add_argument("--only", default="", help="decoders whose name holds this")
    parser.add_argument("--record", type=Path, default=ROOT / ".fuzz.jsonl", help="what was done")
    said = parser.parse_args()
    chosen = [one for one in subjects() if said.only in one.name]
    _tell(f"{len(chosen)} decoders; the record is {said.record}")
    broken = run(chosen, Record(said.record), said.count, _commit(), said.seed)
    _tell(f"{len(chosen)} decoders, {said.count:,} inputs each, {broken} broken")
    return min(broken, 1)


def _read(line: bytes) -> Done:
    return msgspec.json.decode(line, type=Done)


def _commit() -> str:
    if (git := shutil.which("git")) is None:
        return "unknown"
    command = (
        git,
        "-C",
        str(ROOT),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=12",
        "--exclude=*",
    )
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
