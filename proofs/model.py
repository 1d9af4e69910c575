"""A small world around the real state machine: agent, wire, device, and what truly fell out.

The machine is the product's (`edge_drivers.dispensing.machine`); the rest is a model. A `World` is
one state; `moves` gives all that can happen next. Every fault costs one of the world's `faults`.

What can go wrong: the agent is killed at any point; a request is lost, or takes effect long after
its time-out; a reply is lost, or is taken for the answer to a later question (`numbered=False`);
an order arrives twice; the device restarts or jams; patience ends. That a reserved order is
forgotten when its life has passed costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import msgspec

from device_model import Device, Request, stopped, told, written
from edge_agent.model.commands import Outcome
from edge_drivers.dispensing import interlocks, machine
from edge_drivers.dispensing.interlocks import Known
from edge_drivers.dispensing.steps import (
    Action,
    Ask,
    Conclude,
    Event,
    GivenUp,
    Move,
    Send,
    Silent,
    State,
    Told,
    Write,
    Written,
)
from edge_drivers.dispensing.values import SEQUENCES, Last, Reading, Task

T = TypeVar("T")
WRAP = 1 << 32
Step = Callable[[State, Event], Move]


class Work(NamedTuple):
    """The order that the agent has in hand: in its memory, gone when it is killed.

    Attributes:
        order: which.
        state, action: as the machine says.
        noted: what must be durable before the action is.
        answer: the reply that is on its way.
        heard: what the device said last.
    """

    order: int
    state: State
    action: Action
    noted: bool = False
    answer: Told | None = None
    heard: Reading | None = None


class World(NamedTuple):
    """All of it.

    Attributes:
        arrivals: how often each order waits to be received.
        received: orders in the journal.
        notes: the journalled state of each.
        results: how each ended.
        known: the registers as our last order left them; durable.
        work: in the agent's memory.
        device: the dispenser.
        late: requests that may still take effect.
        stale: readings that may be taken for an answer.
        fallen: packs that truly fell out for each order.
        faults: how many may still happen.
    """

    arrivals: tuple[int, ...]
    received: tuple[bool, ...]
    notes: tuple[State | None, ...]
    results: tuple[Conclude | None, ...]
    known: Known | None
    work: Work | None
    device: Device
    late: tuple[Request, ...]
    stale: tuple[Reading, ...]
    fallen: tuple[int, ...]
    faults: int


class Model:
    """The rules of a world.

    Args:
        tasks: the orders.
        numbered: replies carry the number of their question (TCP), so that none is taken for
            another's.
        step: the machine; another for a negative control.
    """

    def __init__(
        self, tasks: tuple[Task, ...], *, numbered: bool = True, step: Step = machine.step
    ) -> None:
        self.tasks = tasks
        self._numbered = numbered
        self._step = step

    def first(self, faults: int) -> World:
        """The world before anything happened: counters and sequence are about to wrap."""
        number = len(self.tasks)
        last = Last(SEQUENCES - 2) if self.tasks[0].sequenced else None
        device = Device((WRAP - 1,) * 2, last)
        no: tuple[None, ...] = (None,) * number
        return World(
            arrivals=(1,) * number,
            received=(False,) * number,
            notes=no,
            results=no,
            known=None,
            work=None,
            device=device,
            late=(),
            stale=(),
            fallen=(0,) * number,
            faults=faults,
        )

    def moves(self, world: World) -> Iterator[tuple[str, World]]:
        """All that can happen next: what it is called, and the world after it."""
        yield from self._receive(world)
        yield from self._agent(world)
        yield from self._device(world)
        yield from self._late(world)

    # The agent

    def _receive(self, world: World) -> Iterator[tuple[str, World]]:
        for n, waiting in enumerate(world.arrivals):
            if waiting:
                arrivals = _put(world.arrivals, n, waiting - 1)
                received = _put(world.received, n, True)
                yield f"receive {n}", world._replace(arrivals=arrivals, received=received)
            elif world.faults:
                arrivals = _put(world.arrivals, n, 1)
                yield f"order {n} comes again", _fault(world)._replace(arrivals=arrivals)

    def _agent(self, world: World) -> Iterator[tuple[str, World]]:
        work = world.work
        if work is None:
            yield from self._take_up(world)
            return
        if world.faults:
            yield "the agent is killed", _fault(world)._replace(work=None)
            if isinstance(work.action, Ask):
                yield "patience ends", self._event(_fault(world), GivenUp())
        match work.action:
            case Ask():
                yield from self._ask(world, work)
            case Send(write=write):
                yield from self._send(world, work, write)
            case Conclude() as ended:
                yield self._conclude(world, work, ended)

    def _take_up(self, world: World) -> Iterator[tuple[str, World]]:
        """Orders that were begun go first; one after the other, as the agent's worker does."""
        ready = [n for n, got in enumerate(world.received) if got and not world.results[n]]
        if not ready:
            return
        n = min(ready, key=lambda n: (world.notes[n] is None, n))
        note = world.notes[n]
        if note is None and self._is_blocked(world, n):
            blocked = Conclude(Outcome.REFUSED, 0, interlocks.Refusal.OPEN_ORDER)
            yield f"order {n} is refused", world._replace(results=_put(world.results, n, blocked))
            return
        state, action = machine.resume(note) if note else machine.begin(self.tasks[n])
        yield f"take up {n}", world._replace(work=Work(n, state, action))

    def _is_blocked(self, world: World, n: int) -> bool:
        channel = self.tasks[n].channel
        return any(
            result is not None and result.outcome is Outcome.UNKNOWN and task.channel == channel
            for task, result in zip(self.tasks, world.results, strict=True)
        )

    def _ask(self, world: World, work: Work) -> Iterator[tuple[str, World]]:
        if work.answer is not None:
            yield "the reply comes", self._event(world, work.answer)
            if world.faults:
                yield "the reply is lost", self._event(_fault(world), Silent())
                if not self._numbered:
                    late = _fault(world)._replace(stale=(*world.stale, work.answer.reading))
                    yield "the reply is late", self._event(late, Silent())
            return
        answer = self._read(world, work, told(world.device))
        yield "the device is read", world._replace(work=work._replace(answer=answer))
        if world.faults:
            yield "a question is lost", self._event(_fault(world), Silent())
        for n, reading in enumerate(world.stale):
            rest = world._replace(stale=world.stale[:n] + world.stale[n + 1 :])
            yield "an old reply comes", self._event(rest, self._read(world, work, reading))

    def _read(self, world: World, work: Work, reading: Reading) -> Told:
        task = work.state.task
        refusal = interlocks.unready(task, reading, world.known)
        settled = not world.stale and all(late.write is not Write.START for late in world.late)
        return Told(reading, refusal, settled=settled)

    def _send(self, world: World, work: Work, write: Write) -> Iterator[tuple[str, World]]:
        if not work.noted:
            notes = _put(world.notes, work.order, work.state)
            noted = world._replace(notes=notes, work=work._replace(noted=True))
            yield "journalled", noted
            return
        request = Request(write, work.state.sequence, work.state.task)
        yield f"{write} is sent", self._event(self._acts(world, request), Written())
        if world.faults:
            yield f"{write} is lost", self._event(_fault(world), Written())
            late = _fault(world)._replace(late=tuple(sorted((*world.late, request), key=repr)))
            yield f"{write} is late", self._event(late, Written())

    def _event(self, world: World, event: Event) -> World:
        work = world.work
        if work is None:
            raise ValueError("nobody is there to hear it")
        state, action = self._step(work.state, event)
        heard = event.reading if isinstance(action, Conclude) and isinstance(event, Told) else None
        return world._replace(work=Work(work.order, state, action, heard=heard))

    def _conclude(self, world: World, work: Work, ended: Conclude) -> tuple[str, World]:
        """What is known of the device becomes durable, then the result."""
        if not work.noted:
            known = world.known
            if world.notes[work.order] is not None:
                known = interlocks.left(known, ended.outcome, work.heard)
            return "learnt", world._replace(known=known, work=work._replace(noted=True))
        results = _put(world.results, work.order, ended)
        return f"order {work.order} ends", world._replace(results=results, work=None)

    # The device

    def _device(self, world: World) -> Iterator[tuple[str, World]]:
        device = world.device
        if device.moving:
            yield "a pack falls", self._fall(world, device.moving)
        if device.armed:
            yield "it forgets the order", world._replace(device=device._replace(armed=None))
        if not world.faults:
            return
        if device.moving or device.armed:
            yield "the device restarts", _fault(world)._replace(device=stopped(device))
        if device.moving:
            yield "it jams", _fault(world)._replace(device=stopped(device))

    def _fall(self, world: World, task: Task) -> World:
        device, at = world.device, task.channel - 1
        counts = _put(device.counts, at, (device.counts[at] + 1) % WRAP)
        order = self.tasks.index(task)
        last = device.last and msgspec.structs.replace(device.last, moved=device.last.moved + 1)
        device = device._replace(counts=counts, left=device.left - 1, last=last)
        if not device.left:
            device = stopped(device)
        fallen = _put(world.fallen, order, world.fallen[order] + 1)
        return world._replace(device=device, fallen=fallen)

    def _late(self, world: World) -> Iterator[tuple[str, World]]:
        for n, request in enumerate(world.late):
            rest = world._replace(late=world.late[:n] + world.late[n + 1 :])
            yield f"a late {request.write} arrives", self._acts(rest, request)

    def _acts(self, world: World, request: Request) -> World:
        return world._replace(device=written(world.device, request))


def _fault(world: World) -> World:
    return world._replace(faults=world.faults - 1)


def _put(items: tuple[T, ...], at: int, item: T) -> tuple[T, ...]:
    return (*items[:at], item, *items[at + 1 :])
