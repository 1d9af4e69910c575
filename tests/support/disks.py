"""A small disk of one's own, and somebody who takes all of it."""

from __future__ import annotations

from pathlib import Path


def fill(folder: Path) -> None:
    """Take all that the disk has left."""
    with (folder / "others").open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break
