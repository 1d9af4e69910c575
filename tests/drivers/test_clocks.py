"""Devices' clocks: read, compared, set last of all, and only by who knows the time."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.model.devices import DeviceStatus, LinkState
from edge_agent.model.errors import LinkRefusedError
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.times import Measured, Times
from edge_drivers.codec import clock_words
from edge_drivers.driver import Driver
from edge_drivers.settings import DeviceSettings
from firmware_specs import catalog
from firmware_specs.spec.types import ClockSetting
from tests.support.gateway import BOOT, Gateway, driving, until
from tests.support.scripted import ScriptedLink

CUFF = catalog.find("blood-pressure")
NOW = datetime(2026, 11, 22, 7, 1, 30, 500_000, tzinfo=UTC)
HERE = "EA070B160F011E0780"
"""15:01:30 and 128/256 s of 2026-11-22, a Sunday, at Shanghai; the reason follows (GSS 3.62)."""
FELL_BACK = "E30701010000000200" + "00"


class Cuff(ScriptedLink):
    """A cuff with a clock, in any of the ways; what it has not is refused."""

    def __init__(self, gateway: Gateway, **clocks: str) -> None:
        super().__init__(gateway.clock)
        self.answers = {part: bytes.fromhex(octets) for part, octets in clocks.items()}
        self.locked = False

    async def read(self, part: str) -> bytes:
        if part not in self.answers:
            raise LinkRefusedError(part)
        return self.answers[part]

    async def write(self, part: str, octets: bytes) -> None:
        if self.locked or part not in self.answers:
            raise LinkRefusedError(part)
        await super().write(part, octets)
        self.answers[part] = octets


def driver(gateway: Gateway, link: Cuff, uncertainty: float = 1.0) -> Driver:
    known = Measured(NOW, timedelta(seconds=uncertainty))
    return Driver(
        DeviceSettings("cuff", CUFF, "", "Asia/Shanghai"),
        lambda: link,
        epoch="epoch",
        clock=gateway.clock,
        deliver=gateway.deliver,
        marks=gateway,
        report=gateway.report,
        now=lambda: known,
    )


async def told(gateway: Gateway, link: Cuff, times: int, uncertainty: float = 1.0) -> list[str]:
    """Its clock as told, so many times at least."""

    def shown() -> list[str]:
        return [s.device_time for s in gateway.statuses if s.link is LinkState.CONNECTED]

    async with driving(driver(gateway, link, uncertainty)):
        await until(lambda: len(shown()) >= times)
        link.put("measurement", bytes.fromhex("0478005000600000"))  # and life goes on
    return shown()


def test_the_octets_are_those_of_the_standard() -> None:
    local = datetime(2026, 11, 22, 15, 1, 30, 500_000)  # noqa: DTZ001 - wall time has no zone
    assert clock_words.current_time(local).hex().upper() == HERE + "02"
    assert clock_words.date_time(local) == struct.pack("<H5B", 2026, 11, 22, 15, 1, 30)
    # xDrip, caresens/TimeTx.java: C0 03 01 00 and a Date Time
    way = ClockSetting(part="clock", form="date-time", before="C0030100")
    assert clock_words.setting(way, local).hex().upper() == "C0030100EA070B160F011E"


async def test_a_clock_that_fell_back_is_told_as_it_was_and_then_set(gateway: Gateway) -> None:
    link = Cuff(gateway, **{"current-time": FELL_BACK})
    assert await told(gateway, link, 2) == ["2019-01-01T00:00:00", "2026-11-22T15:01:30"]
    assert link.written == [("current-time", bytes.fromhex(HERE + "02"))]
    assert "was set" in next(s.detail for s in gateway.statuses if s.detail)


async def test_the_next_way_is_tried_where_one_is_refused(gateway: Gateway) -> None:
    link = Cuff(gateway, **{"date-time": FELL_BACK[:14]})
    assert await told(gateway, link, 2) == ["2019-01-01T00:00:00", "2026-11-22T15:01:30"]
    assert [part for part, _ in link.written] == ["date-time"]


async def test_a_clock_that_cannot_be_set_is_told(gateway: Gateway) -> None:
    link = Cuff(gateway, **{"current-time": FELL_BACK})
    link.locked = True
    assert await told(gateway, link, 2) == ["2019-01-01T00:00:00"] * 2
    assert "cannot be set" in next(s.detail for s in gateway.statuses if s.detail)


@pytest.mark.parametrize(
    ("shown", "uncertainty"),
    [(HERE + "00", 1.0), ("EA070B160F020F070000", 1.0), (FELL_BACK, 86_400.0)],
    ids=["right", "45 s fast", "nobody here knows the time"],
)
async def test_what_need_not_or_must_not_be_set_is_left(
    gateway: Gateway, shown: str, uncertainty: float
) -> None:
    link = Cuff(gateway, **{"current-time": shown})
    assert len(await told(gateway, link, 1, uncertainty)) == 1
    assert not link.written


def frame(device_time: str) -> Frame:
    return Frame(
        id="f",
        device="serial:S1",
        part="measurement",
        spec="blood-pressure@0",
        name=f"time:{device_time}",
        at=Instant(BOOT, 0),
        octets=(b"",),
        device_time=device_time,
        zone="UTC",
    )


MAPPING = ClockMapping("c", Instant(BOOT, 0), int(NOW.timestamp()) * 10**9, 10**6, "ntp")


@pytest.mark.parametrize(
    ("device_time", "expected"),
    [
        ("2026-11-20T07:00:00", datetime(2026, 11, 20, 7, tzinfo=UTC)),
        ("2019-01-01T00:03:00", None),  # a clock that fell back, and nobody read it
        ("2031-01-01T00:00:00", None),
    ],
)
def test_a_time_that_cannot_be_is_not_believed(device_time: str, expected: datetime | None) -> None:
    measured = Times([MAPPING]).measured(frame(device_time))
    assert (measured.at if measured else None) == expected
    assert frame(device_time).name == f"time:{device_time}"


def test_what_was_measured_before_the_clock_fell_back_is_not_moved_to_the_future() -> None:
    reading = DeviceStatus(
        id="s",
        device="serial:S1",
        at=Instant(BOOT, -1),
        link=LinkState.CONNECTED,
        device_time="2019-01-01T00:10:00",
    )
    times = Times([MAPPING], [reading])
    before = times.measured(frame("2026-11-20T07:00:00"))
    since = times.measured(frame("2019-01-01T00:05:00"))
    assert before is not None
    assert before.at == datetime(2026, 11, 20, 7, tzinfo=UTC)
    assert since is not None
    assert abs(since.at - (NOW - timedelta(minutes=5))) < timedelta(seconds=1)
