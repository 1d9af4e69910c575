"""One order from the first look at the device to its outcome: a state, an event, the next action.

Rules. What is sent was journalled before: `Send` comes with the state that must be durable first.
A write's answer decides nothing: after each write, answered or not, the device is read. `START` is
sent at most once in an order's life; a withdrawal can only prevent. After a crash an order goes on
at `resume` with what was journalled, and never sends `START` again.

What a device with a sequence register guarantees (decision 080): an order moves only when its
start names the sequence after the last and the tag that was reserved with it; the start uses the
sequence up, once; so does a withdrawal, after which nothing of that sequence ever moves. Therefore
each order that was reserved ends by reading its own sequence as the last, which is then final.

A device without one (a counter and a drop sensor) moves on each start. Its counter says what an
order did once the mechanism rests and no start can still be under way (`Told.settled`).
"""

from __future__ import annotations

import msgspec

from edge_agent.model.commands import Outcome
from edge_drivers.dispensing.steps import (
    Ask,
    Conclude,
    Event,
    GivenUp,
    Move,
    Phase,
    Send,
    Silent,
    State,
    Told,
    Write,
    Written,
)
from edge_drivers.dispensing.values import SEQUENCES, Activity, Last, Reading, Result, Task

DOUBTS = 3
"""Readings in a row that contradict themselves before a person is called."""


def begin(task: Task) -> Move:
    """A new order: look at the device first."""
    return State(Phase.CHECKING, task), Ask()


def resume(state: State) -> Move:
    """An order of which this was journalled last; a crash came between."""
    started = state.phase is Phase.RESOLVING
    phase = Phase.RESOLVING if started else Phase.WITHDRAWING
    return msgspec.structs.replace(state, phase=phase, doubts=0), Ask()


def step(state: State, event: Event) -> Move:
    """What to do after an event."""
    match event:
        case Silent():
            return state, Ask(later=True)
        case Written():
            return state, Ask(later=state.withdrawn)
        case GivenUp():
            return _given_up(state)
        case Told():
            return _told(state, event)


def _given_up(state: State) -> Move:
    match state.phase:
        case Phase.CHECKING:
            return _end(state, Outcome.REFUSED, 0, "silent")
        case Phase.RESOLVING:
            return _end(state, Outcome.UNKNOWN, None, "the device does not say what it did")
        case _:
            return _end(state, Outcome.NOT_DONE, 0, "it was never started")


def _told(state: State, told: Told) -> Move:
    match state.phase:
        case Phase.CHECKING:
            return _check(state, told)
        case Phase.RESERVING if not told.refusal and _is_armed(state, told.reading):
            count = state.task.count(told.reading)
            return _send(state, Write.START, phase=Phase.RESOLVING, base=count)
        case Phase.RESERVING:
            withdrawing = msgspec.structs.replace(
                state, phase=Phase.WITHDRAWING, refusal=told.refusal
            )
            return _resolve(withdrawing, told)
        case _:
            return _resolve(state, told)


def _check(state: State, told: Told) -> Move:
    if told.refusal:
        return _end(state, Outcome.REFUSED, 0, told.refusal)
    base, last = state.task.count(told.reading), told.reading.last
    if not state.task.sequenced or last is None:
        return _send(state, Write.START, phase=Phase.RESOLVING, base=base)
    following = (last.sequence + 1) % SEQUENCES
    return _send(state, Write.RESERVE, phase=Phase.RESERVING, sequence=following, base=base)


def _is_armed(state: State, reading: Reading) -> bool:
    """Read back: what the device has reserved is this order, to the last word."""
    last, task = reading.last, state.task
    return (
        reading.activity is Activity.ARMED
        and last is not None
        and (last.sequence + 1) % SEQUENCES == state.sequence
        and (last.tag, last.channel, last.amount) == (task.tag, task.channel, task.amount)
    )


def _resolve(state: State, told: Told) -> Move:
    last = told.reading.last
    if last is None:
        return _count(state, told)
    if last.sequence == state.sequence:
        return _read_out(state, told.reading, last)
    if (last.sequence + 1) % SEQUENCES != state.sequence:
        said = f"its last sequence is {last.sequence}, the order's is {state.sequence}"
        return _doubt(state, said)
    if told.reading.activity not in (Activity.IDLE, Activity.ARMED):
        return state, Ask(later=True)
    return _send(state, Write.WITHDRAW, withdrawn=True, doubts=0)


def _read_out(state: State, reading: Reading, last: Last) -> Move:
    """The order's sequence is used up: nothing of it will move any more once the device rests."""
    if reading.activity is not Activity.IDLE or last.result is Result.NONE:
        return msgspec.structs.replace(state, doubts=0), Ask(later=True)
    if last.tag != state.task.tag:
        return _end(state, Outcome.NOT_DONE, 0, "another order has used its sequence up")
    rose = (state.task.count(reading) - state.base) % state.task.wrap
    if last.moved != rose or last.result not in _results(last.moved, state.task.amount):
        said = f"it says {last.result} and {last.moved} moved, its count rose by {rose}"
        return _doubt(state, said)
    if last.result is Result.REFUSED:
        return _end(state, Outcome.REFUSED, 0, "refused-by-device")
    return _moved(state, last.moved)


def _results(moved: int, amount: int) -> tuple[Result, ...]:
    """What a device may say when so many have moved; nothing when so many cannot have."""
    if moved == 0:
        return (Result.NOTHING, Result.REFUSED)
    if moved > amount:
        return ()
    return (Result.DONE,) if moved == amount else (Result.PARTIAL,)


def _count(state: State, told: Told) -> Move:
    """What the counter proves."""
    if told.reading.activity is not Activity.IDLE:
        return state, Ask(later=True)
    rose = (state.task.count(told.reading) - state.base) % state.task.wrap
    if rose == state.task.amount:
        return _moved(state, rose)
    if not told.settled:
        return state, Ask(later=True)
    if rose > state.task.amount:
        return _doubt(state, f"its count rose by {rose}, {state.task.amount} were ordered")
    return _moved(state, rose)


def _moved(state: State, count: int) -> Move:
    if count == state.task.amount:
        return _end(state, Outcome.DONE, count)
    if count:
        return _end(state, Outcome.PARTIAL, count, f"{count} of {state.task.amount} came out")
    if state.refusal:
        return _end(state, Outcome.REFUSED, 0, state.refusal)
    return _end(state, Outcome.NOT_DONE, 0, "the device's counter proves that nothing moved")


def _doubt(state: State, said: str) -> Move:
    doubted = msgspec.structs.replace(state, doubts=state.doubts + 1)
    if doubted.doubts < DOUBTS:
        return doubted, Ask(later=True)
    return _end(doubted, Outcome.UNKNOWN, None, said)


def _send(state: State, write: Write, **changes: Phase | int) -> Move:
    return msgspec.structs.replace(state, **changes), Send(write)


def _end(state: State, outcome: Outcome, count: int | None, reason: str = "") -> Move:
    ended = msgspec.structs.replace(state, phase=Phase.CONCLUDED)
    return ended, Conclude(outcome, count, reason)
