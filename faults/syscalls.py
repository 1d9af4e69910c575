"""What a program wrote, as `strace` saw it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TRACED = "openat,pwrite64,write,ftruncate,fallocate,fdatasync,fsync,rename,unlink"
COMMAND = (
    "strace",
    "-f",
    "-y",
    "-xx",
    "-s",
    "1000000",
    "-e",
    f"trace={TRACED}",
    "-e",
    "signal=none",
)

_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_FILE = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Write:
    """Octets at an offset of a file, not on the disk yet."""

    path: str
    offset: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file has that length from now on, not on the disk yet."""

    path: str
    length: int


@dataclass(frozen=True, slots=True)
class Sync:
    """All that was written to the file before is on the disk now."""

    path: str


@dataclass(frozen=True, slots=True)
class Remove:
    """The file is gone."""

    path: str


@dataclass(frozen=True, slots=True)
class Rename:
    """A file has another name, and what had that name is gone."""

    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Said:
    """Octets on standard output."""

    text: str


Call = Write | Truncate | Sync | Remove | Rename | Said


def calls(lines: Iterable[str], folder: str) -> Iterator[Call]:
    """The calls that succeeded on files of a folder, and what was said, in order."""
    ends: dict[str, int] = {}
    for line in joined(lines):
        found = _CALL.match(line)
        if found and int(found[3]) >= 0:
            call = _call(found[1], found[2], ends)
            if isinstance(call, Said) or (call and call.path.startswith(folder)):
                yield call


def joined(lines: Iterable[str]) -> Iterator[str]:
    """Calls that `strace -f` printed in two parts, as one, where they ended."""
    begun: dict[str, str] = {}
    for line in lines:
        thread, _, rest = line.rstrip("\n").partition(" ")
        rest = rest.lstrip()
        if rest.endswith(" <unfinished ...>"):
            begun[thread] = rest.removesuffix(" <unfinished ...>")
        elif rest.startswith("<... "):
            _, _, end = rest.partition(" resumed>")
            yield begun.pop(thread, "") + end
        else:
            yield rest


def _call(name: str, arguments: str, ends: dict[str, int]) -> Call | None:
    """One call.

    Args:
        name: of it.
        arguments: as printed.
        ends: where the next `write` to a file goes, by path; moved.
    """
    if name in ("openat", "rename", "unlink"):
        names = [_octets(found).decode() for found in _TEXT.finditer(arguments)]
        if name == "rename":
            return Rename(*names)
        if name == "unlink":
            return Remove(*names)
        ends[names[0]] = 0
        return Truncate(names[0], 0) if "O_TRUNC" in arguments else None
    file = _FILE.match(arguments)
    if not file:
        return None
    path, rest = _octets(file, 2).decode(), arguments[file.end() :]
    match name:
        case "write" if file[1] == "1":
            return Said(_octets(_TEXT.search(rest)).decode())
        case "write":
            octets = _octets(_TEXT.search(rest))
            offset = ends.get(path, 0)
            ends[path] = offset + len(octets)
            return Write(path, offset, octets)
        case "pwrite64":
            return Write(path, _last(rest), _octets(_TEXT.search(rest)))
        case "ftruncate":
            return Truncate(path, _last(rest))
        case "fallocate":
            return Write(path, _last(rest) - 1, b"\0")
        case _:
            return Sync(path)


def _last(arguments: str) -> int:
    return int(arguments.rpartition(", ")[2], 0)


def _octets(found: re.Match[str] | None, group: int = 1) -> bytes:
    return bytes.fromhex(found[group].replace("\\x", "")) if found else b""
