"""When a frame was measured: one answer, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from edge_agent.model.devices import ClockOffset, DeviceStatus, LinkState
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.times import UNPROVEN, Measured, Times

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = 1_000_000_000
CLOCK = ClockMapping("c", Instant("boot", 0), int(NOON.timestamp()) * SECOND, 5_000_000, "ntp")
CAME = Instant("boot", 100 * SECOND)
FRAME = Frame("f", "meter", "measurement", "s@0", "seq:1", CAME, (b"",))


READ = Instant("boot", 60 * SECOND)


def reading(shown: str, at: Instant = READ, device: str = "meter") -> DeviceStatus:
    return DeviceStatus(f"s{at.ns}", device, at, LinkState.CONNECTED, device_time=shown)


def told(time: str, zone: str = "Asia/Shanghai", at: Instant = CAME) -> Frame:
    return msgspec.structs.replace(FRAME, device_time=time, zone=zone, at=at)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_what_has_no_time_of_its_own_was_measured_when_it_came() -> None:
    measured = Times([CLOCK]).measured(FRAME)
    assert measured == Measured(at("2026-11-22T12:01:40"), timedelta(milliseconds=5))


def test_without_a_clock_mapping_of_its_boot_nobody_knows() -> None:
    assert Times().measured(FRAME) is None
    other = msgspec.structs.replace(CLOCK, at=Instant("other", 0))
    assert Times([other]).measured(FRAME) is None


def test_a_clock_that_was_read_is_corrected() -> None:
    """At 12:01:00 true time the meter showed a day and a minute less, in its own zone."""
    times = Times([CLOCK], [reading("2026-11-21T20:00:00")])
    measured = times.measured(told("2026-11-21T19:30:00"))
    uncertainty = timedelta(seconds=1, milliseconds=5)
    assert measured == Measured(at("2026-11-22T11:31:00"), uncertainty)


def test_a_frame_carries_how_its_clock_stood() -> None:
    """The pair goes with the frame, so nothing else has to have arrived."""
    shown = "2026-11-21T20:00:00"
    clock = ClockOffset.of(shown, READ, 2_000_000)
    assert clock is not None
    behind = timedelta(hours=16, minutes=1)  # of UTC; boot 0 was at noon
    assert clock.offset_ns == int((NOON - behind).timestamp()) * SECOND
    assert clock == ClockOffset(clock.offset_ns, SECOND + 2_000_000, READ.ns)
    frame = msgspec.structs.replace(told("2026-11-21T19:30:00"), clock=clock)
    measured, when_read = (
        Times([CLOCK]).measured(one) for one in (frame, msgspec.structs.replace(FRAME, at=READ))
    )
    assert measured is not None
    assert when_read is not None
    assert measured.at == at("2026-11-22T11:31:00")
    assert measured.uncertainty == when_read.uncertainty + timedelta(seconds=1, milliseconds=2)
    elsewhere = [reading("2020-01-01T00:00:00", Instant("boot", 90 * SECOND))]
    assert Times([CLOCK], elsewhere).measured(frame) == measured
    assert ClockOffset.of("2026-00-00T00:00:00", READ, 0) is None


@pytest.mark.parametrize(
    "readings",
    [
        [],
        [reading("2020-01-01T00:00:00", device="another")],
        [reading("2020-01-01T00:00:00", Instant("boot", 200 * SECOND))],
        [reading("2020-01-01T00:00:00", Instant("boot before", 60 * SECOND))],
        [reading("2020-00-00T00:00:00")],
        [reading("")],
    ],
    ids=["never", "another device's", "later", "in another boot", "unknown", "none told"],
)
def test_a_clock_that_was_not_read_is_believed_within_a_day(readings: list[DeviceStatus]) -> None:
    measured = Times([CLOCK], readings).measured(told("2026-11-22T09:30:00"))
    assert measured == Measured(at("2026-11-22T01:30:00"), UNPROVEN)


def test_the_last_reading_before_it_came_counts() -> None:
    early, late = (
        reading("2026-11-22T10:00:00", Instant("boot", SECOND)),
        reading("2026-11-22T12:01:00"),
    )
    times = Times([CLOCK], [late, early])
    assert times.measured(told("2026-11-22T12:00:00")) == times.measured(
        told("2026-11-22T12:00:00", zone="")
    )
    found = times.measured(told("2026-11-22T12:00:00"))
    assert found
    assert found.at == NOON
    between = times.measured(told("2026-11-22T10:00:30", at=Instant("boot", 30 * SECOND)))
    assert between
    assert between.at == at("2026-11-22T12:00:31")


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "", "Nowhere/Else", "../etc"])
def test_a_time_with_unknown_parts_is_unknown(zone: str) -> None:
    assert Times([CLOCK]).measured(told("2026-00-00T09:30:00", zone)) is None


@pytest.mark.parametrize("zone", ["", "Nowhere/Else", "../etc"])
def test_a_zone_that_nobody_knows_leaves_it_unknown(zone: str) -> None:
    assert Times([CLOCK]).measured(told("2026-11-22T09:30:00", zone)) is None
