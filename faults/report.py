"""The table of a campaign. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from count import CLASSES
from powercut import Verdict
from rows import Row

Run = Mapping[str, Any]
HEAD = (
    "| what happens | runs | made | recorded | in a gap | lost: stored, live | doubled"
    " | came again | out of order | drained, median and worst |"
)


def line(run: Run) -> str:
    """One run, as it ends."""
    verdict = "held" if run["held"] else "BROKEN"
    sums = {name: sum(run[name].values()) for name in ("made", "recorded", "covered", "lost")}
    words = " ".join(f"{name} {number}" for name, number in sums.items())
    return (
        f"{run['row']:<14} {verdict}  {words} doubled {sum(run['doubled'].values())} "
        f"again {run['repeats']} disordered {run['disordered']} waiting {run['waiting']} "
        f"drain {run['drain']} s"
    )


def table(rows: Sequence[Row], runs: Sequence[Run]) -> Iterator[str]:
    """All runs, a line for each row; Markdown."""
    yield HEAD
    yield "|" + "---|" * (HEAD.count("|") - 1)
    for row in rows:
        if mine := [run for run in runs if run["row"] == row.name]:
            yield _line(row, mine)


def verdict_line(name: str, level: str, verdict: Verdict) -> str:
    """What the power cuts of one kind came to; Markdown."""
    setting = f"`synchronous={level}`, must fail" if level else "as it is"
    example = f"; {verdict.examples[0]}" if verdict.examples else ""
    return (
        f"| {name}, {setting} | {verdict.states:,} states | {verdict.lost:,} lost rows "
        f"| {verdict.unreadable:,} unreadable{example} |"
    )


def _line(row: Row, runs: Sequence[Run]) -> str:
    def total(name: str, *classes: str) -> int:
        return sum(run[name][kept] for run in runs for kept in classes or CLASSES)

    def plain(name: str) -> int:
        return sum(run[name] for run in runs)

    drains = [run["drain"] for run in runs]
    held = sum(run["held"] for run in runs)
    number = f"{len(runs)}" if held == len(runs) else f"{len(runs)}, {held} held"
    lost = f"{total('lost', 'stored', 'acknowledged')}, {total('lost', 'live')}"
    cells = (
        row.title, number, f"{total('made'):,}", f"{total('recorded'):,}", f"{total('covered'):,}",
        lost, total("doubled"), plain("repeats"), plain("disordered"),
        f"{median(drains):.0f}, {max(drains):.0f} s",
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"
