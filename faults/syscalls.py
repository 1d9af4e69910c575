"""What a program wrote, as `strace` saw it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TRACED = "pwrite64,write,ftruncate,fdatasync,fsync,unlink"
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
class Said:
    """Octets on standard output."""

    text: str


Call = Write | Truncate | Sync | Remove | Said


def calls(lines: Iterable[str], folder: str) -> Iterator[Call]:
    """The calls that succeeded on files of a folder, and what was said, in order."""
    for line in joined(lines):
        found = _CALL.match(line)
        if found and int(found[3]) >= 0:
            call = _call(found[1], found[2], folder)
            if call:
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


def _call(name: str, arguments: str, folder: str) -> Call | None:
    if name == "unlink":
        path = _octets(_TEXT.match(arguments)).decode()
        return Remove(path) if path.startswith(folder) else None
    file = _FILE.match(arguments)
    if not file:
        return None
    path, rest = _octets(file, 2).decode(), arguments[file.end() :]
    if name == "write" and file[1] == "1":
        return Said(_octets(_TEXT.search(rest)).decode())
    if not path.startswith(folder):
        return None
    match name:
        case "pwrite64":
            text = _TEXT.search(rest)
            return Write(path, int(rest.rpartition(", ")[2], 0), _octets(text))
        case "ftruncate":
            return Truncate(path, int(rest.removeprefix(", "), 0))
        case "fdatasync" | "fsync":
            return Sync(path)
        case _:
            raise ValueError(f"{name} of {path} is not understood")


def _octets(found: re.Match[str] | None, group: int = 1) -> bytes:
    return bytes.fromhex(found[group].replace("\\x", "")) if found else b""
