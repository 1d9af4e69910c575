"""Whose a device's readings are: said once, ended by a revision, and what was held goes up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent.answering.desk import Desk
from edge_agent.config.settings import Config
from edge_agent.control.answered import AuditReply, BindingsReply, BufferReply, DevicesReply, Reply
from edge_agent.control.asked import (
    Bind,
    Bindings,
    Buffer,
    Devices,
    Request,
    Status,
    Unbind,
    VerifyAudit,
)
from edge_agent.inflow.unbound import Unbound
from edge_agent.inflow.whose import is_personal
from edge_agent.model import forms, ids
from edge_agent.model.bindings import Binding
from edge_agent.model.devices import DeviceIdentity, PairedDevice
from edge_agent.model.errors import CommandError
from edge_agent.model.frames import Frame
from edge_agent.model.observations import Observation
from edge_agent.model.records import Lane
from edge_agent.model.seams import Clock
from edge_agent.process.clock import BootClock, measure
from edge_sync.store import Store
from firmware_specs.spec.kinds import Kind, known_kinds
from tests.support.agent import Configure

KEY = "eui64:1122334455667788"
CUFF = '[[device]]\nalias = "cuff"\nspec = "blood-pressure"\nname = "UA-651"\n'
FRIDGE = '[[device]]\nalias = "fridge"\nspec = "xy-md02"\nhost = "h:502"\nasset_tag = "F-1"\n'


class Box:
    """A store with a clock and a cuff that has been met."""

    def __init__(self, store: Store, config: Config, clock: Clock) -> None:
        self.store = store
        self.config = config
        self.clock = clock
        self.desk = Desk(store, config, clock)

    async def ask(self, request: Request) -> Reply:
        return await self.desk(request)

    async def bindings(self) -> tuple[Binding, ...]:
        reply = await self.ask(Bindings())
        assert isinstance(reply, BindingsReply)
        return reply.bindings

    async def bind(self, subject: str, slot: str = "", since: str = "") -> BindingsReply:
        reply = await self.ask(Bind("cuff", subject, slot, since=since))
        assert isinstance(reply, BindingsReply)
        return reply

    def frame(self, kind: str = "heart-rate", slot: str = "") -> Frame:
        now = self.clock.now()
        name = ids.live_name("epoch", now)
        return Frame(
            ids.frame_id(KEY, "measurement", name, ""), KEY, "measurement", "s@0", name, now,
            (b"",), slot=slot, zone="Asia/Shanghai",
            observations=(Observation(f"o{now.ns}", kind),),
        )  # fmt: skip


@pytest.fixture
async def box(tmp_path: Path, configure: Configure) -> AsyncIterator[Box]:
    clock = BootClock()
    async with await Store.open(tmp_path / "buffer.sqlite") as store:
        await store.deliver([measure(clock)])
        identity = DeviceIdentity(system_id="1122334455667788")
        await store.devices.save(PairedDevice("cuff", "blood-pressure", identity))
        yield Box(store, configure(CUFF + FRIDGE).config, clock)


async def test_a_binding_is_durable_and_ends_with_the_next(box: Box) -> None:
    await box.bind("s-1")
    await box.bind("s-2")
    (binding,) = await box.bindings()
    assert (binding.device, binding.subject, binding.how) == (KEY, "s-2", "staff")
    first = [one for one in await box.store.bindings() if one.subject == "s-1"]
    assert [one.revision for one in first] == [0, 1]
    assert first[-1].until == binding.since


async def test_what_was_bound_is_audited_in_the_same_commit(box: Box) -> None:
    empty = await box.ask(VerifyAudit())
    assert isinstance(empty, AuditReply)
    await box.bind("s-1")
    await box.ask(Unbind("cuff"))
    reply = await box.ask(VerifyAudit())
    assert isinstance(reply, AuditReply)
    assert reply.entries == empty.entries + 2
    assert reply.digest != empty.digest


async def test_slots_are_bound_apart(box: Box) -> None:
    await box.bind("s-1", slot="1")
    await box.bind("s-2", slot="2")
    assert {one.slot: one.subject for one in await box.bindings()} == {"1": "s-1", "2": "s-2"}
    await box.ask(Unbind("cuff", "1"))
    assert [one.slot for one in await box.bindings()] == ["2"]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (Bind("none", "s-1"), "no device 'none' is configured or paired; there is cuff, fridge"),
        (Bind("cuff", " "), "needs a subject"),
        (Bind("cuff", "s-1", how="guess"), "'guess' is no way of binding"),
        (Bind("cuff", "s-1", since="today"), "'today' is no time"),
        (Bind("cuff", "s-1", since="2026-11-22T08:00:00"), "has no zone"),
        (Unbind("cuff"), "nobody is bound to 'cuff'"),
        (Status(), "only a running one knows that"),
    ],
)
async def test_what_cannot_be_done_is_refused(box: Box, request_: Request, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        await box.ask(request_)
    assert await box.store.bindings() == []


async def test_a_device_with_a_tag_can_be_bound_before_it_was_met(box: Box) -> None:
    reply = await box.ask(Bind("fridge", "ward-1"))
    assert isinstance(reply, BindingsReply)
    assert reply.bindings[0].device == "tag:F-1"


async def test_a_device_that_was_never_met_cannot(box: Box) -> None:
    await box.store.devices.forget("cuff")
    with pytest.raises(CommandError, match="was never met"):
        await box.ask(Bind("cuff", "s-1"))


async def test_the_store_tells_devices_and_lanes(box: Box) -> None:
    devices = await box.ask(Devices())
    assert isinstance(devices, DevicesReply)
    assert [(one.alias, one.device) for one in devices.devices] == [("cuff", KEY), ("fridge", "")]
    buffer = await box.ask(Buffer())
    assert isinstance(buffer, BufferReply)
    assert {one.lane: one.rows for one in buffer.lanes}["observation"] == 1


async def hold(box: Box, *frames: Frame) -> Unbound:
    unbound = Unbound(box.store, hold=True)
    await unbound.refresh()
    await box.store.deliver(frames, held=[one.id for one in frames if unbound.is_held(one)])
    return unbound


async def sent(box: Box) -> list[str]:
    rows = await box.store.pending(Lane.OBSERVATION)
    records = [forms.decode(row.payload) for row in rows]
    return [record.id for record in records if isinstance(record, Frame)]


async def test_held_frames_go_up_when_it_is_known_whose_they_are(box: Box) -> None:
    since = datetime.now(UTC).isoformat()
    frame, other = box.frame(slot="1"), box.frame(slot="2")
    await hold(box, frame, other)
    assert await sent(box) == []
    reply = await box.bind("s-1", slot="1", since=since)
    assert reply.released == 1
    assert await sent(box) == [frame.id]


async def test_what_was_measured_before_the_binding_stays_held(box: Box) -> None:
    await hold(box, box.frame())
    assert (await box.bind("s-1")).released == 0
    assert await sent(box) == []


async def test_what_is_bound_or_of_nobody_is_not_held(box: Box) -> None:
    await box.bind("s-1")
    frame, room = box.frame(), box.frame("air-temperature")
    unbound = await hold(box, frame, room)
    assert await sent(box) == [frame.id, room.id]
    await box.ask(Unbind("cuff"))
    await unbound.refresh()
    assert unbound.is_held(box.frame())
    assert not unbound.is_held(box.frame("air-temperature"))


async def test_to_send_is_to_hold_nothing(box: Box) -> None:
    unbound = Unbound(box.store, hold=False)
    await unbound.refresh()
    assert not unbound.is_held(box.frame())


async def test_an_unknown_kind_is_taken_for_personal(box: Box) -> None:
    assert is_personal(box.frame("something-new"))
    assert not is_personal(box.frame("battery"))


async def test_what_a_spec_declares_of_a_room_is_not_held(box: Box) -> None:
    air = Kind(en="CO2", zh="二氧化碳", units=("[ppm]",), category="survey")
    kinds = known_kinds({"carbon-dioxide": air})
    unbound = await hold(box)
    assert unbound.is_held(box.frame("carbon-dioxide"))
    assert not unbound.is_held(box.frame("carbon-dioxide"), kinds)


async def test_what_the_old_bindings_held_while_one_is_made_is_released(box: Box) -> None:
    unbound, since = await hold(box), datetime.now(UTC).isoformat()
    frame = box.frame()

    async def meanwhile() -> None:
        await box.store.deliver([frame], held=[frame.id] if unbound.is_held(frame) else [])
        await unbound.refresh()

    box.desk = Desk(box.store, box.config, box.clock, meanwhile)
    assert (await box.bind("s-1", since=since)).released == 1
    assert await sent(box) == [frame.id]
