"""What orders and readings are in registers, and what bars an order: all pure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge_agent.model.commands import Outcome
from edge_agent.model.errors import MalformedError, TruncatedError
from edge_drivers.dispensing import interlocks
from edge_drivers.dispensing.interlocks import Known, Refusal
from edge_drivers.dispensing.registers import Profile
from edge_drivers.dispensing.steps import Phase, State, Write
from edge_drivers.dispensing.values import Activity, Last, Reading, Result
from firmware_specs import catalog

NUMBERED = Profile(catalog.find("dispenser").spec)
COUNTED = Profile(catalog.find("dispenser-plc").spec)
TAG = 0xA1B2C3D4
JAMMED = bytes.fromhex(
    "0003 0002 0009 A1B2C3D4 0002 0003 0002 0002"  # state to moved
    "0014 0005 0000 FFFF 00000064 000186A2 00000000 FFFFFFFF"  # stock, counts
)


@pytest.mark.parametrize(
    ("write", "part", "octets"),
    [
        (Write.RESERVE, "command", "000A 0001 A1B2C3D4 0002 0003 001E"),
        (Write.START, "commit", "000A A1B2C3D4"),
        (Write.WITHDRAW, "command", "000A 0002 A1B2C3D4 0002 0003 001E"),
    ],
)
def test_an_order_in_registers_is_as_decision_080_draws_it(
    write: Write, part: str, octets: str
) -> None:
    state = State(Phase.RESERVING, NUMBERED.task(TAG, channel=2, amount=3), sequence=10)
    assert NUMBERED.octets(write, state) == (part, bytes.fromhex(octets))


def test_a_device_without_a_sequence_is_told_channel_and_amount() -> None:
    state = State(Phase.RESOLVING, COUNTED.task(TAG, channel=2, amount=3))
    assert COUNTED.octets(Write.START, state) == ("start", bytes.fromhex("0002 0003"))
    with pytest.raises(ValueError, match="knows no withdraw"):
        COUNTED.octets(Write.WITHDRAW, state)


def test_what_a_jammed_device_says() -> None:
    assert NUMBERED.reading(JAMMED) == Reading(
        activity=Activity.IDLE,
        counts=(100, 100_002, 0, 0xFFFFFFFF),
        interlocks=("jam",),
        stock=(20, 5, 0, None),
        last=Last(9, TAG, 2, 3, Result.PARTIAL, 2),
    )


def test_a_device_with_its_low_word_first() -> None:
    said = COUNTED.reading(bytes.fromhex("0001 0001 0064 0000 86A0 0001"))
    assert said == Reading(Activity.MOVING, (100, 100_000), ("door_open",))


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (b"\0\7" + JAMMED[2:], MalformedError),  # a state that means nothing known
        (JAMMED[:14] + b"\0\7" + JAMMED[16:], MalformedError),  # a result that does
        (JAMMED[:-2], TruncatedError),
    ],
)
def test_what_means_nothing_known_is_not_believed(octets: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        NUMBERED.reading(octets)


def reading(*counts: int, sequence: int | None = 5) -> Reading:
    last = None if sequence is None else Last(sequence)
    return Reading(Activity.IDLE, counts, last=last, stock=(3, None))


@pytest.mark.parametrize(
    ("known", "now", "told"),
    [
        (None, reading(7, 7), ""),
        (Known((7, 7), 5), reading(7, 7), ""),
        (Known((7, 7), 5), reading(7, 9), ""),  # staff took two
        (Known((0xFFFFFFFF, 7), 5), reading(1, 7), ""),  # it wrapped
        (Known((7, 7), 5), reading(7, 6), "counter-not-as-left"),
        (Known((7, 7), 5), reading(0, 0), "counter-not-as-left"),
        (Known((7, 7), 5), reading(7, 7, sequence=6), "counter-not-as-left"),
        (Known((7, 7), None), reading(7, 7, sequence=6), ""),
        (Known((7, 7), 5), reading(7, 7, sequence=None), ""),
    ],
)
def test_registers_that_are_not_as_left_bar_an_order(
    known: Known | None, now: Reading, told: str
) -> None:
    assert interlocks.unready(NUMBERED.task(TAG, 1, 2), now, known) == told


def test_stock_that_is_known_bars_and_stock_that_is_not_does_not() -> None:
    said = reading(7, 7)
    assert interlocks.unready(NUMBERED.task(TAG, 1, 3), said, None) == ""
    assert interlocks.unready(NUMBERED.task(TAG, 1, 4), said, None) == "not-enough-in-channel"
    assert interlocks.unready(NUMBERED.task(TAG, 2, 4), said, None) == ""


def test_what_an_unknown_order_leaves_is_no_sequence() -> None:
    before = Known((7, 7), 5)
    assert interlocks.left(before, Outcome.UNKNOWN, reading(8, 7)) == Known((7, 7))
    assert interlocks.left(before, Outcome.NOT_DONE, None) == Known((7, 7))
    assert interlocks.left(None, Outcome.UNKNOWN, None) is None
    assert interlocks.left(before, Outcome.DONE, reading(9, 7, sequence=6)) == Known((9, 7), 6)


def test_every_reason_of_a_refusal_is_told_in_both_languages(root: Path) -> None:
    manual = (root / "docs" / "dispensing.md").read_text()
    rows = [line for line in manual.splitlines() if line.startswith("| `")]
    reasons = {word for line in rows if re.search("[\u4e00-\u9fff]", line) for word in words(line)}
    assert NUMBERED.rules.interlocks == ("door_open", "jam", "motor_fault")
    own = {name.replace("_", "-") for name in NUMBERED.rules.interlocks}
    assert reasons >= {*Refusal, *own, "silent", "refused-by-device"}


def words(line: str) -> list[str]:
    return re.findall(r"`([a-z-]+)`", line)
