"""The Record Access Control Point's client against every kind of answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_agent.model.errors import LinkRefusedError, LinkTimeoutError
from edge_agent.model.gaps import GapReason
from edge_drivers import codec
from edge_drivers.diagnostics import Diagnostics
from edge_drivers.frames import FrameMaker
from edge_drivers.procedures.stored_records import StoredRecords
from edge_drivers.segments import Origin
from edge_drivers.session import Session
from firmware_specs import catalog
from tests.support.gateway import Gateway
from tests.support.scripted import ScriptedLink

GLUCOSE = catalog.find("glucose")
ALL, ABORT = "0101", "0300"
SUCCESS, NONE = "06000101", "06000106"


def record(sequence: int) -> str:
    """A measurement of 2026-11-22 07:01:00 + sequence s, 5.4 mmol/L (GLS 1.0.1, 3.1)."""
    head = f"06{sequence:02x}00ea070b160701{sequence:02x}"
    return head + "36c011"


def part_of(answer: str) -> str:
    if len(answer) > 8:
        return "measurement"
    return "control" if answer[:2] in ("05", "06") else "context"


class Meter:
    """Answers requests from a table: hex to hexes."""

    def __init__(self, gateway: Gateway, answers: dict[str, list[str]]) -> None:
        self.link = ScriptedLink(gateway.clock)
        self.requests: list[str] = []
        self._answers = answers
        self.link.write = self._written  # type: ignore[method-assign]
        maker = FrameMaker(Origin("serial:S1", GLUCOSE.ref, "epoch", ""), GLUCOSE.spec)
        self.session = Session(
            GLUCOSE.spec,
            self.link,
            codec.compile(GLUCOSE.spec),
            maker,
            gateway.deliver,
            Diagnostics(GLUCOSE.spec),
            gateway.clock,
        )

    async def _written(self, part: str, octets: bytes) -> None:
        self.requests.append(octets.hex())
        for answer in self._answers.get(octets.hex(), []):
            self.link.put(part_of(answer), bytes.fromhex(answer))


def sequences(gateway: Gateway) -> list[str]:
    return [frame.name.split()[0] for frame in gateway.frames]


async def read(gateway: Gateway, answers: dict[str, list[str]]) -> Meter:
    meter = Meter(gateway, answers)
    await StoredRecords(gateway, stall=0.1).read(meter.session, "serial:S1")
    return meter


async def test_the_record_is_one(gateway: Gateway) -> None:
    (reading,) = codec.compile(GLUCOSE.spec).decode("measurement", bytes.fromhex(record(7)))
    assert (reading.sequence, str(reading.measured[0].value)) == (7, "5.4")


async def test_nothing_stored(gateway: Gateway) -> None:
    meter = await read(gateway, {"0401": ["05000000"], ALL: [NONE]})
    assert meter.requests == ["0401", ALL]
    assert not gateway.marks


async def test_a_meter_that_cannot_count_is_read_all_the_same(gateway: Gateway) -> None:
    await read(gateway, {"0401": ["06000402"], ALL: [record(1), record(2), SUCCESS]})
    assert sequences(gateway) == ["seq:1", "seq:2"]
    assert gateway.marks["serial:S1", "racp"].startswith("2 ")


async def test_a_meter_that_knows_no_filter_is_asked_for_all(gateway: Gateway) -> None:
    gateway.marks["serial:S1", "racp"] = "1 other"
    answers = {
        "0403010100": ["06000404"],
        "0103010100": ["06000104"],
        "0401": ["05000200"],
        ALL: [record(1), record(2), SUCCESS],
    }
    meter = await read(gateway, answers)
    assert meter.requests == ["0403010100", "0103010100", "0401", ALL]
    assert sequences(gateway) == ["seq:1", "seq:2"]


@pytest.mark.parametrize("code", [2, 3, 4, 5, 9])
async def test_a_request_that_is_not_understood_is_made_for_all(
    gateway: Gateway, code: int
) -> None:
    gateway.marks["serial:S1", "racp"] = "1 other"
    refused = {"0403010100": [f"060004{code:02x}"], "0103010100": [f"060001{code:02x}"]}
    every = {"0401": ["05000200"], ALL: [record(1), record(2), SUCCESS]}
    await read(gateway, refused | every)
    assert sequences(gateway) == ["seq:1", "seq:2"]


async def test_none_from_the_marked_one_on_may_be_a_memory_that_was_lost(gateway: Gateway) -> None:
    gateway.marks["serial:S1", "racp"] = "9 other"
    answers = {
        "0403010900": ["05000000"],
        "0103010900": [NONE],
        "0401": ["05000100"],
        ALL: [record(1), SUCCESS],
    }
    await read(gateway, answers)
    assert sequences(gateway) == ["seq:1"]
    assert gateway.marks["serial:S1", "racp"].startswith("1 ")


async def test_a_number_that_is_nearly_over_is_no_place_to_go_on_from(gateway: Gateway) -> None:
    """After 65535 comes 0: of `from 65535 on` there would never be another record."""
    gateway.marks["serial:S1", "racp"] = "65535 other"
    last = record(0)[:2] + "ffff" + record(0)[6:]
    await read(gateway, {"0401": ["05000200"], ALL: [last, record(0), SUCCESS]})
    assert sequences(gateway) == ["seq:65535", "seq:0"]


@pytest.mark.parametrize("code", [0, 11, 255])
async def test_a_code_that_no_standard_knows_is_no_answer(gateway: Gateway, code: int) -> None:
    answers = {"0401": ["05000200"], ALL: [record(1), f"060001{code:02x}"], ABORT: ["06000301"]}
    with pytest.raises(LinkTimeoutError, match="no record"):
        await read(gateway, answers)
    assert sequences(gateway) == ["seq:1"]
    assert not gateway.marks


async def test_a_record_that_was_silently_lost_is_asked_for_again(gateway: Gateway) -> None:
    passes = iter(([record(1), record(3), SUCCESS], [record(1), record(2), record(3), SUCCESS]))
    meter = Meter(gateway, {"0401": ["05000300"]})
    answers: Callable[[], list[str]] = lambda: next(passes)  # noqa: E731
    original = meter.link.write

    async def write(part: str, octets: bytes) -> None:
        await original(part, octets)
        if octets.hex() == ALL:
            for answer in answers():
                meter.link.put(part_of(answer), bytes.fromhex(answer))

    meter.link.write = write  # type: ignore[method-assign]
    await StoredRecords(gateway, stall=0.1).read(meter.session, "serial:S1")
    assert sequences(gateway) == ["seq:1", "seq:3", "seq:2"]
    assert gateway.marks["serial:S1", "racp"].startswith("3 ")


async def test_a_record_that_stays_unreadable_is_passed_in_the_end(gateway: Gateway) -> None:
    damaged = record(2)[:-2]
    answers = {"0401": ["05000300"], ALL: [record(1), damaged, record(3), SUCCESS]}
    meter = await read(gateway, answers)
    assert meter.requests.count(ALL) == 3
    assert sequences(gateway) == ["seq:1", "seq:3"]
    assert gateway.marks["serial:S1", "racp"].startswith("3 ")
    (gap,) = gateway.gaps  # in the commit that moves the mark
    assert (gap.device, gap.part, gap.reason) == ("serial:S1", "measurement", GapReason.MALFORMED)
    assert gap.count == 1


async def test_a_transfer_that_stalls_is_aborted(gateway: Gateway) -> None:
    meter = Meter(gateway, {"0401": ["05000300"], ALL: [record(1)], ABORT: ["06000301"]})
    with pytest.raises(LinkTimeoutError, match="no record"):
        await StoredRecords(gateway, stall=0.1).read(meter.session, "serial:S1")
    assert meter.requests == ["0401", ALL, ABORT]
    assert sequences(gateway) == ["seq:1"]
    assert not gateway.marks


@pytest.mark.parametrize(
    ("code", "error"),
    [(7, LinkTimeoutError), (8, LinkTimeoutError), (10, LinkTimeoutError), (2, LinkRefusedError)],
)
async def test_what_is_no_success_is_said(
    gateway: Gateway, code: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await read(gateway, {"0401": ["05000300"], ALL: [f"060001{code:02x}"]})
    assert not gateway.marks


async def test_the_mark_follows_what_has_no_hole(gateway: Gateway) -> None:
    first = [record(1), record(2), SUCCESS]
    await read(gateway, {"0401": ["05000200"], ALL: first})
    since_two = {
        "0403010200": ["05000400"],
        "0103010200": [record(2), record(3), record(4)],  # and then it goes away
        ABORT: ["06000301"],
    }
    with pytest.raises(LinkTimeoutError):
        await read(gateway, since_two)
    assert gateway.marks["serial:S1", "racp"].startswith("3 ")
    with pytest.raises(LinkTimeoutError):
        await read(gateway, {"0403010300": ["05000300"], "0103010300": [record(3), record(6)]})
    assert gateway.marks["serial:S1", "racp"].startswith("3 ")  # 4 and 5 may be missing


def announcing(sequence: int) -> str:
    """A measurement that a context follows."""
    return "16" + record(sequence)[2:]


def context(sequence: int) -> str:
    """A Glucose Measurement Context without optional fields (GLS 1.0.1, 3.2)."""
    return f"00{sequence:02x}00"


async def test_a_context_that_was_announced_is_waited_for_and_asked_for(gateway: Gateway) -> None:
    passes = iter(((), (context(1),)))
    meter = Meter(gateway, {"0401": ["05000200"]})
    original = meter.link.write

    async def write(part: str, octets: bytes) -> None:
        await original(part, octets)
        if octets.hex() == ALL:
            for answer in (announcing(1), *next(passes), record(2), SUCCESS):
                meter.link.put(part_of(answer), bytes.fromhex(answer))

    meter.link.write = write  # type: ignore[method-assign]
    await StoredRecords(gateway, stall=0.1).read(meter.session, "serial:S1")
    assert meter.requests.count(ALL) == 2
    assert [frame.part for frame in gateway.frames] == ["measurement", "measurement", "context"]
    assert gateway.marks["serial:S1", "racp"].startswith("2 ")


async def test_a_context_that_never_comes_is_passed_in_the_end(gateway: Gateway) -> None:
    answers = {"0401": ["05000200"], ALL: [record(1), announcing(2), SUCCESS]}
    meter = await read(gateway, answers)
    assert meter.requests.count(ALL) == 3
    assert gateway.marks["serial:S1", "racp"].startswith("2 ")
    (gap,) = gateway.gaps
    assert (gap.part, gap.reason, gap.count) == ("context", GapReason.DEVICE_SILENT, 1)
    since = {"0403010200": ["05000200"], "0103010200": [announcing(2), record(3), SUCCESS]}
    assert (await read(gateway, since)).requests.count("0103010200") == 1


async def test_the_mark_waits_for_an_announced_context(gateway: Gateway) -> None:
    await read(gateway, {"0401": ["05000100"], ALL: [record(1), SUCCESS]})
    since = {
        "0403010100": ["05000400"],
        "0103010100": [record(1), announcing(2), record(3), record(4)],  # and then it goes away
        ABORT: ["06000301"],
    }
    with pytest.raises(LinkTimeoutError):
        await read(gateway, since)
    assert gateway.marks["serial:S1", "racp"].startswith("1 ")


async def test_records_that_the_answer_has_overtaken_are_waited_for(gateway: Gateway) -> None:
    """BlueZ hands over each characteristic on a way of its own: the answer may come first."""
    answers = {"0401": ["05000300"], ALL: [record(1), SUCCESS, record(2), record(3)]}
    meter = await read(gateway, answers)
    assert meter.requests.count(ALL) == 1
    assert sequences(gateway) == ["seq:1", "seq:2", "seq:3"]
    assert gateway.marks["serial:S1", "racp"].startswith("3 ")
