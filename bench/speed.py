"""How many times faster than real time the ECG chain is, in blocks of 20, 50 and 560 ms; memory.

The whole chain, as the agent runs it: filters, beats and their kinds, rate, quality, rhythm. The
signal is real: one lead at 250/s (QTDB sel100, a minute), twelve at 500/s (LUDB 1, its ten seconds
over and over for a minute), each case in a process of its own. Beside it, in the same run on the
same records, peers that only find beats, lead by lead, and see the whole lead at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ecg_peers import Job, ask
from ecg_records import DATA, Array, tool
from edge_signal.ecg import ecg_chain
from edge_signal.values import Block
from figures import Figure, Outcome
from procfs import memory

BLOCKS_MS = (20, 50, 560)
SECONDS = 60
PEERS = ("wfdb xqrs", "wfdb gqrs", "neurokit2 neurokit", "sleepecg")
CASES = {"1 lead at 250/s": ("qtdb/sel100", 1, 60), "12 leads at 500/s": ("ludb/1", 12, 10)}
"""Record, leads, and how many seconds of it."""
BUDGET = 20.0
"""Times real time: 5 % of a core."""


def signal(record: str, leads: int, seconds: int) -> tuple[Array, float]:
    """A minute of a record, mV, shape (leads, n), and its rate."""
    rate = float(tool("wfdb").rdheader(str(DATA / record)).fs)
    count = int(seconds * rate)
    read = tool("wfdb").rdrecord(str(DATA / record), sampto=count).p_signal.T[:leads]
    return np.tile(np.nan_to_num(read), SECONDS // seconds), rate


def speed(leads: Array, rate: float, block_ms: float) -> float:
    """Seconds of signal for each second of processor time."""
    size, count = max(1, round(block_ms * rate / 1000)), leads.shape[1]
    chain = ecg_chain(rate)
    began = time.process_time()
    for first in range(0, count, size):
        chain.push(Block(first, leads[:, first : first + size]))
    spent = time.process_time() - began
    return float(count / rate / spent)


def measure(_options: object) -> Iterator[Outcome]:
    """Each case; the peers beside it."""
    if not DATA.is_dir():
        yield Outcome("speed", "all", (), void="the recordings are not beside the repository")
        return
    for case, (record, leads, seconds) in CASES.items():
        some, rate = signal(record, leads, seconds)
        ours = _alone(some, rate)
        yield Outcome("speed", f"edge_signal, {case}", tuple(_figures(ours)))
        for peer in PEERS:
            theirs = _peer(peer, record, leads, int(seconds * rate), seconds)
            own = ours["50"] / theirs["speed"]
            yield Outcome(
                "speed",
                f"{peer}, {case}, whole leads",
                (
                    Figure("faster than real time", theirs["speed"], "times"),
                    Figure("resident memory at most", theirs["memory"], "MB"),
                    Figure("edge_signal in blocks of 50 ms for each of this", own, ""),
                ),
            )


def _figures(found: dict[str, float]) -> Iterator[Figure]:
    for ms in BLOCKS_MS:
        name = f"faster than real time, blocks of {ms} ms"
        yield Figure(name, found[str(ms)], "times", BUDGET, least=True)
    yield Figure("resident memory at most", found["memory"], "MB")


def _alone(leads: Array, rate: float) -> dict[str, float]:
    """In a process that does nothing else."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "leads.npy"
        np.save(file, leads)
        command = [sys.executable, __file__, str(file), str(rate)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _peer(name: str, record: str, leads: int, stop: int, seconds: int) -> dict[str, float]:
    jobs: list[Job] = [
        {"peer": name, "record": record, "lead": lead, "stop": stop} for lead in range(leads)
    ]
    _, *said = ask([jobs[0], *jobs], anew=True)  # the first also loads what it needs
    spent = sum(one["spent"] for one in said)
    return {"speed": seconds / max(spent, 1e-9), "memory": max(one["memory"] for one in said)}


def main() -> None:
    """One case: a file of leads, and their rate."""
    leads, rate = np.load(sys.argv[1]), float(sys.argv[2])
    found = {str(ms): speed(leads, rate, ms) for ms in BLOCKS_MS}
    print(json.dumps({**found, "memory": memory(os.getpid()).peak}))


if __name__ == "__main__":
    main()
