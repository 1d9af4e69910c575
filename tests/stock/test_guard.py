"""From a dispenser's own status frames to alarms, through restarts and what staff load."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from edge_agent.guarding.guards import Post
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.records import Alarm
from edge_agent.model.seams import Capture
from edge_agent.stock.engine import State
from edge_agent.stock.guard import Stock
from edge_drivers import codec
from edge_drivers.frames import FrameMaker
from edge_drivers.segments import Origin
from firmware_specs import catalog

DEVICE = "tag:D-1"
LOADED = catalog.find("dispenser")
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC).timestamp()
"""At the site."""


def local(wall: float) -> datetime:
    return datetime.fromtimestamp(wall, timezone(timedelta(hours=8)))


class Pharmacy:
    """A dispenser's frames, the guard at it, and its marks."""

    def __init__(self) -> None:
        self.marks: dict[str, str] = {}
        self._maker = FrameMaker(Origin(DEVICE, LOADED.ref, "epoch", ""), LOADED.spec)
        self._decoder = codec.compile(LOADED.spec)
        self.post = self.man()

    def man(self) -> Post[State]:
        return Post(Stock(local), lambda at: NOON + at.ns / 1e9)

    async def mark(self, device: str, name: str) -> str | None:
        return self.marks.get(name)

    def frame(self, hours: float, stock: list[int], counts: list[int]) -> Frame:
        words = b"".join(n.to_bytes(2, "big") for n in [2, 0, 0, 1, *stock])
        octets = words + b"".join(n.to_bytes(4, "big") for n in counts)
        capture = Capture("status", octets, Instant("boot", int(hours * 3600e9)))
        made = self._maker.push(capture, self._decoder.decode("status", octets))
        return made[0].frames[0]

    def look(self, hours: float, stock: list[int], counts: list[int]) -> list[Alarm]:
        found = self.post.look([self.frame(hours, stock, counts)])
        assert found
        self.marks |= {mark.name: mark.value for mark in found.marks}
        self.post.keep(found)
        return [one for one in found.records if isinstance(one, Alarm)]


async def test_a_channel_that_will_not_last_a_week_is_told_with_its_forecast() -> None:
    pharmacy = Pharmacy()
    await pharmacy.post.begin(pharmacy, DEVICE, Instant("boot", 0))
    said: list[Alarm] = []
    for day in range(12):
        pharmacy.post = pharmacy.man()  # the agent is killed every day
        await pharmacy.post.begin(pharmacy, DEVICE, Instant("boot", 0))
        taken = 3 * day
        said += pharmacy.look(24 * day, [55 - taken, 65535, 60, 60], [taken, 9, 0, 0])
    (alarm,) = said
    assert (alarm.kind, alarm.device) == ("stock-short", DEVICE)
    assert alarm.basis.startswith("channel 1: ")
    assert alarm.basis.endswith("2026-12-03")
    assert "a day over 11 days (90 % sure)" in alarm.basis
    last = pharmacy.frame(24 * 11, [22, 65535, 60, 60], [33, 9, 0, 0])
    assert alarm.evidence == (last.observations[1].id,)
    assert pharmacy.post.told() == ("stock-short:1",)


async def test_what_staff_loaded_expires_in_its_time() -> None:
    pharmacy = Pharmacy()
    await pharmacy.post.begin(pharmacy, DEVICE, Instant("boot", 0))
    pharmacy.look(0, [60, 60, 60, 60], [0, 0, 0, 0])
    pharmacy.marks["dispenser:loaded:3"] = '{"drug":"D-3","batch":"B","expires":"2026-12-01"}'
    pharmacy.marks["dispenser:loaded:4"] = "null"
    found = await pharmacy.post.tick(pharmacy, Instant("boot", 1))
    assert found
    assert [(one.kind, one.basis) for one in found.records if isinstance(one, Alarm)] == [
        (
            "stock-expires",
            "channel 3: D-3, batch B: 60 packs expire on 2026-12-01 2026-11-22",
        )
    ]
