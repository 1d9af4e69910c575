"""What could not be understood: counted by kind, the last octets kept for a technician."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from edge_agent.model.errors import DecodeError
from edge_agent.model.gaps import GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Capture, Missed, ReportMissed
from firmware_specs.spec.types import Spec

KEPT = 32
"""Octet strings kept, the latest."""

LONGEST = 512
"""Octets kept of each."""


class Refused(msgspec.Struct, frozen=True):
    """An octet string that was dropped, and why.

    Attributes:
        capture: it; zeros instead of the octets where private fields may be among them.
        reason: a sentence.
    """

    capture: Capture
    reason: str


class Diagnostics:
    """The counts of one device since the start of the process.

    Args:
        spec: says which parts have private fields (law 7).
        report: told at once of what cannot be read, so that a gap covers it.
    """

    def __init__(self, spec: Spec, report: ReportMissed | None = None) -> None:
        self._report = report
        parts = spec.parts.items()
        private = {n: part for n, part in parts if any(f.private for f in part.fields)}
        self._private = {*private, *(part.within for part in private.values() if part.when)}
        self._counts: Counter[str] = Counter()
        self._parts: Counter[str] = Counter()
        self._recent: deque[Refused] = deque(maxlen=KEPT)
        self._untaken: deque[Refused] = deque(maxlen=KEPT)
        self._told = 0

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of each kind: a `DecodeError`, `exception-2`, a gap's reason, or `dropped`."""
        return dict(self._counts)

    @property
    def summary(self) -> str:
        """The counts of what could not be read since the start, the most frequent first."""
        kinds = self._counts.most_common()
        return ", ".join(f"{count} {kind}" for kind, count in kinds if kind != "dropped")

    @property
    def recent(self) -> Sequence[Refused]:
        """The latest, the oldest first."""
        return tuple(self._recent)

    def take(self) -> Sequence[Refused]:
        """Those of `recent` that have not been taken before."""
        taken = tuple(self._untaken)
        self._untaken.clear()
        return taken

    def malformed(self, capture: Capture, error: DecodeError) -> None:
        """Count an octet string of the spec that cannot be decoded."""
        self._counts[type(error).__name__] += 1
        self._parts[capture.part] += 1
        self._keep(capture, str(error), blank=capture.part in self._private)
        self._tell(capture.part, capture.at, GapReason.MALFORMED)

    def missed(self, one: Missed) -> None:
        """Count what should have been an octet string of the spec."""
        self._counts[one.kind or one.reason.value] += 1
        self._parts[one.part] += 1
        if one.octets:  # of any part: a late answer is that of another question
            capture = Capture(one.part, one.octets, one.at)
            self._keep(capture, one.detail, blank=bool(self._private))
        if one.strings:
            self._tell(one.part, one.at, one.reason)

    def dropped(self, count: int) -> None:
        """Count values that the device itself says are none: demo, test, invalid."""
        if count:
            self._counts["dropped"] += count

    def malformed_in(self, parts: Iterable[str]) -> int:
        """How many octet strings of these parts could not be decoded."""
        return sum(self._parts[part] for part in parts)

    def fresh(self) -> int:
        """Octet strings that could not be read (values the device disowned aside) since `told`."""
        return self._malformed() - self._told

    def told(self) -> int:
        """As `fresh`, which then begins at 0 again."""
        fresh, self._told = self.fresh(), self._malformed()
        return fresh

    def _tell(self, part: str, at: Instant, reason: GapReason) -> None:
        if self._report:
            self._report(part, at, reason)

    def _malformed(self) -> int:
        return self._counts.total() - self._counts["dropped"]

    def _keep(self, capture: Capture, reason: str, *, blank: bool) -> None:
        octets = capture.octets[:LONGEST]
        shown = bytes(len(octets)) if blank else octets
        refused = Refused(Capture(capture.part, shown, capture.at), reason)
        self._recent.append(refused)
        self._untaken.append(refused)
