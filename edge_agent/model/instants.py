"""When something happened, as measured: boot id and CLOCK_BOOTTIME; wall time is a mapping of that.

Rule of this file: nothing here reads a clock. Instants come in as arguments (law 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DRIFT = 1e-4
"""A quartz that nobody disciplines is off by less, as a fraction."""


class Instant(msgspec.Struct, frozen=True, order=True):
    """A moment on this machine.

    Attributes:
        boot: the kernel's boot id, a UUID in lower case.
        ns: CLOCK_BOOTTIME in nanoseconds since that boot, strictly increasing per process.
    """

    boot: str
    ns: int

    def later(self, ns: int) -> Instant:
        """The moment `ns` nanoseconds after this one, in the same boot."""
        return Instant(self.boot, self.ns + ns)


class ClockMapping(msgspec.Struct, frozen=True, omit_defaults=True, tag="clock", tag_field="type"):
    """One measured pair of boot time and wall time; it holds for the whole of its boot.

    Attributes:
        id: name of this record (`ids.record_id`).
        at: the moment of the measurement.
        wall_ns: nanoseconds since 1970-01-01T00:00:00Z at that moment.
        uncertainty_ns: half the width of the interval that holds the true time.
        source: who said so: `rtc`, `ntp`, `region`, `system` (unproven), `person`.
    """

    id: str
    at: Instant
    wall_ns: int
    uncertainty_ns: int
    source: str

    def wall(self, instant: Instant) -> datetime:
        """Wall time (UTC) of an instant of the same boot, to the microsecond."""
        ns = self.wall_ns + instant.ns - self.at.ns
        return _EPOCH + timedelta(microseconds=ns // 1000)

    def width_ns(self, instant: Instant) -> int:
        """Half the width of the interval that holds true time at an instant of the same boot.

        Whoever disciplines the wall clock disciplines CLOCK_BOOTTIME with it; without that the
        quartz drifts away from what it was compared with.
        """
        drift = 0 if self.source == "ntp" else int(abs(instant.ns - self.at.ns) * DRIFT)
        return self.uncertainty_ns + drift


def best_mapping(mappings: Iterable[ClockMapping], at: Instant) -> ClockMapping | None:
    """The mapping of the boot that tells most narrowly what time it was at a moment of it.

    The latest of equals; None without one.
    """
    mine = [m for m in mappings if m.at.boot == at.boot]
    return min(mine, key=lambda m: (m.width_ns(at), -m.at.ns), default=None)
