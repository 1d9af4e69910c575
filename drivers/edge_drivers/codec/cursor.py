"""Where a layout is in the octets, and what it has read so far."""

from __future__ import annotations

from collections.abc import Callable

from edge_agent.model.errors import TruncatedError
from edge_drivers.codec.readings import FieldValue

PAYLOAD = "payload"
"""The field whose octets another part may be."""


class Cursor:
    """Mutable while one record is read; nothing outside the codec sees it.

    Attributes:
        octets: the record.
        at: the next octet to read.
        values: the fields read so far, in order.
        private: ranges of octets that must be blanked.
        payload_at: where the field `payload` begins.
    """

    __slots__ = ("at", "octets", "payload_at", "private", "values")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.at = 0
        self.values: dict[str, FieldValue] = {}
        self.payload_at = 0
        self.private: list[tuple[int, int]] = []

    @property
    def remaining(self) -> int:
        """Octets not yet read."""
        return len(self.octets) - self.at

    def take(self, size: int, name: str) -> bytes:
        """The next `size` octets.

        Raises:
            TruncatedError: fewer are left; `name` is the field that needs them.
        """
        at, end = self.at, self.at + size
        if end > len(self.octets):
            raise TruncatedError(
                f"{name} needs {size} octets at octet {at}, {len(self.octets) - at} are left"
            )
        self.at = end
        return self.octets[at:end]


Step = Callable[[Cursor], None]
"""Reads one field, or several that stand together, and moves the cursor past them."""
