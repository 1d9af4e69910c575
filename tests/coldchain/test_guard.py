"""From frames of real specs to alarms and excursions that name what they rest on."""

from __future__ import annotations

from decimal import Decimal

from edge_agent.coldchain.conditions import State
from edge_agent.coldchain.guard import ColdChain
from edge_agent.coldchain.profiles import packaged
from edge_agent.guarding.guards import Post, Round
from edge_agent.model.excursions import Excursion
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.records import Alarm, Priority, Record
from edge_agent.model.seams import Capture
from edge_drivers import codec
from edge_drivers.codec.readings import Reading
from edge_drivers.frames import FrameMaker
from edge_drivers.segments import Origin
from firmware_specs import catalog

NS = 1_000_000_000
DEVICE = "tag:BOX-1"


def at(seconds: float) -> Instant:
    return Instant("boot", int(seconds * NS))


class Box:
    """Frames of a device, as its driver makes them, and the post of its guard."""

    def __init__(self, spec: str, profile: str) -> None:
        loaded = catalog.find(spec)
        self._part = next(name for name, part in loaded.spec.parts.items() if part.observations)
        self._decoder = codec.compile(loaded.spec)
        self._maker = FrameMaker(Origin(DEVICE, loaded.ref, "epoch", ""), loaded.spec)
        self.marks: dict[str, str] = {}
        self.guard = ColdChain(profile, packaged(), loaded.spec)
        self.post = Post(self.guard, lambda instant: instant.ns / NS)

    async def mark(self, device: str, name: str) -> str | None:
        assert device == DEVICE
        return self.marks.get(name)

    def frame(self, seconds: float, octets: str) -> Frame:
        capture = Capture(self._part, bytes.fromhex(octets), at(seconds))
        ((frame,),) = [m.frames for m in self._maker.push(capture, self._decode(capture))]
        return frame

    def _decode(self, capture: Capture) -> tuple[Reading, ...]:
        return self._decoder.decode(capture.part, capture.octets)

    def keep(self, found: Round[State] | None) -> tuple[Record, ...]:
        """Commit what was found."""
        assert found
        self.marks |= {mark.name: mark.value for mark in found.marks}
        self.post.keep(found)
        return found.records

    def look(self, seconds: float, octets: str) -> tuple[Record, ...]:
        return self.keep(self.post.look([self.frame(seconds, octets)]))


async def test_an_excursion_is_told_at_once_and_again_when_it_is_over() -> None:
    box = Box("vaccine-refrigerator", "vaccine")
    await box.post.begin(box, DEVICE, at(0))
    assert box.look(30, "0001000000000032") == ()  # 5.0
    (alarm,) = box.look(60, "0001000100000051")  # 8.1
    first = box.frame(60, "0001000100000051").observations[0].id
    assert alarm == Alarm(
        id=alarm.id,
        device=DEVICE,
        kind="cold-chain-temperature-high",
        priority=Priority.HIGH,
        at=at(60),
        evidence=(first,),
        basis=packaged().sources["vaccine"],
    )
    assert box.post.told() == ("temperature-high",)
    assert box.look(90, "000100010000005F") == ()  # 9.5
    (excursion,) = box.look(120, "0001000100000050")  # 8.0
    assert isinstance(excursion, Excursion)
    assert (excursion.since, excursion.at, excursion.seconds) == (at(60), at(120), 60)
    assert (excursion.extreme, excursion.unit) == (Decimal("9.5"), "Cel")
    assert excursion.mean_kinetic == Decimal("8.83")
    assert (excursion.readings, len(excursion.evidence), excursion.profile) == (2, 2, "vaccine")
    assert box.post.told() == ()


async def test_what_was_not_committed_is_found_again_and_has_the_same_name() -> None:
    box = Box("vaccine-refrigerator", "vaccine")
    await box.post.begin(box, DEVICE, at(0))
    box.look(30, "0001000000000032")
    refused = box.post.look([box.frame(60, "0001000100000051")])
    assert refused
    assert refused.is_urgent
    again = box.look(60, "0001000100000051")
    assert again == refused.records
    box.post = Post(box.guard, lambda instant: instant.ns / NS)  # killed, started anew
    await box.post.begin(box, DEVICE, at(75))
    (excursion,) = box.look(90, "0001000100000032")
    assert isinstance(excursion, Excursion)
    assert excursion.since == at(60)


async def test_door_and_mains_of_a_real_map() -> None:
    box = Box("vaccine-refrigerator", "vaccine")
    await box.post.begin(box, DEVICE, at(0))
    (mains,) = box.look(0, "0001000000030032")
    said = [record for n in range(1, 6) for record in box.look(30 * n, "0001000000010032")]
    assert isinstance(mains, Alarm)
    assert mains.kind == "cold-chain-mains"
    assert [getattr(one, "kind", "") for one in said] == ["cold-chain-mains", "cold-chain-door"]
    assert isinstance(said[0], Excursion)
    (shut,) = box.look(180, "0001000000000032")
    assert isinstance(shut, Excursion)
    assert (shut.seconds, shut.extreme, shut.mean_kinetic) == (180, None, None)
    assert all(isinstance(one, str) and len(one) == 32 for one in shut.evidence)


async def test_a_broken_probe_is_a_silence_and_no_excursion() -> None:
    box = Box("blood-refrigerator", "blood")
    await box.post.begin(box, DEVICE, at(0))
    box.look(0, "00010000000000280028")
    for n in range(1, 11):
        assert box.look(30 * n, "00010003000080000028") == ()
    (silent,) = box.keep(await box.post.tick(box, at(301)))
    assert isinstance(silent, Alarm)
    assert (silent.kind, silent.priority) == ("cold-chain-silent", Priority.MEDIUM)


async def test_a_sensor_read_with_the_wrong_map_is_noticed_at_once() -> None:
    """Humidity first, read as if temperature came first: 54.0 degrees and 4.8 %."""
    box = Box("r444a01", "refrigerated")
    await box.post.begin(box, DEVICE, at(0))
    said = box.look(0, "021C0030")
    assert {getattr(one, "kind", "") for one in said} == {
        "cold-chain-swapped",
        "cold-chain-temperature-high",
        "cold-chain-humidity-low",
    }
    right = Box("rs-ws-n01", "vaccine")
    await right.post.begin(right, DEVICE, at(0))
    assert right.look(0, "021C0030") == ()
