"""`./edge fuzz`: each decoder takes a million random and mutated inputs; see tests/README.md."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.fuzzing import Subject, feed, subjects


def main() -> int:
    """1 when a decoder raised what it does not declare."""
    parser = argparse.ArgumentParser(prog="./edge fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="inputs of each decoder")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers")
    parser.add_argument("--only", default="", help="decoders whose name holds this")
    said = parser.parse_args()
    chosen = [one for one in subjects() if said.only in one.name]
    broken = sum(not _survives(one, said.count, said.seed) for one in chosen)
    _tell(f"{len(chosen)} decoders, {said.count:,} inputs each, {broken} broken")
    return min(broken, 1)


def _survives(subject: Subject, count: int, seed: int) -> bool:
    began = time.monotonic()
    came, broken = feed(subject, count, seed)
    each = (time.monotonic() - began) / count * 1e6
    told = ", ".join(f"{number:,} {what}" for what, number in came.most_common())
    _tell(f"{subject.name}: {told} ({each:.0f} us each)")
    if broken:
        _tell(f"  BROKEN by {broken.octets.hex()}: {broken.error!r}")
    return broken is None


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
