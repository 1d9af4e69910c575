"""Other people's ECG programs as peers: installed apart, asked over a pipe, remembered by question.

They come from PyPI into an environment of their own (`.peers`); what they answered is kept there,
beside the versions that answered, so that a second run asks only what is new.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ecg_records import ROOT

PLACE = ROOT / ".peers"
PACKAGES = (
    "biosppy==2.2.4",
    "fast-qrs-detector==0.1.2",
    "neurokit2==0.2.13",
    "peakutils==1.3.5",
    "py-ecg-detectors==1.3.5",
    "sleepecg==0.6.0",
    "wfdb==4.3.1",
)
DETECTORS = (
    "wfdb gqrs",
    "wfdb xqrs",
    "neurokit2 neurokit",
    "neurokit2 pantompkins1985",
    "neurokit2 kalidas2017",
    "biosppy hamilton",
    "fast-qrs-detector",
    "sleepecg",
    "py-ecg-detectors swt",
)
DELINEATORS = ("neurokit2 dwt", "neurokit2 cwt", "neurokit2 peak")

Job = dict[str, Any]


def ask(jobs: Sequence[Job], *, anew: bool = False) -> list[dict[str, Any]]:
    """What the peers say, in the order of the questions: see `peer_answers`.

    Args:
        jobs: the questions.
        anew: nothing is remembered, for what counts is how long it takes here and now.

    Raises:
        SystemExit: they could not be installed, or their program broke.
    """
    python = _installed()
    if anew:
        return [said for _, said in _answers(python, [("", job) for job in jobs])]
    kept = PLACE / f"answers-{_digest(' '.join(PACKAGES))}.jsonl"
    known = (
        dict(json.loads(line) for line in kept.read_text().splitlines()) if kept.exists() else {}
    )
    names = [_digest(json.dumps(job, sort_keys=True)) for job in jobs]
    new = [(name, job) for name, job in zip(names, jobs, strict=True) if name not in known]
    if new:
        with kept.open("a") as file:
            for name, said in _answers(python, new):
                known[name] = said
                file.write(json.dumps((name, said)) + "\n")
                file.flush()
    return [known[name] for name in names]


def _answers(python: Path, jobs: Sequence[tuple[str, Job]]) -> Iterator[tuple[str, Any]]:
    """Ask one after the other."""
    command = [str(python), str(Path(__file__).with_name("peer_answers.py"))]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as peer:
        if peer.stdin is None or peer.stdout is None:
            raise SystemExit("bench: no pipe to the peers")
        for name, job in jobs:
            peer.stdin.write(json.dumps(job) + "\n")
            peer.stdin.flush()
            line = peer.stdout.readline()
            if not line:
                raise SystemExit(f"bench: the peers' program ended at {job}")
            yield name, json.loads(line)
        peer.stdin.close()


def _installed() -> Path:
    python, done = PLACE / "bin" / "python", PLACE / "packages.txt"
    wanted = "\n".join(PACKAGES)
    if not done.exists() or done.read_text() != wanted:
        pip = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES]
        for command in ([sys.executable, "-m", "venv", str(PLACE)], pip):
            if subprocess.run(command, check=False).returncode:
                raise SystemExit("bench: the peers could not be installed: see above")
        done.write_text(wanted)
    return python


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
