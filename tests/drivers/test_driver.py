"""One device for ever: order of things, loss and return, a store that fails, a clean stop."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import msgspec
import pytest

from edge_agent.model.devices import LinkState
from edge_agent.model.errors import (
    LinkLostError,
    LinkRefusedError,
    LinkTimeoutError,
    LinkUnavailableError,
    MalformedError,
    StoreFullError,
    TruncatedError,
)
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import GapReason
from edge_agent.model.seams import Capture
from edge_drivers.diagnostics import KEPT, Diagnostics
from edge_drivers.links.captures import Captures
from firmware_specs import catalog
from firmware_specs.spec.types import DeviceClock, Write
from tests.support.gateway import Gateway, driving, until
from tests.support.scripted import ScriptedLink

STRAP = catalog.find("heart-rate")
POLAR = catalog.find("polar-pmd")
BPM_72 = bytes.fromhex("0048")
BPM_73 = bytes.fromhex("0049")
CUT_SHORT = bytes.fromhex("01")


async def test_nothing_is_acknowledged_before_it_is_durable(gateway: Gateway) -> None:
    link = ScriptedLink(gateway.clock)
    gateway.stalled.clear()
    async with driving(gateway.driver(STRAP, lambda: link)):
        link.put("measurement", BPM_72)
        await asyncio.sleep(0.05)
        assert not link.acknowledged
        gateway.stalled.set()
        await until(lambda: link.acknowledged == [BPM_72])


async def test_a_store_that_fails_acknowledges_nothing_and_the_driver_goes_on(
    gateway: Gateway,
) -> None:
    first, second = ScriptedLink(gateway.clock), ScriptedLink(gateway.clock)
    links = iter((first, second))
    gateway.failures = [StoreFullError("full")]
    async with driving(gateway.driver(STRAP, lambda: next(links))):
        first.put("measurement", BPM_72)
        second.put("measurement", BPM_73)
        await until(lambda: gateway.frames)
    assert first.acknowledged == []
    assert first.closed
    assert [frame.octets for frame in gateway.frames] == [(BPM_73,)]
    lost = next(s for s in gateway.statuses if s.link is LinkState.LOST)
    assert lost.detail == "full"


async def test_what_cannot_be_read_is_counted_kept_and_told(gateway: Gateway) -> None:
    links = [ScriptedLink(gateway.clock), ScriptedLink(gateway.clock)]
    remaining = iter(links)
    driver = gateway.driver(STRAP, lambda: next(remaining))
    async with driving(driver):
        links[0].put("measurement", BPM_72, CUT_SHORT, BPM_73)
        await until(lambda: len(gateway.frames) == 2)
        links[0].lose()
        await until(lambda: LinkState.LOST in gateway.states())
    assert driver.diagnostics.counts == {"TruncatedError": 1}
    assert driver.diagnostics.recent[0].capture.octets == CUT_SHORT
    assert [s.malformed for s in gateway.statuses if s.link is LinkState.LOST] == [1]
    assert links[0].acknowledged == [BPM_72, CUT_SHORT, BPM_73]


async def test_each_connection_has_a_fresh_link_and_a_refusal_calls_a_person(
    gateway: Gateway,
) -> None:
    errors = [LinkUnavailableError("asleep"), LinkRefusedError("bonded elsewhere"), None]
    links = [ScriptedLink(gateway.clock, refusal=error) for error in errors]
    remaining = iter(links)
    async with driving(gateway.driver(STRAP, lambda: next(remaining))):
        await until(lambda: LinkState.CONNECTED in gateway.states())
    states = [state for state in gateway.states() if state is not LinkState.CONNECTING]
    assert states == [LinkState.LOST, LinkState.REFUSED, LinkState.CONNECTED, LinkState.STOPPED]
    assert all(link.closed for link in links)
    assert gateway.statuses[0].device == "alias:device"
    assert gateway.statuses[-1].device == "serial:S1"


async def test_a_stop_keeps_what_is_in_hand(gateway: Gateway) -> None:
    link = ScriptedLink(gateway.clock)
    async with driving(gateway.driver(STRAP, lambda: link)):
        await until(lambda: LinkState.CONNECTED in gateway.states())
        gateway.stalled.clear()
        link.put("measurement", BPM_72)
        await asyncio.sleep(0.02)  # its commit is under way
        link.put("measurement", BPM_73)  # and this waits behind it
        asyncio.get_running_loop().call_later(0.05, gateway.stalled.set)
    assert [frame.octets for frame in gateway.frames] == [(BPM_72,), (BPM_73,)]


async def test_a_device_left_running_by_a_killed_agent_is_stopped_and_started(
    gateway: Gateway,
) -> None:
    link = ScriptedLink(gateway.clock)
    answers = iter(("f002000600", "f003000000", "f002000000", "f003000000"))

    async def write(part: str, octets: bytes) -> None:
        link.written.append((part, octets))
        link.put("control", bytes.fromhex(next(answers)))

    link.write = write  # type: ignore[method-assign]
    async with driving(gateway.driver(POLAR, lambda: link)):
        await until(lambda: len(link.written) == 3)
        await asyncio.sleep(0.02)
    start, stop = bytes.fromhex("02000001820001010E00"), bytes.fromhex("0300")
    assert [octets for _, octets in link.written] == [start, stop, start, stop]
    assert gateway.frames == []  # an answer is an event and no measurement


async def test_a_bug_is_told_and_left_to_the_supervisor(gateway: Gateway) -> None:
    link = ScriptedLink(gateway.clock)
    gateway.failures = [ZeroDivisionError("Li Lei, 1 Main Street")]
    task = asyncio.create_task(gateway.driver(STRAP, lambda: link).run())
    link.put("measurement", BPM_72)
    with pytest.raises(ZeroDivisionError):
        await task
    assert gateway.states()[-1] is LinkState.LOST
    assert gateway.statuses[-1].detail == "a bug in the way of this device: ZeroDivisionError"
    assert link.closed


@pytest.mark.parametrize(
    "error", [MalformedError("another echo"), LinkTimeoutError("silent"), RuntimeError("a bug")]
)
async def test_whatever_becomes_of_the_stop_what_is_in_hand_is_kept(
    gateway: Gateway, error: Exception
) -> None:
    order = Write(part="measurement", octets="00")
    spec = msgspec.structs.replace(STRAP.spec, stop=(order,))
    link = ScriptedLink(gateway.clock)

    async def write(part: str, octets: bytes) -> None:
        link.put("measurement", BPM_72)
        raise error

    link.write = write  # type: ignore[method-assign]
    driver = gateway.driver(msgspec.structs.replace(STRAP, spec=spec), lambda: link)
    task = asyncio.create_task(driver.run())
    await until(lambda: LinkState.CONNECTED in gateway.states())
    task.cancel()
    await asyncio.wait((task,))
    assert link.closed
    assert [frame.octets for frame in gateway.frames] == [(BPM_72,)]


async def test_a_clock_that_answers_something_else_hinders_nothing(gateway: Gateway) -> None:
    link = ScriptedLink(gateway.clock)

    async def read(part: str) -> bytes:
        raise MalformedError("the answer is not that of the question")

    link.read = read  # type: ignore[method-assign]
    spec = msgspec.structs.replace(STRAP.spec, clock=DeviceClock(read="measurement"))
    loaded = msgspec.structs.replace(STRAP, spec=spec)
    async with driving(gateway.driver(loaded, lambda: link)):
        await until(lambda: LinkState.CONNECTED in gateway.states())


async def test_a_full_queue_ends_the_link_and_says_so(gateway: Gateway) -> None:
    captures = Captures(gateway.clock, limit=2)
    for octets in (b"a", b"b", b"c", b"d"):
        captures.put("p", octets)
    captures.put("q", b"e")
    first, second, *dropped = await captures.take()
    assert (first.octets, second.octets) == (b"a", b"b")
    assert [(one.part, getattr(one, "reason", "")) for one in dropped] == [
        ("p", GapReason.OVERFLOW),
        ("q", GapReason.OVERFLOW),
    ]
    with pytest.raises(Exception, match="2 octet strings waited"):
        await captures.take()


async def test_diagnostics_are_bounded(gateway: Gateway) -> None:
    diagnostics = Diagnostics(STRAP.spec)
    for number in range(KEPT + 8):
        capture = Capture("measurement", bytes((number,)) * 1000, gateway.clock.now())
        diagnostics.malformed(capture, TruncatedError("short"))
    assert len(diagnostics.recent) == KEPT
    assert len(diagnostics.recent[-1].capture.octets) == 512
    assert (diagnostics.fresh(), diagnostics.told(), diagnostics.fresh()) == (40, 40, 0)


async def test_a_library_that_cancels_is_a_lost_link_and_no_stop(gateway: Gateway) -> None:
    links = [ScriptedLink(gateway.clock), ScriptedLink(gateway.clock)]
    remaining = iter(links)

    async def cancelled() -> None:
        raise asyncio.CancelledError

    links[0].open = cancelled  # type: ignore[method-assign]
    async with driving(gateway.driver(STRAP, lambda: next(remaining))):
        await until(lambda: LinkState.CONNECTED in gateway.states())
    assert gateway.states().count(LinkState.LOST) == 1
    assert gateway.states().count(LinkState.STOPPED) == 1
    assert links[0].closed


async def test_what_came_before_a_link_failed_to_open_is_kept(gateway: Gateway) -> None:
    links = [ScriptedLink(gateway.clock), ScriptedLink(gateway.clock)]
    remaining = iter(links)

    async def half() -> None:  # subscribed to one part, gone before the next
        links[0].put("measurement", BPM_72)
        raise LinkLostError("gone")

    links[0].open = half  # type: ignore[method-assign]
    async with driving(gateway.driver(STRAP, lambda: next(remaining))):
        await until(lambda: LinkState.CONNECTED in gateway.states())
    assert [frame.octets for frame in gateway.frames] == [(BPM_72,)]
    assert links[0].closed


async def test_what_is_in_hand_is_durable_before_a_slow_goodbye(gateway: Gateway) -> None:
    part = msgspec.structs.replace(STRAP.spec.parts["measurement"], segment=Decimal(60))
    spec = msgspec.structs.replace(STRAP.spec, parts={**STRAP.spec.parts, "measurement": part})
    link, gone = ScriptedLink(gateway.clock), asyncio.Event()
    close, held = link.close, list[Frame]()

    def goodbye() -> None:
        held.extend(gateway.frames)
        gone.set()

    async def slowly() -> None:
        await gone.wait()
        link.put("measurement", BPM_73)
        await close()

    link.close = slowly  # type: ignore[method-assign]
    driver = gateway.driver(msgspec.structs.replace(STRAP, spec=spec), lambda: link)
    async with driving(driver):
        await until(lambda: LinkState.CONNECTED in gateway.states())
        link.put("measurement", BPM_72)
        await asyncio.sleep(0.02)
        assert gateway.frames == []
        asyncio.get_running_loop().call_later(0.1, goodbye)
    assert [frame.octets for frame in held] == [(BPM_72,)]
    assert [frame.octets for frame in gateway.frames] == [(BPM_72,), (BPM_73,)]
