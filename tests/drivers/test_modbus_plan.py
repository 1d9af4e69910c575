"""Which blocks share a request: fewest requests, nothing torn, nothing read that is forbidden."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_drivers.links.modbus_plan import requests, split
from edge_drivers.links.polls import BACKOFF_MOST_S, DISABLED_S, Polls
from firmware_specs.spec.wires import ModbusWire, Registers


def block(address: int, count: int, function: int = 3, *, alone: bool = False) -> Registers:
    given_block = {"function": function, "address": address, "count": count, "alone": alone}
    return msgspec.convert(given_block, Registers)


def planned(blocks: dict[str, Registers], **wire: int) -> list[tuple[int, int, tuple[str, ...]]]:
    found = requests(blocks, msgspec.convert({"type": "modbus", **wire}, ModbusWire))
    return [(one.block.address, one.block.count, one.parts) for one in found]


def test_adjacent_parts_take_one_request() -> None:
    assert planned({"b": block(2, 4), "a": block(0, 2)}) == [(0, 6, ("a", "b"))]


def test_registers_that_nobody_named_are_read_along_only_where_the_spec_allows() -> None:
    blocks = {"a": block(0, 2), "b": block(4, 1)}
    assert len(planned(blocks)) == 2
    assert len(planned(blocks, gap=1)) == 2
    assert planned(blocks, gap=2) == [(0, 5, ("a", "b"))]


def test_functions_never_share() -> None:
    assert len(planned({"a": block(0, 2, 3), "b": block(2, 2, 4)})) == 2


def test_what_is_read_alone_shares_with_nobody() -> None:
    blocks = {"a": block(0, 2), "b": block(2, 1, alone=True), "c": block(3, 1), "d": block(4, 1)}
    assert [parts for *_, parts in planned(blocks)] == [("a",), ("b",), ("c", "d")]
    once = requests(blocks, ModbusWire(), alone={"a", "b", "c"})
    assert [one.parts for one in once] == [("a",), ("b",), ("c",), ("d",)]


def test_no_request_is_larger_than_the_spec_allows() -> None:
    blocks = {"a": block(0, 100), "b": block(100, 25), "c": block(125, 1)}
    assert [parts for *_, parts in planned(blocks)] == [("a", "b"), ("c",)]
    assert [parts for *_, parts in planned(blocks, most=30)] == [("a",), ("b", "c")]


@st.composite
def maps(draw: st.DrawFn) -> dict[str, Registers]:
    """Blocks that do not overlap, of any functions."""
    blocks: dict[str, Registers] = {}
    for function in draw(st.sets(st.sampled_from((1, 2, 3, 4)), min_size=1)):
        address = draw(st.integers(0, 50))
        for number in range(draw(st.integers(1, 6))):
            count = draw(st.integers(1, 60))
            alone = draw(st.booleans())
            blocks[f"{function}-{number}"] = block(address, count, function, alone=alone)
            address += count + draw(st.integers(0, 8))
    return blocks


@given(maps(), st.integers(0, 8), st.integers(60, 125))
def test_every_part_is_read_whole_and_once_within_the_limits(
    blocks: dict[str, Registers], gap: int, most: int
) -> None:
    found = requests(blocks, ModbusWire(gap=gap, most=most))
    assert sorted(part for one in found for part in one.parts) == sorted(blocks)
    memory = {kind: [(7 * n + kind) % 65536 for n in range(1000)] for kind in (3, 4)}
    bits = {kind: [(n * 31 >> 3) + kind & 1 for n in range(1000)] for kind in (1, 2)}
    for one in found:
        asked = one.block
        assert asked.count <= (most if asked.function > 2 else 2000)
        assert not any(blocks[part].alone for part in one.parts) or len(one.parts) == 1
        octets = answer(asked, memory, bits)
        for part, cut in split(one, octets, blocks):
            assert cut == answer(blocks[part], memory, bits)


def answer(asked: Registers, memory: dict[int, list[int]], bits: dict[int, list[int]]) -> bytes:
    span = slice(asked.address, asked.address + asked.count)
    if asked.function > 2:
        return b"".join(word.to_bytes(2, "big") for word in memory[asked.function][span])
    number = sum(bit << place for place, bit in enumerate(bits[asked.function][span]))
    return number.to_bytes((asked.count + 7) // 8, "little")


def test_a_busy_device_is_asked_less_and_less_and_as_before_once_it_answers() -> None:
    polls = Polls({"a": 1.0}, start=100.0)
    now, waits = 100.0, list[float]()
    for _ in range(8):
        polls.back_off("a", now)
        waits.append(polls.next()[0] - now)
        now = polls.next()[0]
    assert waits == pytest.approx([3, 5, 9, 17, 33, 61, 61, 61])
    assert max(waits) <= BACKOFF_MOST_S + 1
    polls.done("a", now)
    assert polls.next()[0] - now == pytest.approx(1)


def test_what_the_device_does_not_have_is_hardly_ever_asked_for() -> None:
    polls = Polls({"absent": 1.0, "there": 1.0}, start=100.0)
    polls.disable("absent", 100.0)
    assert polls.next() == (100.0, "there")
    polls.done("there", 100.0)
    assert polls.due(101.0) == ("there",)
    assert polls.due(100.0 + DISABLED_S + 2) == ("absent", "there")


def test_a_slow_part_that_is_busy_is_not_asked_more_often_than_it_would_be() -> None:
    polls = Polls({"slow": 600.0}, start=0.0)
    polls.back_off("slow", 0.0)
    assert polls.next()[0] >= 600


def test_the_spec_says_what_may_be_read_along() -> None:
    assert (ModbusWire().gap, ModbusWire().most, ModbusWire().latest) == (0, 125, Decimal(3))
