"""Configurations from the region: one is tried, then kept or taken back; the file on the box stays.

Rules: all of it is one small file in the state folder, replaced whole, so a kill at any moment
leaves the state before or the state after. Whoever changes the file on the box has the last word:
what the region gave was made over another file and is left out from then on. A configuration that
was started `STARTS` times without reaching the region is taken back by itself.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

NAME: Final = "configuration.json"
STARTS: Final = 3


class Given(msgspec.Struct, frozen=True):
    """A configuration that the region gave.

    Attributes:
        command: id of the command that brought it.
        text: TOML.
        base: digest of the box's own file when it came.
        minutes: within which it must reach the region, for one on trial.
    """

    command: str
    text: str
    base: str
    minutes: int = 5


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the region's configurations have come to.

    Attributes:
        kept: the last that reached the region.
        trial: one that has not yet.
        starts: how often the agent was started with it.
        refused: id of the command whose configuration was taken back last.
        reason: why it was.
    """

    kept: Given | None = None
    trial: Given | None = None
    starts: int = 0
    refused: str = ""
    reason: str = ""

    @property
    def given(self) -> Given | None:
        """What is in force, if the box's own file is what it was."""
        return self.trial or self.kept

    def proposed(self, given: Given) -> State:
        """One is to be tried."""
        return State(self.kept, given)

    def started(self) -> State:
        """The agent starts with the one on trial; too often, and it is taken back."""
        if self.trial is None:
            return self
        if self.starts >= STARTS:
            return self.taken_back(f"the agent ended {STARTS} times before it reached the region")
        return msgspec.structs.replace(self, starts=self.starts + 1)

    def accepted(self) -> State:
        """The one on trial has reached the region."""
        return State(self.trial or self.kept)

    def taken_back(self, reason: str) -> State:
        """The one on trial is no good."""
        return State(self.kept, refused=self.trial.command if self.trial else "", reason=reason)

    def over(self, base: str) -> State:
        """What of it was made over the file that the box has now."""
        kept = self.kept if self.kept and self.kept.base == base else None
        if self.trial and self.trial.base != base:
            return State(kept, refused=self.trial.command, reason="the box's own file was changed")
        return msgspec.structs.replace(self, kept=kept)


def digest(text: bytes) -> str:
    """What names a text."""
    return hashlib.sha256(text).hexdigest()


class Remote:
    """The state on disk.

    Args:
        folder: the state folder.
        base: digest of the box's own file.
    """

    def __init__(self, folder: Path, base: str) -> None:
        self._folder = folder
        self._file = folder / NAME
        self.base = base

    def read(self) -> State:
        """What is on disk, over the file of now; nothing where there is none or it is damaged."""
        try:
            state = msgspec.json.decode(self._file.read_bytes(), type=State)
        except (OSError, msgspec.DecodeError):
            return State()
        return state.over(self.base)

    def write(self, state: State) -> None:
        """Replace it; on return that is durable.

        Raises:
            OSError: it is what it was.
        """
        fresh = self._file.with_suffix(".new")
        with fresh.open("wb") as opened:
            opened.write(msgspec.json.encode(state))
            opened.flush()
            os.fsync(opened.fileno())
        fresh.rename(self._file)
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
