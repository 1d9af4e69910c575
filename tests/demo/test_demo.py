"""The demo as a newcomer runs it: it ends by itself, and its exit status is the promise's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.mosquitto import Mosquitto

CLINIC = Path(__file__).parents[2] / "demo" / "clinic.py"
HELD = "the promise holds: nothing lost, nothing twice"


def demo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CLINIC), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_killed_in_the_middle_it_keeps_its_promise() -> None:
    ended = demo("--kill", "7", DEMO_SECONDS="14")
    assert HELD in ended.stdout, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert ended.returncode == 0
    assert "kill -9 of the agent" in ended.stdout
    assert re.search(r"shared cuff: [1-9]\d* readings, 0 with the wrong resident", ended.stdout)
    assert re.search(r"stored +all +[1-9]", ended.stdout)
    assert re.search(r"live +all +[1-9]", ended.stdout)


def test_on_a_real_mosquitto_too(mosquitto: Mosquitto) -> None:
    ended = demo("--seconds", "10", DEMO_BROKER=mosquitto.url)
    assert HELD in ended.stdout, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert ended.returncode == 0


def test_a_broker_that_is_not_there_is_told_and_fails(tmp_path: Path) -> None:
    ended = demo("--seconds", "1", "--keep", str(tmp_path), DEMO_BROKER="mqtt://127.0.0.1:1")
    assert ended.returncode != 0
    assert "no broker answers at mqtt://127.0.0.1:1" in ended.stderr
