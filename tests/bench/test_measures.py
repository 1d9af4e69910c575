"""Every measure runs and finds something; how much is a matter of the machine and not tested."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import commit
import compression
import decode
import modbus
from arrivals import Arrivals
from cases import IDLE, SPREAD
from figures import Outcome
from footprint import Budget, run
from probe import DiskProbe
from procfs import Usage, memory


def test_the_command_writes_json_and_prints_a_table(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    command = [sys.executable, str(root / "bench"), "decode", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    told = json.loads(file.read_text())
    assert (told["form"], told["cores"]) == (1, os.cpu_count())
    assert {one["measure"] for one in told["outcomes"]} == {"decode"}
    assert "decode: heart-rate" in done.stderr
    assert done.stdout == ""


def test_an_unknown_name_is_refused(root: Path) -> None:
    command = [sys.executable, str(root / "bench"), "sped"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "no such measure: sped" in done.stderr) == (2, True)


def test_a_decoder_takes_some_time() -> None:
    assert decode.microseconds(bytes.hex, [b"some", b"octets"]) > 0


def test_rows_go_through_the_buffer_and_through_the_peer() -> None:
    import_module("sqlite_utils")  # once it is loaded, files are made in this process: faster
    peer, *ours = commit.measure(Namespace(rows=50))
    assert all(figure.value > 0 for outcome in (peer, *ours) for figure in outcome.figures)
    assert len(ours) == len(commit.SIZES)


def test_blocks_take_less_than_what_others_make_of_a_walk() -> None:
    counts = np.random.default_rng(1).integers(-9, 10, (2, 3000)).cumsum(axis=1)
    size, packing, unpacking = compression.ours(counts, 300.0)
    assert min(packing, unpacking) > 0
    assert 0 < size * 8 < min(compression.zstd(counts), compression.xz(counts))
    assert 4 * counts.size < compression.lpc_entropy(counts) < compression.flac(counts)


def test_the_kernel_says_what_this_process_takes(tmp_path: Path) -> None:
    mine = {"me": os.getpid()}
    before = Usage.of(mine)
    with DiskProbe(tmp_path) as disk:
        while Usage.of(mine).seconds["me"] < before.seconds["me"] + 0.3:
            pass
    assert 0 < before.share(Usage.of(mine), "me") < 400
    assert memory(os.getpid()).peak >= memory(os.getpid()).pss > 5
    assert all(taken > 0 for taken in disk.milliseconds)


@pytest.mark.parametrize(
    ("arrived", "void"),
    [
        (Arrivals(50, 0, 0, 0, 1000, 1.0), ""),
        (Arrivals(50, 0, 1, 0, 980, 1.0), "of 50 made 1 did not arrive, 0 are beyond"),
        (Arrivals(50, 0, 0, 2, 1000, 1.0), "of 50 made 0 did not arrive, 2 are beyond"),
        (Arrivals(45, 0, 0, 0, 900, 1.0), "only 900 of 1000 points a second were read"),
        (Arrivals(0, 0, 0, 0, 0, 1.0), "of 0 made 0 did not arrive, 0 are beyond"),
    ],
)
def test_figures_are_void_unless_everything_arrived(arrived: Arrivals, void: str) -> None:
    assert arrived.void(1000) == void


def test_fifty_devices_come_back_at_times_of_their_own() -> None:
    drops = SPREAD.devices[SPREAD.devices.index("--fault") + 1 :: 2]
    assert len({drop.split()[-1] for drop in drops}) == 50


def longer(measure: Callable[[float], Outcome]) -> Outcome:
    """Measured longer while the figures of a shorter time are void: others are on the machine."""
    for seconds in (1.5, 6, 30):
        if not (outcome := measure(seconds)).void:
            break
    return outcome


def test_a_gateway_at_work_is_watched() -> None:
    outcome = longer(lambda seconds: run(IDLE, Budget(60, 1), warm_up=1, seconds=seconds))
    found = {figure.name: figure.value for figure in outcome.figures}
    assert "did not arrive" not in outcome.void
    assert found["agent, resident memory (RSS)"] > 10
    assert found["points recorded"] > 0


def test_thirty_sensors_share_a_line_fairly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus, "LEAST", 1)
    outcome = longer(lambda seconds: next(modbus.measure(Namespace(seconds=seconds, warm_up=0))))
    found = {figure.name: figure.value for figure in outcome.figures}
    assert 0 < found["polls"] <= found["what the wire can carry"]
    assert found["polls of the least served sensor"] > 0
