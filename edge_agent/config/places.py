"""On which line of a TOML text a key stands, so that a refusal can name it.

`tomllib` tells values and no places. This finds headers and keys by their look; it never decides
what a value is, so the worst that an odd text can do is to make it name the line of the table.
"""

from __future__ import annotations

import re
from collections import Counter

Path = tuple[str | int, ...]
"""Keys from the top; a number counts tables of one name from 0."""

_TABLES = re.compile(r"^\s*\[\[\s*([\w.-]+)\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"""^\s*["']?([\w.-]+)["']?\s*=""")


def places(text: str) -> dict[Path, int]:
    """The line, from 1, of each table and key."""
    found: dict[Path, int] = {(): 1}
    table: Path = ()
    seen: Counter[str] = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        if head := _TABLES.match(line):
            table = (head[1], seen[head[1]])
            seen[head[1]] += 1
            found.setdefault(table, number)
        elif head := _TABLE.match(line):
            table = tuple(head[1].split("."))
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *key[1].split(".")), number)
    return found


def line_of(found: dict[Path, int], path: Path) -> int:
    """The line of `path`, or of the nearest table around it."""
    while path not in found:
        path = path[:-1]
    return found[path]


def written(path: Path) -> str:
    """The path as a person writes it; tables of one name are counted from 1: `device[2].spec`."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text
