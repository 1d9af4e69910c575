"""Explores every state that a model can reach, and checks what must hold in each of them.

Breadth first, so that a counterexample is a shortest one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from edge_agent.model.commands import Outcome
from model import Model, World


@dataclass(frozen=True, slots=True)
class Found:
    """What an exploration says.

    Attributes:
        states, transitions: how many there are.
        endings: states in which nothing more can happen.
        violation: what does not hold, "" for nothing.
        trace: what happened until then.
        outcomes: the outcomes that orders had.
    """

    states: int
    transitions: int
    endings: int
    violation: str = ""
    trace: tuple[str, ...] = ()
    outcomes: frozenset[Outcome] = frozenset()


def explore(model: Model, faults: int) -> Found:
    """Look at every state that at most so many faults can lead to."""
    first = model.first(faults)
    numbers = {first: 0}
    whence: list[tuple[int, str]] = [(-1, "")]
    came: list[list[int]] = [[]]
    ended: list[int] = []
    outcomes: set[Outcome] = set()
    waiting = deque([first])
    transitions = 0
    while waiting:
        world = waiting.popleft()
        number = numbers[world]
        outcomes |= {result.outcome for result in world.results if result}
        if wrong := violation(model, world):
            return Found(len(numbers), transitions, 0, wrong, _trace(whence, number))
        if all(world.results):
            ended.append(number)
        for what, after in model.moves(world):
            transitions += 1
            reached = numbers.get(after)
            if reached is None:
                reached = numbers[after] = len(whence)
                whence.append((number, what))
                came.append([])
                waiting.append(after)
            came[reached].append(number)
    stuck = _cannot_end(came, ended)
    if stuck >= 0:
        wrong = "an order can no longer end"
        return Found(len(numbers), transitions, 0, wrong, _trace(whence, stuck))
    return Found(len(numbers), transitions, len(ended), outcomes=frozenset(outcomes))


def violation(model: Model, world: World) -> str:
    """What does not hold in a state, "" when all does."""
    for n, (task, fallen, result) in enumerate(
        zip(model.tasks, world.fallen, world.results, strict=True)
    ):
        if fallen > task.amount:
            return f"order {n}: {fallen} fell, {task.amount} were ordered"
        if result and result.outcome is not Outcome.UNKNOWN and result.count != fallen:
            return f"order {n}: {fallen} fell, the result says {result.outcome} {result.count}"
        if result and result.outcome is Outcome.DONE and fallen != task.amount:
            return f"order {n} is done with {fallen} of {task.amount}"
    return ""


def _cannot_end(came: list[list[int]], ended: list[int]) -> int:
    """The first state from which no ending can be reached; -1 when there is none."""
    good = bytearray(len(came))
    waiting = deque(ended)
    for number in ended:
        good[number] = 1
    while waiting:
        for before in came[waiting.popleft()]:
            if not good[before]:
                good[before] = 1
                waiting.append(before)
    return good.find(0)


def _trace(whence: list[tuple[int, str]], number: int) -> tuple[str, ...]:
    steps: list[str] = []
    while number > 0:
        number, what = whence[number]
        steps.append(what)
    return tuple(reversed(steps))
