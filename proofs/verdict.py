"""Counts a campaign: what the store says became of each order, against what truly fell out."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_ENDINGS = """\
SELECT command, json_extract(said, '$.outcome'), json_extract(said, '$.count')
FROM (SELECT command, CAST(result AS TEXT) AS said FROM journal WHERE result IS NOT NULL)"""
FINAL = ("done", "partial", "not-done", "refused", "unknown")


@dataclass(frozen=True, slots=True)
class Ending:
    """How the store says an order ended."""

    outcome: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was counted.

    Attributes:
        outcomes: how often each was recorded.
        beyond: orders of which more fell than their amount.
        lost: orders without a result.
        false: orders whose recorded outcome is not what fell.
        fallen: packs.
    """

    outcomes: Counter[str] = field(default_factory=Counter[str])
    beyond: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    fallen: int = 0

    @property
    def holds(self) -> bool:
        """Whether everything that was promised holds."""
        return not (self.beyond or self.lost or self.false)


def endings(buffer: Path) -> dict[str, Ending]:
    """The results in a store, while somebody else may write it."""
    database = sqlite3.connect(f"file:{buffer}?mode=ro", uri=True)
    try:
        rows = database.execute(_ENDINGS).fetchall()
    finally:
        database.close()
    return {name: Ending(outcome, count) for name, outcome, count in rows}


def by_tag(drops: Sequence[Mapping[str, int]], tags: Mapping[int, str]) -> Counter[str]:
    """Packs of each order, as the device knew it; what belongs to none goes by its tag."""
    tagged = [drop["tag"] for drop in drops if "tag" in drop]
    return Counter(tags.get(tag, f"tag {tag}") for tag in tagged)


def by_time(drops: Sequence[Mapping[str, int]], began: Sequence[tuple[int, str]]) -> Counter[str]:
    """Packs of each order, of a device that knows no order: those that fell after it began."""
    moments = [at for at, _ in began]
    places = [bisect_right(moments, drop["at"]) for drop in drops]
    return Counter(began[place - 1][1] if place else "nobody" for place in places)


def read_drops(file: Path) -> list[dict[str, int]]:
    """What truly fell."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def judge(amounts: Mapping[str, int], ended: Mapping[str, Ending], fallen: Counter[str]) -> Verdict:
    """Compare what was ordered, recorded and given."""
    strangers = [name for name in fallen if name not in amounts]
    return Verdict(
        outcomes=Counter(one.outcome for one in ended.values()),
        beyond=tuple(n for n, amount in amounts.items() if fallen[n] > amount) + tuple(strangers),
        lost=tuple(name for name in amounts if name not in ended),
        false=tuple(n for n in ended if not _is_true(ended[n], amounts.get(n, 0), fallen[n])),
        fallen=fallen.total(),
    )


def _is_true(said: Ending, amount: int, fallen: int) -> bool:
    match said.outcome:
        case "done":
            return said.count == fallen == amount
        case "partial":
            return said.count == fallen and 0 < fallen < amount
        case "not-done" | "refused":
            return fallen == 0
        case _:
            return said.outcome in FINAL
