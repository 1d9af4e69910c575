"""Draws the dispensing machine from what it does: `python proofs/picture.py > docs/dispensing.svg`.

The arrows are not drawn by hand: the machine is given every event in every phase, with every kind
of reading, and what it answers is the picture.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from textwrap import wrap

from edge_drivers.dispensing import machine
from edge_drivers.dispensing.machine import DOUBTS
from edge_drivers.dispensing.steps import (
    Action,
    Ask,
    Conclude,
    Event,
    GivenUp,
    Phase,
    Send,
    Silent,
    State,
    Told,
    Written,
)
from edge_drivers.dispensing.values import Activity, Last, Reading, Result, Task

Arrow = tuple[Phase, Phase]
_OURS, _SEQUENCE, _AMOUNT = 7, 10, 2
_BOX = (128, 44)
_AT = {
    Phase.CHECKING: (100, 130),
    Phase.RESERVING: (380, 130),
    Phase.RESOLVING: (760, 130),
    Phase.WITHDRAWING: (380, 380),
    Phase.CONCLUDED: (760, 380),
}
_WRITES = {Phase.RESERVING, Phase.WITHDRAWING, Phase.RESOLVING}
_LABELS = {
    (Phase.CHECKING, Phase.CHECKING): (40, 74),
    (Phase.CHECKING, Phase.RESERVING): (172, 122),
    (Phase.CHECKING, Phase.RESOLVING): (490, 30),
    (Phase.CHECKING, Phase.CONCLUDED): (118, 210),
    (Phase.RESERVING, Phase.RESERVING): (396, 84),
    (Phase.RESERVING, Phase.RESOLVING): (520, 122),
    (Phase.RESERVING, Phase.WITHDRAWING): (388, 250),
    (Phase.RESERVING, Phase.CONCLUDED): (580, 206),
    (Phase.WITHDRAWING, Phase.WITHDRAWING): (400, 420),
    (Phase.WITHDRAWING, Phase.CONCLUDED): (462, 330),
    (Phase.RESOLVING, Phase.RESOLVING): (830, 110),
    (Phase.RESOLVING, Phase.CONCLUDED): (772, 240),
}
_WIDEST = 24
"""Characters of a line."""


def arrows() -> dict[Arrow, list[str]]:
    """What leads from phase to phase: `event: action`, in the machine's own words."""
    found: dict[Arrow, set[str]] = defaultdict(set)
    for state, event in _everything():
        after, action = machine.step(state, event)
        found[state.phase, after.phase].add(f"{_event(event)}: {_action(action)}")
    return {arrow: sorted(labels) for arrow, labels in found.items()}


def _everything() -> Iterator[tuple[State, Event]]:
    for sequenced in (True, False):
        task = Task(_OURS, 1, _AMOUNT, sequenced)
        for phase, doubts in product(Phase, (0, DOUBTS - 1)):
            if phase is Phase.CONCLUDED or (not sequenced and phase in _WRITES - {Phase.RESOLVING}):
                continue
            state = State(phase, task, _SEQUENCE, 0, doubts=doubts)
            yield from ((state, event) for event in (Silent(), GivenUp()))
            if phase in _WRITES:
                yield state, Written()
            for reading, refusal, settled in product(_readings(sequenced), ("", "jam"), (0, 1)):
                yield state, Told(reading, refusal, settled=bool(settled))


def _readings(sequenced: bool) -> Iterator[Reading]:
    for activity, count in product(Activity, range(_AMOUNT + 2)):
        if not sequenced:
            yield Reading(activity, (count,))
            continue
        for back, tag, result, moved in product(range(3), (_OURS, 8), Result, range(_AMOUNT + 2)):
            last = Last(_SEQUENCE - back, tag, 1, _AMOUNT, result, moved)
            yield Reading(activity, (count,), last=last)


def _event(event: Event) -> str:
    match event:
        case Told():
            return "told"
        case Silent():
            return "silent"
        case Written():
            return "written"
        case GivenUp():
            return "given up"


def _action(action: Action) -> str:
    match action:
        case Ask(later=later):
            return "ask later" if later else "ask"
        case Send(write=write):
            return f"send {write}"
        case Conclude(outcome=outcome):
            return outcome


def svg() -> str:
    """The picture."""
    found = arrows()
    parts = [_arrow(*arrow) for arrow in found if arrow[0] is not arrow[1]]
    parts += [_loop(phase) for phase, after in found if phase is after]
    parts += [_box(phase) for phase in Phase]
    parts += [_words(arrow, labels) for arrow, labels in sorted(found.items())]
    return _FRAME.format("\n".join(parts))


_FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 980 520" font-family="sans-serif"
  font-size="12">
<title>The dispensing machine: in each phase, what is heard and what is done</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"
  orient="auto"><path d="M0 0L8 4L0 8z" fill="#345"/></marker></defs>
<rect width="980" height="520" fill="#fff"/>
{}
</svg>
"""


def _box(phase: Phase) -> str:
    x, y = _AT[phase]
    wide, high = _BOX
    left, top = x - wide // 2, y - high // 2
    fill = "#cfe8d5" if phase is Phase.CONCLUDED else "#dde7f5"
    return (
        f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" rx="8" fill="{fill}"'
        f' stroke="#345"/><text x="{x}" y="{y + 5}" text-anchor="middle" font-size="14"'
        f' font-weight="bold">{phase}</text>'
    )


def _arrow(start: Phase, end: Phase) -> str:
    (x, y), (u, v) = _AT[start], _AT[end]
    wide, high = _BOX[0] // 2, _BOX[1] // 2
    if (start, end) == (Phase.CHECKING, Phase.RESOLVING):
        path = f"M{x + 40} {y - high}C{x + 160} 10 {u - 160} 10 {u - 40} {v - high}"
    elif (start, end) == (Phase.CHECKING, Phase.CONCLUDED):
        path = f"M{x} {y + high}C{x} 540 {u - 100} 520 {u - 40} {v + high}"
    elif y == v:
        path = f"M{x + wide} {y}L{u - wide} {v}"
    elif x == u:
        path = f"M{x} {y + high}L{u} {v - high}"
    else:
        path = f"M{x + 40} {y + high}L{u - wide} {v - 12}"
    return f'<path d="{path}" fill="none" stroke="#345" marker-end="url(#tip)"/>'


def _loop(phase: Phase) -> str:
    x, y = _AT[phase]
    down = phase is Phase.WITHDRAWING
    edge = y + (_BOX[1] // 2 if down else -_BOX[1] // 2)
    far = edge + (36 if down else -36)
    path = f"M{x - 30} {edge}C{x - 40} {far} {x + 20} {far} {x + 10} {edge}"
    return f'<path d="{path}" fill="none" stroke="#345" marker-end="url(#tip)"/>'


def _words(arrow: Arrow, labels: list[str]) -> str:
    x, y = _LABELS[arrow]
    lines = [
        f'<tspan x="{x}" dy="{0 if n == 0 else 14}">{line}</tspan>'
        for n, line in enumerate(_lines(labels))
    ]
    return f'<text x="{x}" y="{y}" fill="#222">{"".join(lines)}</text>'


def _lines(labels: list[str]) -> list[str]:
    """One line for each event, with all that may be done; a long one goes on in the next."""
    done: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        event, _, action = label.partition(": ")
        done[event].append(action)
    said = (f"{event}: {', '.join(actions)}" for event, actions in done.items())
    return [line for text in said for line in wrap(text, _WIDEST, subsequent_indent="  ")]


if __name__ == "__main__":
    sys.stdout.write(svg())
