"""The dispensing machine in a small world: all of it is explored, and what is wrong is found."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from checker import explore, violation
from edge_agent.model.commands import Outcome
from edge_drivers.dispensing.steps import Ask, Conclude, Event, Move, Phase, State
from edge_drivers.dispensing.values import Task
from model import Model
from picture import arrows, svg
from scenarios import CONTROLS, SMALL, Scenario


@pytest.mark.parametrize("scenario", SMALL, ids=str)
def test_no_order_dispenses_more_and_every_outcome_is_true(scenario: Scenario) -> None:
    found = explore(scenario.model, scenario.faults)
    assert not found.violation, found.trace
    assert found.endings
    assert found.outcomes == set(Outcome), "each outcome is reached, or the world is too small"


@pytest.mark.parametrize("name", CONTROLS)
def test_a_machine_that_is_wrong_is_found_out(name: str) -> None:
    found = explore(CONTROLS[name].model, CONTROLS[name].faults)
    assert found.violation
    assert found.trace


def test_an_order_that_cannot_end_is_found_out() -> None:
    def never_content(state: State, _: Event) -> Move:
        return state, Ask()

    found = explore(Model(Scenario(1, 1).model.tasks, step=never_content), 1)
    assert found.violation == "an order can no longer end"


@pytest.mark.parametrize(
    ("fallen", "result", "told"),
    [
        (3, None, "3 fell, 2 were ordered"),
        (1, Conclude(Outcome.DONE, 2), "1 fell, the result says done 2"),
        (1, Conclude(Outcome.NOT_DONE, 0), "1 fell, the result says not-done 0"),
        (1, Conclude(Outcome.DONE, 1), "is done with 1 of 2"),
        (2, Conclude(Outcome.UNKNOWN, None), ""),
        (2, Conclude(Outcome.DONE, 2), ""),
    ],
)
def test_what_must_hold_is_looked_at(fallen: int, result: Conclude | None, told: str) -> None:
    model = Scenario(1, 0).model
    world = model.first(0)._replace(fallen=(fallen,), results=(result,))
    assert told in violation(model, world)
    assert bool(told) == bool(violation(model, world))


def test_the_picture_is_what_the_machine_does(root: Path) -> None:
    told = "run: python proofs/picture.py > docs/dispensing.svg"
    assert (root / "docs" / "dispensing.svg").read_text() == svg(), told


def test_a_start_is_sent_from_two_phases_only() -> None:
    starting = {arrow for arrow, labels in arrows().items() if "told: send start" in labels}
    assert starting == {
        (Phase.CHECKING, Phase.RESOLVING),
        (Phase.RESERVING, Phase.RESOLVING),
    }


def test_a_state_of_the_journal_is_read_as_it_was_written() -> None:
    state = State(Phase.RESOLVING, Task(7, 1, 2), 9, 4, "jam", withdrawn=True)
    assert msgspec.json.decode(msgspec.json.encode(state), type=State) == state
