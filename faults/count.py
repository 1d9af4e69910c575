"""What a run came to: the devices' journals against the region's record. Pure but for reading."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import promise
from record import Region, journals

CLASSES = ("stored", "acknowledged", "live")


@dataclass(frozen=True, slots=True)
class Count:
    """Octet strings of one run.

    Attributes:
        made, recorded, covered, lost, doubled: by class; `covered` lie in a gap record.
        repeats: records that came to the region again and were recognised.
        disordered: records that the region got after a later one of their device and lane, live
            and history each by itself.
        waiting: rows that were still in the agent's buffer.
    """

    made: dict[str, int]
    recorded: dict[str, int]
    covered: dict[str, int]
    lost: dict[str, int]
    doubled: dict[str, int]
    repeats: int
    disordered: int
    waiting: int

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing twice, in order, all of it confirmed, and there was something."""
        wrong = sum(self.lost.values()) + sum(self.doubled.values())
        empty = not self.made["stored"] or not self.made["live"]
        return not (wrong or self.disordered or self.waiting or empty)


def count(database: Path, folders: Iterable[Path], buffers: Iterable[Path], closed: int) -> Count:
    """Count a run that is over.

    Args:
        database: the region's.
        folders: of the devices' journals.
        buffers: of the agents.
        closed: CLOCK_BOOTTIME when the account was closed, nanoseconds.
    """
    region = Region(database)
    made = [one for folder in folders for one in journals(folder)]
    verdict = promise.judge(made, region.frames(), region.gaps(), closed)
    return Count(
        made=_by_class(verdict, lambda one: one.made),
        recorded=_by_class(verdict, lambda one: one.recorded),
        covered=_by_class(verdict, lambda one: one.covered),
        lost=_by_class(verdict, lambda one: len(one.lost)),
        doubled=_by_class(verdict, lambda one: len(one.doubled)),
        repeats=region.repeats(),
        disordered=_disordered(database),
        waiting=sum(map(waiting, buffers)),
    )


def _by_class(
    verdict: Mapping[promise.Key, promise.Count], number: Callable[[promise.Count], int]
) -> dict[str, int]:
    return {
        kept: sum(number(one) for key, one in verdict.items() if key[0] == kept) for kept in CLASSES
    }


def _disordered(database: Path) -> int:
    query = """
        SELECT count(*) FROM (SELECT sequence < max(sequence) OVER (
            PARTITION BY gateway, lane, device, history ORDER BY n) AS late FROM record)
        WHERE late"""
    return one(database, query)


def waiting(buffer: Path) -> int:
    """Rows in an agent's buffer without a receipt; what it says of devices goes on and on."""
    return one(buffer, "SELECT count(*) FROM outbox WHERE kind != 'status'")


def one(database: Path, query: str) -> int:
    """The one number that a query of a database gives."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (found,) = connection.execute(query).fetchone()
        return int(found)
