"""What is explored, and the controls: machines that must be found out."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge_agent.model.commands import Outcome
from edge_drivers.dispensing import machine
from edge_drivers.dispensing.steps import (
    Conclude,
    Event,
    Move,
    Phase,
    Send,
    Silent,
    State,
    Write,
    Written,
)
from edge_drivers.dispensing.values import Task
from model import Model, Step

_CHANNELS = (1, 1, 2)
_AMOUNTS = (2, 1, 2)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world to explore.

    Attributes:
        orders: how many.
        faults: how many may happen.
        sequenced: whether the device has a sequence register.
        numbered: whether replies carry the number of their question.
        step: the machine.
    """

    orders: int
    faults: int
    sequenced: bool = True
    numbered: bool = True
    step: Step = machine.step

    @property
    def model(self) -> Model:
        """Its rules."""
        tasks = tuple(
            Task(10 + n, _CHANNELS[n], _AMOUNTS[n], self.sequenced) for n in range(self.orders)
        )
        return Model(tasks, numbered=self.numbered, step=self.step)

    def __str__(self) -> str:
        device = "sequence register" if self.sequenced else "counter only"
        wire = "TCP" if self.numbered else "RTU"
        return f"{self.orders} orders, {self.faults} faults, {device}, {wire}"


def starts_again(state: State, event: Event) -> Move:
    """A control: it starts again when it hears nothing after the start."""
    if state.phase is Phase.RESOLVING and isinstance(event, Silent):
        return state, Send(Write.START)
    return machine.step(state, event)


def believes_time_outs(state: State, event: Event) -> Move:
    """A control: no answer means that nothing was done, so the order is begun anew."""
    if state.phase is Phase.RESOLVING and isinstance(event, Silent):
        return machine.begin(state.task)
    return machine.step(state, event)


def believes_echoes(state: State, event: Event) -> Move:
    """A control: what was started is done."""
    if state.phase is Phase.RESOLVING and isinstance(event, Written):
        ended = msgspec.structs.replace(state, phase=Phase.CONCLUDED)
        return ended, Conclude(Outcome.DONE, state.task.amount)
    return machine.step(state, event)


SMALL = (
    Scenario(1, 3, numbered=False),
    Scenario(2, 2),
    Scenario(2, 2, sequenced=False),
    Scenario(2, 2, sequenced=False, numbered=False),
)
"""For every run of the tests."""
WHOLE = (
    Scenario(1, 5, numbered=False),
    Scenario(2, 4),
    Scenario(2, 3, numbered=False),
    Scenario(3, 3),
    Scenario(3, 2, numbered=False),
    Scenario(3, 4, sequenced=False),
    Scenario(3, 3, sequenced=False, numbered=False),
)
"""For `./edge model-check`."""
CONTROLS = {
    "starts again": Scenario(1, 1, sequenced=False, step=starts_again),
    "begins anew": Scenario(1, 1, step=believes_time_outs),
    "believes echoes": Scenario(1, 1, step=believes_echoes),
}
"""What must be found out."""
