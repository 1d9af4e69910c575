"""Fixtures for all tests, and the rule that keeps CI honest.

With REQUIRE_SERVICES=1 a test must not be skipped, for whatever reason: a skip is reported as a
failure. The one exception is the data in ../shared, which is beside the repository and not in
it; and even that only where it is really absent.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mosquitto import find_mosquitto
from ports import free_port as find_free_port
from tests.support.loop import PatientLoop
from tests.support.mosquitto import Mosquitto

settings.register_profile(
    "steady",  # the same examples each time, and a slow machine is no failure
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("searching", deadline=None, max_examples=1_000)
settings.load_profile("steady")

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
SHARED_IS_ABSENT = "the data in ../shared is absent"


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure, unless it is the one that is allowed."""
    if (
        os.environ.get("REQUIRE_SERVICES") != "1"
        or not report.skipped
        or hasattr(report, "wasxfail")
    ):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if SHARED_IS_ABSENT in reason and not SHARED.is_dir():
        return
    report.outcome = "failed"
    report.longrepr = f"{reason}\nREQUIRE_SERVICES=1 forbids to skip this."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hold the rule for tests and their fixtures."""
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Hold the rule for whole modules (`importorskip`)."""
    report = yield
    fail_if_skipped(report)
    return report


def pytest_asyncio_loop_factories() -> dict[str, type[PatientLoop]]:
    """Every asynchronous test runs on a loop that a busy machine does not hurry."""
    return {"patient": PatientLoop}


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The data beside the repository: recordings, vectors, scoring tools."""
    if not SHARED.is_dir():
        pytest.skip(SHARED_IS_ABSENT)
    return SHARED


@pytest.fixture
def free_port() -> int:
    """A TCP port on the loopback interface to listen on."""
    return find_free_port()


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Start brokers: `start_mosquitto("persistence true", "max_inflight_messages 5")`.

    Each argument is a line of configuration; one that names a default replaces it.
    """
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed: sudo apt install mosquitto")
    started: list[Mosquitto] = []

    def start(*lines: str) -> Mosquitto:
        folder = tmp_path / f"mosquitto-{len(started)}"
        folder.mkdir()
        broker = Mosquitto(folder, lines=lines)
        started.append(broker)
        broker.start()
        return broker

    yield start
    for broker in started:
        broker.stop()


@pytest.fixture
def mosquitto(start_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A running Mosquitto that anybody may use and that keeps nothing on disk."""
    return start_mosquitto()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB of one's own."""
    if os.geteuid():
        pytest.skip("only root may mount a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
