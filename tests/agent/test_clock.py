"""The clock strictly increases, and the wall clock is mapped with what is known of its error."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from edge_agent.model.instants import ClockMapping
from edge_agent.process import clock
from edge_agent.process.clock import BootClock, is_news, measure


def _seven(_: int) -> int:
    return 7


def test_the_same_moment_never_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "clock_gettime_ns", _seven)
    now = BootClock().now
    assert [now().ns for _ in range(3)] == [7, 8, 9]


def test_a_mapping_tells_the_wall_clock() -> None:
    boot = BootClock()
    began = datetime.now(UTC)
    mapping = measure(boot)
    told = mapping.wall(boot.now())
    took = datetime.now(UTC) - began + timedelta(milliseconds=1)
    assert abs(told - began) < 2 * took
    assert mapping.at.boot == boot.now().boot


@pytest.mark.parametrize(
    ("error_ns", "source", "least"), [(None, "system", clock.UNPROVEN_NS), (5_000, "ntp", 5_000)]
)
def test_the_kernel_vouches_or_not(
    monkeypatch: pytest.MonkeyPatch, error_ns: int | None, source: str, least: int
) -> None:
    monkeypatch.setattr(clock, "kernel_error_ns", lambda: error_ns)
    mapping = measure(BootClock())
    assert mapping.source == source
    assert mapping.uncertainty_ns >= least


def test_the_kernel_is_asked() -> None:
    assert (clock.kernel_error_ns() or 0) >= 0


@pytest.mark.parametrize(
    ("seconds", "source", "news"),
    [(0.0, "system", False), (0.4, "system", False), (-0.6, "system", True), (0.0, "ntp", True)],
)
def test_a_step_or_a_better_source_is_news(seconds: float, source: str, news: bool) -> None:
    known = msgspec.structs.replace(measure(BootClock()), source="system")
    fresh = ClockMapping(
        "id",
        known.at.later(10**9),
        known.wall_ns + 10**9 + int(seconds * 1e9),
        known.uncertainty_ns,
        source,
    )
    assert is_news(known, fresh) is news
