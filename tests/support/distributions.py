"""Which installed distributions a requirement brings with it."""

from collections.abc import Iterable
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def requirements(dist: Distribution, extras: Iterable[str]) -> list[Requirement]:
    """What a distribution with these extras asks for on this machine."""
    every = [Requirement(line) for line in dist.requires or ()]
    chosen = ["", *extras]
    return [
        r for r in every if not r.marker or any(r.marker.evaluate({"extra": e}) for e in chosen)
    ]


def closure(dist: Distribution, extras: Iterable[str]) -> list[Distribution]:
    """The distributions that it asks for, and those that they ask for, without itself."""
    todo, found = requirements(dist, extras), dict[tuple[str, frozenset[str]], Distribution]()
    while todo:
        wanted = todo.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key not in found:
            found[key] = distribution(wanted.name)
            todo += requirements(found[key], wanted.extras)
    return [each for (name, _), each in found.items() if name != canonicalize_name(dist.name)]
