"""The region's record as anybody may read it: SQLite, and JSON as it came."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from promise import Gap, Made, Recorded


class Region:
    """Reads the region's database beside its receiver."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self._seen = 0

    def fresh(self) -> Iterator[dict[str, Any]]:
        """Records since the last call, in the order in which they were recorded."""
        query = "SELECT n, payload FROM record WHERE n > ? ORDER BY n"
        for n, payload in self._database.execute(query, [self._seen]).fetchall():
            self._seen = n
            yield json.loads(payload)

    def frames(self) -> Iterator[Recorded]:
        """Every octet string on record."""
        for payload in self._payloads("frame"):
            yield from Recorded.of(payload)

    def gaps(self) -> list[Gap]:
        """Every gap of a device on record."""
        return [Gap.of(payload) for payload in self._payloads("gap") if payload.get("device")]

    def whose(self) -> dict[tuple[str, str], str]:
        """Subject by device and user slot."""
        bindings = sorted(self._payloads("binding"), key=lambda b: b.get("revision", 0))
        return {(b["device"], b.get("slot", "")): b["subject"] for b in bindings}

    def repeats(self) -> int:
        """Records that arrived again and were recognised."""
        (count,) = self._database.execute("SELECT total(repeats) FROM record").fetchone()
        return int(count)

    def _payloads(self, kind: str) -> Iterator[dict[str, Any]]:
        query = "SELECT payload FROM record WHERE kind = ? ORDER BY n"
        for (payload,) in self._database.execute(query, [kind]):
            yield json.loads(payload)


def journals(folder: Path) -> Iterator[Made]:
    """All that the devices wrote down."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield Made.of(json.loads(line))
