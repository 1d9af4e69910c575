"""What a measure found: figures, each beside its budget; as JSON and as a table. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        name: what it is.
        value: the number.
        unit: its unit, such as `MB` (1,000,000 octets), `% of a core`, `ms`.
        budget: what it should not exceed, None where nothing is asked.
        least: the budget is what it should not fall below.
    """

    name: str
    value: float
    unit: str
    budget: float | None = None
    least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None without one."""
        if self.budget is None:
            return None
        return self.value >= self.budget if self.least else self.value <= self.budget


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case of a measure found.

    Attributes:
        measure: its name on the command line.
        case: what was measured.
        figures: the numbers.
        void: why the numbers are worth nothing; "" when they are sound.
    """

    measure: str
    case: str
    figures: tuple[Figure, ...]
    void: str = ""

    def as_json(self) -> dict[str, object]:
        """For machines."""
        figures = [dataclasses.asdict(figure) | {"met": figure.met} for figure in self.figures]
        return {
            "measure": self.measure,
            "case": self.case,
            "void": self.void,
            "figures": [{k: v for k, v in one.items() if v is not None} for one in figures],
        }


def table(outcome: Outcome) -> Iterator[str]:
    """For people, a line each."""
    yield f"{outcome.measure}: {outcome.case}"
    if outcome.void:
        yield f"  VOID: {outcome.void}"
    width = max((len(figure.name) for figure in outcome.figures), default=0)
    for figure in outcome.figures:
        line = f"  {figure.name:<{width}} {rounded(figure.value):>10} {figure.unit}"
        yield line + _beside(figure)


def _beside(figure: Figure) -> str:
    if figure.budget is None:
        return ""
    sign = ">=" if figure.least else "<="
    return f"  (budget {sign} {figure.budget:g}: {'kept' if figure.met else 'MISSED'})"


def rounded(value: float) -> str:
    """Three significant digits, whole numbers whole."""
    whole = abs(value) >= 100 or value.is_integer()
    return f"{value:,.0f}" if whole else f"{value:.3g}"


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of values in order; NaN of none."""
    if not ordered:
        return float("nan")
    return ordered[max(0, ceil(percent / 100 * len(ordered)) - 1)]


def spread(
    name: str,
    values: Iterable[float],
    unit: str,
    p50: float | None = None,
    p99: float | None = None,
) -> tuple[Figure, ...]:
    """p50, p90, p99 and the largest of some values, with budgets for p50 and p99."""
    ordered = sorted(values)
    budgets = {50: p50, 99: p99}
    shares = tuple(
        Figure(f"{name}, p{share}", percentile(ordered, share), unit, budgets.get(share))
        for share in (50, 90, 99)
    )
    return (*shares, Figure(f"{name}, largest", percentile(ordered, 100), unit))
