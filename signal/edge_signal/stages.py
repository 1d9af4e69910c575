"""How stages are put together: one after the other, or side by side. Both are stages themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from edge_agent.model.seams import Stage

AnyStage = Stage[Any, Any]
In = TypeVar("In")
Out = TypeVar("Out")


class Chain(Generic[In, Out]):
    """Stages one after the other: what one says is pushed into the next."""

    def __init__(self, *stages: AnyStage) -> None:
        self._stages = stages

    def push(self, item: In, /) -> tuple[Out, ...]:
        """What the last stage says, now that this has come."""
        return tuple(_through(self._stages, (item,)))

    def gap(self, samples: int, /) -> tuple[Out, ...]:
        """Each stage says what it still held back before the samples that are missing."""
        return self._from_each(lambda stage: stage.gap(samples))

    def flush(self) -> tuple[Out, ...]:
        """Each stage says what it still held back."""
        return self._from_each(lambda stage: stage.flush())

    def _from_each(self, say: Callable[[AnyStage], Sequence[Any]]) -> tuple[Out, ...]:
        said: list[Any] = []
        for at, stage in enumerate(self._stages):
            held = say(stage)
            said += _through(self._stages[at + 1 :], held)
        return tuple(said)


class Fan(Generic[In, Out]):
    """Stages side by side: each gets what comes; what they say is joined in their order."""

    def __init__(self, *branches: AnyStage) -> None:
        self._branches = branches

    def push(self, item: In, /) -> tuple[Out, ...]:
        """What each branch says, now that this has come."""
        return tuple(said for branch in self._branches for said in branch.push(item))

    def gap(self, samples: int, /) -> tuple[Out, ...]:
        """What each branch still held back before the samples that are missing."""
        return tuple(said for branch in self._branches for said in branch.gap(samples))

    def flush(self) -> tuple[Out, ...]:
        """What each branch still held back."""
        return tuple(said for branch in self._branches for said in branch.flush())


class Pass(Generic[In]):
    """Says what it hears; a branch of a `Fan` that keeps the original."""

    def push(self, item: In, /) -> tuple[In, ...]:
        """The item itself."""
        return (item,)

    def gap(self, samples: int, /) -> tuple[In, ...]:
        """Nothing is held back."""
        del samples
        return ()

    def flush(self) -> tuple[In, ...]:
        """Nothing is held back."""
        return ()


def _through(stages: Sequence[AnyStage], items: Sequence[Any]) -> Sequence[Any]:
    for stage in stages:
        items = [said for item in items for said in stage.push(item)]
    return items
