"""A bad disk for SQLite: it fails, is full or is slow on demand, within this process.

SQLite's own way to the files (its VFS) is kept, and only `xWrite` and `xSync` are looked at first
(sqlite.org/vfs.html, `sqlite3_vfs`, `sqlite3_io_methods`). What is opened while it is in place, and
only that, lies on the bad disk.

    disk = BadDisk()
    with disk.in_place():
        connection = sqlite3.connect("buffer.sqlite")
    disk.on_sync = lambda: SQLITE_IOERR_FSYNC
"""

from __future__ import annotations

import _sqlite3
import ctypes
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

NAME: Final = b"bad-disk"
_POINTER: Final = ctypes.sizeof(ctypes.c_void_p)
_VFS_WORDS: Final = 21
"""Machine words of `sqlite3_vfs` of version 3 where a word has 8 octets."""
_METHOD_WORDS: Final = 19
"""Machine words of `sqlite3_io_methods` of version 3, likewise."""
_VFS_NAME, _VFS_OPEN = 3, 5
_METHOD_WRITE, _METHOD_SYNC = 3, 5

_Open = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_void_p,
)
_Write = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


def well() -> int:
    """Nothing is wrong."""
    return sqlite3.SQLITE_OK


class BadDisk:
    """SQLite's files on a disk that does what it is told.

    Attributes:
        on_write, on_sync: called before each write and each sync, in the thread that makes it; what
            they return is the result if it is not `SQLITE_OK`. They may sleep.
        writes, syncs: how many there were.
        octets: how many were written.
    """

    def __init__(self) -> None:
        self.on_write: Callable[[], int] = well
        self.on_sync: Callable[[], int] = well
        self.writes = self.syncs = self.octets = 0
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = ctypes.c_void_p
        library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
        library.sqlite3_vfs_register.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.sqlite3_vfs_unregister.argtypes = [ctypes.c_void_p]
        self._library = library
        self._usual = int(library.sqlite3_vfs_find(None))
        self._vfs = _words(self._usual, _VFS_WORDS)
        self._open_usually = _Open(self._vfs[_VFS_OPEN])
        self._kept: list[Any] = [ctypes.c_char_p(NAME), _Open(self._open)]
        self._vfs[_VFS_NAME] = ctypes.cast(self._kept[0], ctypes.c_void_p).value or 0
        self._vfs[_VFS_OPEN] = ctypes.cast(self._kept[1], ctypes.c_void_p).value or 0
        self._methods: dict[int, Any] = {}

    @contextmanager
    def in_place(self) -> Generator[None]:
        """While it lasts, whatever SQLite opens in this process lies on this disk."""
        address = ctypes.addressof(self._vfs)
        self._library.sqlite3_vfs_register(address, 1)
        try:
            yield
        finally:
            self._library.sqlite3_vfs_unregister(address)
            self._library.sqlite3_vfs_register(self._usual, 1)

    def _open(self, _vfs: int, name: int, file: int, flags: int, out: int) -> int:
        result = int(self._open_usually(self._usual, name, file, flags, out))
        first = ctypes.c_void_p.from_address(file)
        if result == sqlite3.SQLITE_OK and first.value:
            first.value = self._looked_at(first.value)
        return result

    def _looked_at(self, usual: int) -> int:
        """The address of methods that look at what is written first."""
        if usual not in self._methods:
            methods = _words(usual, _METHOD_WORDS)
            write, sync = _Write(methods[_METHOD_WRITE]), _Sync(methods[_METHOD_SYNC])

            def looked_write(file: int, data: int, count: int, offset: int) -> int:
                self.writes += 1
                self.octets += count
                return self.on_write() or int(write(file, data, count, offset))

            def looked_sync(file: int, flags: int) -> int:
                self.syncs += 1
                return self.on_sync() or int(sync(file, flags))

            mine = (_Write(looked_write), _Sync(looked_sync))
            methods[_METHOD_WRITE] = ctypes.cast(mine[0], ctypes.c_void_p).value or 0
            methods[_METHOD_SYNC] = ctypes.cast(mine[1], ctypes.c_void_p).value or 0
            self._methods[usual] = methods
            self._kept += [write, sync, *mine]
        return ctypes.addressof(self._methods[usual])


def _words(address: int, count: int) -> ctypes.Array[ctypes.c_size_t]:
    """A copy of so many machine words."""
    return (ctypes.c_size_t * count).from_buffer_copy(ctypes.string_at(address, count * _POINTER))
