"""How long one write to the disk takes while something else is measured: whose fault a delay is."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

EVERY = 0.2
SIZE = 4096


class DiskProbe:
    """Writes a page and waits for it to be on disk, five times a second, from `with` on.

    Attributes:
        milliseconds: what each took.
    """

    def __init__(self, folder: Path) -> None:
        self.milliseconds: list[float] = []
        self._file = os.open(folder / "probe", os.O_CREAT | os.O_WRONLY, 0o600)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        os.close(self._file)

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            began = time.monotonic()
            os.pwrite(self._file, os.urandom(SIZE), 0)
            os.fdatasync(self._file)
            self.milliseconds.append(1000 * (time.monotonic() - began))
