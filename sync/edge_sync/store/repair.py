"""A damaged file is set aside whole, and what can be read of it goes on in a new one.

The new file is made beside the damaged one and takes its name only when it is complete, so that a
power cut at any moment leaves one of the two. Its epoch is another; rows get new sequences; a gap
and an audit entry say what happened.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from edge_agent.model import ids
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_sync.store import audit, epochs, outbox
from edge_sync.store.connecting import (
    beside,
    bring_up_to_date,
    connect,
    connect_unchanged,
    remove,
    take_name,
)
from edge_sync.store.copying import Copied, copy
from edge_sync.store.counters import Counters
from edge_sync.store.rows import draft
from edge_sync.store.trouble import Trouble, trouble

log = logging.getLogger(__name__)
KEPT: Final = 3
"""Damaged files that are kept for inspection, the latest."""
_MAKING: Final = ".repair"
_COMPLETE: Final = ".repaired"
_DAMAGED: Final = ".damaged-"
_PATIENT: Final = ".transplant"
_PAGE: Final = 4_096
_COUNT: Final = 28
"""Where a file says how many pages it has (SQLite's file format, 1.3.8)."""
_UNCOPIED: Final = "; there was no room to copy what can be read"


def repair(path: Path, reason: str, at: Instant) -> None:
    """Put a new file in the place of a damaged one, or of one that is gone and left a log.

    Raises:
        StoreError, sqlite3.Error, OSError: it cannot be done; the damaged file is where it was.
    """
    log.error("the buffer is damaged and is being repaired: %s", reason)
    fresh, kept = beside(path, _MAKING), _kept(path)
    try:
        copied = _fill(fresh, path)
    except sqlite3.Error as error:
        if trouble(error) is not Trouble.FULL:
            raise
        copied, reason = _fill(fresh, None), reason + _UNCOPIED
    remove(beside(path, _PATIENT))
    _tell(fresh, copied, reason, kept, at)
    fresh.rename(beside(path, _COMPLETE))
    finish(path)
    log.error("%d records go on, %d are damaged; see %s", copied.rows, copied.damaged, kept.name)


def finish(path: Path) -> None:
    """Let a new file that is complete take the place of the damaged one, which is set aside.

    Whatever a power cut came into is done anew by the next start.
    """
    complete = beside(path, _COMPLETE)
    if not complete.exists():
        return
    kept = _kept(path)
    for end in ("", "-wal"):
        if beside(path, end).exists():
            beside(path, end).rename(beside(kept, end))
    beside(path, "-shm").unlink(missing_ok=True)
    take_name(complete, path)
    for old in _all_kept(path)[:-KEPT]:
        remove(old)


def _fill(fresh: Path, path: Path | None) -> Copied:
    """Make a new file of all that can be read of the other."""
    remove(fresh)
    bring_up_to_date(fresh)
    if path is None or not path.exists():
        return Copied()
    empty = _first_page(fresh)
    copied = _copy(path, fresh)
    if copied.epoch or copied.rows:
        return copied
    return _copy(_transplanted(path, empty), fresh)


def _copy(path: Path, fresh: Path) -> Copied:
    with closing(connect(fresh)) as new, closing(connect_unchanged(path)) as old:
        return copy(old, new)


def _first_page(fresh: Path) -> bytes:
    with fresh.open("rb") as file:
        return file.read(_PAGE)


def _transplanted(path: Path, first: bytes) -> Path:
    """A copy of a file whose first page cannot be read, with the one of an empty buffer.

    The migrations make every buffer alike, so its tables begin where those of the empty one do.
    """
    patient = beside(path, _PATIENT)
    for end in ("", "-wal"):
        if beside(path, end).exists():
            shutil.copyfile(beside(path, end), beside(patient, end))
    with patient.open("r+b") as file:
        pages = file.seek(0, os.SEEK_END) // _PAGE
        file.seek(0)
        file.write(first[:_COUNT] + pages.to_bytes(4, "big") + first[_COUNT + 4 :])
    return patient


def _tell(fresh: Path, copied: Copied, reason: str, kept: Path, at: Instant) -> None:
    """Say upward and in the audit chain what happened."""
    gap = Gap(
        id=ids.record_id("gap", "damaged", copied.epoch, kept.name, at.boot, str(at.ns)),
        reason=GapReason.DAMAGED,
        until=at,
        count=copied.damaged or None,
    )
    event = {
        "what": "repair",
        "reason": reason,
        "kept": kept.name,
        "rows": str(copied.rows),
        "damaged": str(copied.damaged),
    }
    with closing(connect(fresh)) as connection:
        counters = Counters()
        counters.load(connection)
        connection.execute("BEGIN IMMEDIATE")
        outbox.deliver(connection, counters, [draft(gap)])
        audit.write(connection, event, at)
        if copied.epoch:
            epochs.note_former(connection, copied.epoch, "damaged", at)
        counters.flush(connection)
        connection.execute("COMMIT")


def _kept(path: Path) -> Path:
    """The next name under which a damaged file is kept."""
    before = _all_kept(path)
    return beside(path, f"{_DAMAGED}{_number(before[-1]) + 1 if before else 1}")


def _all_kept(path: Path) -> list[Path]:
    found = path.parent.glob(f"{path.name}{_DAMAGED}*[0-9]")
    return sorted((one for one in found if _number(one)), key=_number)


def _number(kept: Path) -> int:
    digits = kept.name.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0
