"""Cut the power at every write: `./edge faults power-cut`.

A run of the buffer is recorded with `strace`: each call that changes a file or makes it durable.
Then every point of it is a power cut, in several ways: of what was not yet synced nothing is left,
all of it, or some of it, torn at sectors. SQLite recovers each state, and what the run had been
told to be durable by then must be there. With `synchronous` NORMAL or OFF it must not: else this
proves nothing.

Not modelled: a disk that lies about fdatasync. File names are taken to be durable at once.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from syscalls import COMMAND, Call, Remove, Rename, Said, Sync, Truncate, Write, calls

WRITER = Path(__file__).with_name("powercut_writer.py")
SECTOR = 512
RESERVE = "-reserve"
"""In the name of a file that only takes up room."""
TORN = 4
"""States with a part of the unsynced writes at each point."""


@dataclass(slots=True)
class Disk:
    """What is on the disk for certain, and what may be.

    Attributes:
        durable: content of files by path.
        waiting: written since the file's last sync, in order.
    """

    durable: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    waiting: list[Write | Truncate] = field(default_factory=list[Write | Truncate])

    def take(self, call: Call) -> None:
        """The next call."""
        match call:
            case Write() | Truncate():
                self.waiting.append(call)
            case Sync(path):
                apply(self.durable, [one for one in self.waiting if one.path == path])
                self.waiting = [one for one in self.waiting if one.path != path]
            case Remove(path):
                self.durable.pop(path, None)
                self.waiting = [one for one in self.waiting if one.path != path]
            case Rename(path, to):
                self.take(Sync(path))
                self.take(Remove(to))
                self.durable[to] = self.durable.pop(path, bytearray())
            case Said():
                pass

    def states(self, dice: random.Random) -> Iterator[dict[str, bytearray]]:
        """What a power cut may leave; nothing beyond the durable if nothing waits."""
        yield copied(self.durable)
        if not self.waiting:
            return
        whole = copied(self.durable)
        apply(whole, self.waiting)
        yield whole
        for _ in range(TORN):
            torn = copied(self.durable)
            apply(torn, [part for one in self.waiting for part in survivors(one, dice)])
            yield torn


def copied(files: dict[str, bytearray]) -> dict[str, bytearray]:
    """Files that can be changed without changing these."""
    return {path: bytearray(content) for path, content in files.items()}


def apply(files: dict[str, bytearray], writes: Sequence[Write | Truncate]) -> None:
    """Change files as the writes say."""
    for one in writes:
        content = files.setdefault(one.path, bytearray())
        if isinstance(one, Truncate):
            del content[one.length :]
            content.extend(bytes(one.length - len(content)))
        else:
            content.extend(bytes(max(0, one.offset - len(content))))
            content[one.offset : one.offset + len(one.octets)] = one.octets


def survivors(one: Write | Truncate, dice: random.Random) -> Iterator[Write | Truncate]:
    """The sectors of a write that reached the disk."""
    if isinstance(one, Truncate):
        if dice.random() < 0.5:
            yield one
        return
    at, end = one.offset, one.offset + len(one.octets)
    while at < end:
        following = min(end, (at // SECTOR + 1) * SECTOR)
        if dice.random() < 0.5:
            yield Write(one.path, at, one.octets[at - one.offset : following - one.offset])
        at = following


@dataclass(slots=True)
class Told:
    """What the run had been told: up to which row it was durable, and may be gone."""

    durable: int = 0
    receipted: int = 0
    audited: int = 0

    def take(self, said: Said) -> None:
        """A line of the run."""
        what, number = said.text.split()
        match what:
            case "+":
                self.durable = int(number)
            case "-":
                self.receipted = int(number)
            case _:
                self.audited = int(number)


@dataclass(slots=True)
class Verdict:
    """What the power cuts came to.

    Attributes:
        states: how many were looked at.
        lost: of them, states without something that was told to be durable.
        unreadable: states that SQLite cannot recover, or that are not whole.
    """

    states: int = 0
    lost: int = 0
    unreadable: int = 0
    examples: list[str] = field(default_factory=list[str])

    @property
    def holds(self) -> bool:
        """Whether nothing was lost."""
        return self.states > 0 and not self.lost and not self.unreadable


def record(folder: Path, rows: int, level: str) -> list[Call]:
    """What a run of the buffer wrote; it begins with an empty one."""
    trace = folder / "trace"
    database = folder / "run" / "buffer.sqlite"
    database.parent.mkdir()
    command = [*COMMAND, "-o", str(trace), sys.executable, str(WRITER), str(database), str(rows)]
    subprocess.run([*command, *([level] if level else [])], check=True, stdout=subprocess.DEVNULL)
    with trace.open() as lines:
        found = calls(lines, str(database.parent))
        return [one for one in found if isinstance(one, Said) or RESERVE not in one.path]


def replay(found: Sequence[Call], folder: Path, seed: int = 1) -> Verdict:
    """Cut the power at each point and look."""
    disk, told, verdict, dice = Disk(), Told(), Verdict(), random.Random(seed)
    for number, call in enumerate(found):
        if isinstance(call, Said):
            told.take(call)
            continue
        disk.take(call)
        if not told.durable:
            continue
        for state in disk.states(dice):
            verdict.states += 1
            _judge(state, folder, told, verdict, number)
    return verdict


def _judge(
    state: dict[str, bytearray], folder: Path, told: Told, verdict: Verdict, number: int
) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, content in state.items():
        if not path.endswith("-shm"):
            (folder / Path(path).name).write_bytes(content)
    try:
        wrong = missing(folder / "buffer.sqlite", told)
    except sqlite3.DatabaseError as error:
        verdict.unreadable += 1
        wrong = str(error)
    else:
        verdict.lost += bool(wrong)
    if wrong and len(verdict.examples) < 5:
        verdict.examples.append(f"after call {number}: {wrong}")


def missing(database: Path, told: Told) -> str:
    """What of the durable is not there, "" if all of it is.

    Raises:
        sqlite3.DatabaseError: it cannot be read.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:

        def numbers(query: str) -> list[int]:
            return [int(row[0]) for row in connection.execute(query)]

        (whole,) = connection.execute("PRAGMA quick_check").fetchone()
        if whole != "ok":
            raise sqlite3.DatabaseError(whole)
        rows = set(numbers("SELECT sequence FROM outbox WHERE kind = 'frame'"))
        (last,) = numbers("SELECT last FROM lane WHERE name = 'observation'")
        (mark,) = numbers("SELECT value FROM mark WHERE name = 'count'") or [0]
        (audited,) = numbers("SELECT count(*) FROM audit")
        wanted = set(range(told.receipted + 1, max(told.durable, mark) + 1))
        if wanted - rows:
            return f"rows {sorted(wanted - rows)[:5]}"
        if last < max(rows, default=0) or mark < told.durable or audited < told.audited:
            return f"last {last}, mark {mark}, audit {audited}"
        return ""


def prove(rows: int, level: str = "") -> Verdict:
    """Record and replay one run.

    Args:
        rows: how many the run delivers.
        level: another `synchronous` in the place of the store's own.
    """
    with tempfile.TemporaryDirectory(prefix="edge-cut-") as folder:
        found = record(Path(folder), rows, level)
        memory = Path("/dev/shm")
        place = tempfile.mkdtemp(prefix="edge-cut-", dir=memory if memory.is_dir() else None)
        try:
            return replay(found, Path(place) / "state")
        finally:
            shutil.rmtree(place)
