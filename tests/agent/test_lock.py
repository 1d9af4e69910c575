"""One agent for one state folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.process.lock import LockedError, is_held, lock

HOLD = (
    "import sys, time, pathlib; from edge_agent.process.lock import lock\n"
    "with lock(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"
)


def test_it_is_held_while_it_is_held(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "state"
    assert not is_held(folder)
    with lock(folder):
        assert is_held(folder)
    assert not is_held(folder)


def test_a_second_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    told = f"in use by process {os.getpid()};"
    with lock(tmp_path), pytest.raises(LockedError, match=told), lock(tmp_path):
        pass


def test_the_kernel_lets_go_of_a_lock_whose_holder_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=f"process {holder.pid}"), lock(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(60)
    with lock(tmp_path):
        pass
