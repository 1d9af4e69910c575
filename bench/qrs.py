"""Score the QRS detector: the chain that the agent runs, in blocks of 50 ms, beside a peer.

    python bench/qrs.py [--json FILE] [--peers xqrs,gqrs] [--records 101,118e06]

MIT-BIH Arrhythmia and Noise Stress Test (../shared/data), channel 0, whole records, by the method
of ANSI/AAMI EC57 (../shared/tools/ec57.py). Prints the worst records first, the gross figures, how
many times faster than real time, and how much memory; writes the same as JSON. Without the data it
says so and ends with status 0.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

from ecg_records import DATA, Array, Index, Score, gross, load, paths, score, tool
from edge_signal.ecg import detect_beats, ecg_chain
from edge_signal.values import Block
from figures import Figure, Outcome

Detector = Callable[[Array, float], Index]
FOLDERS = ("mitdb", "nstdb")
OURS = "edge_signal"
GOALS = {"mitdb": 99.8, "nstdb": 91.779}
"""The goal; and the best of eleven published detectors on these records (py-ecg-detectors swt)."""


def xqrs(signal: Array, rate: float) -> Index:
    """The wfdb package's xqrs, which sees the whole record at once."""
    found = tool("wfdb.processing").xqrs_detect(sig=signal, fs=rate, verbose=False)
    return np.asarray(found, dtype=np.int64)


def gqrs(signal: Array, rate: float) -> Index:
    """The wfdb package's gqrs, which sees the whole record at once."""
    found = tool("wfdb.processing").gqrs_detect(sig=signal, fs=rate)
    return np.asarray(found, dtype=np.int64)


DETECTORS: dict[str, Detector] = {OURS: detect_beats, "xqrs": xqrs, "gqrs": gqrs}


def judge(job: tuple[str, Path]) -> dict[str, Any]:
    """One detector on one record."""
    name, path = job
    record = load(path)
    began = time.process_time()
    found = DETECTORS[name](record.signal, record.rate)
    spent = time.process_time() - began
    scored = score(record, found)
    seconds = len(record.signal) / record.rate
    return {
        "detector": name,
        "set": record.folder,
        "record": record.name,
        "found": scored.found,
        "missed": scored.missed,
        "extra": scored.extra,
        "f1": round(scored.f1, 3),
        "off_ms": round(scored.off_ms, 2),
        "seconds": seconds,
        "spent": spent,
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Gross figures of one detector on one set."""
    whole = gross([Score(row["found"], row["missed"], row["extra"], row["off_ms"]) for row in rows])
    spent = sum(row["spent"] for row in rows)
    return {
        "detector": rows[0]["detector"],
        "set": rows[0]["set"],
        "records": len(rows),
        "se": round(whole.sensitivity, 3),
        "ppv": round(whole.predictivity, 3),
        "f1": round(whole.f1, 3),
        "off_ms": round(whole.off_ms, 2),
        "times_real_time": round(sum(row["seconds"] for row in rows) / spent),
    }


def load_of(leads: int, rate: float, block_ms: float, seconds: float = 60) -> dict[str, Any]:
    """Processor share of the whole chain on noise with a beat a second, fed in blocks."""
    count = int(seconds * rate)
    t = np.arange(count, dtype=np.float64) / rate
    beat = np.exp(-(((t % 1 - 0.5) / 0.015) ** 2))
    signal = beat + np.random.default_rng(1).normal(0, 0.02, (leads, count))
    size = max(1, round(block_ms * rate / 1000))
    chain = ecg_chain(rate)
    began = time.process_time()
    for first in range(0, count, size):
        chain.push(Block(first, signal[:, first : first + size]))
    share = (time.process_time() - began) / seconds
    return {
        "leads": leads,
        "rate": rate,
        "block_ms": block_ms,
        "core_percent": round(100 * share, 2),
    }


def tell(
    rows: list[dict[str, Any]], sums: list[dict[str, Any]], loads: list[dict[str, Any]]
) -> None:
    """Print it for people."""
    ours = [row for row in rows if row["detector"] == OURS]
    print("worst records first\n   record      F1   missed  extra  off by")
    for row in sorted(ours, key=lambda one: one["f1"]):
        counts = f"{row['missed']:>8} {row['extra']:>6}"
        print(f"{row['record']:>9} {row['f1']:>7.2f} {counts} {row['off_ms']:>5.1f} ms")
    print(f"\n{'detector':>12} {'set':>6}      Se      +P      F1   off by  x real time")
    for one in sums:
        figures = f"{one['se']:7.3f} {one['ppv']:7.3f} {one['f1']:7.3f} {one['off_ms']:5.1f} ms"
        print(f"{one['detector']:>12} {one['set']:>6} {figures} {one['times_real_time']:>12}")
    print()
    for one in loads:
        what = f"{one['leads']:>2} leads at {one['rate']:g}/s in blocks of {one['block_ms']:g} ms"
        print(f"{what}: {one['core_percent']} % of a core")


def scored(detectors: list[str], wanted: list[Path]) -> list[dict[str, Any]]:
    """Every detector on every record."""
    with Pool(2) as pool:
        return pool.map(judge, [(name, path) for name in detectors for path in wanted], chunksize=1)


def summaries(rows: list[dict[str, Any]], detectors: list[str]) -> list[dict[str, Any]]:
    """Gross figures, set by set."""
    groups = [
        [row for row in rows if (row["detector"], row["set"]) == (name, folder)]
        for folder in FOLDERS
        for name in detectors
    ]
    return [summary(group) for group in groups if group]


def loads_of() -> list[dict[str, Any]]:
    """One lead and twelve, in small and in large blocks."""
    return [load_of(*case, ms) for case in ((1, 250.0), (12, 500.0)) for ms in (20, 50, 560)]


def measure(_options: object) -> Iterator[Outcome]:
    """For `./edge bench qrs`: the load, and each detector's figures on both sets."""
    for one in loads_of():
        case = f"{one['leads']} leads at {one['rate']:g}/s in blocks of {one['block_ms']} ms"
        yield Outcome("qrs", case, (Figure("chain", one["core_percent"], "% of a core", 5.0),))
    if not DATA.is_dir():
        yield Outcome("qrs", "scores", (), void="the recordings are not beside the repository")
        return
    for one in summaries(scored(list(DETECTORS), paths(*FOLDERS)), list(DETECTORS)):
        goal = GOALS[one["set"]] if one["detector"] == OURS else None
        yield Outcome(
            "qrs",
            f"{one['detector']} on {one['set']}",
            (
                Figure("Se", one["se"], "%"),
                Figure("+P", one["ppv"], "%"),
                Figure("F1", one["f1"], "%", goal, least=True),
                Figure("off by", one["off_ms"], "ms", 6.0 if goal else None),
                Figure("faster than real time", one["times_real_time"], "times"),
            ),
        )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--peers", default="xqrs", help="comma-separated: xqrs, gqrs")
    parser.add_argument("--records", default="", help="only these, comma-separated")
    args = parser.parse_args()
    loads = loads_of()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if not DATA.is_dir():
        print(f"no scores: {DATA} is absent")
        return
    wanted = [
        path for path in paths(*FOLDERS) if not args.records or path.name in args.records.split(",")
    ]
    detectors = [OURS, *(name for name in args.peers.split(",") if name)]
    rows = scored(detectors, wanted)
    sums = summaries(rows, detectors)
    tell(rows, sums, loads)
    print(f"peak memory of the process that ran the chain alone: {memory:.0f} MB")
    if args.json:
        args.json.write_text(
            json.dumps(
                {"summary": sums, "load": loads, "rss_mb": memory, "records": rows}, indent=1
            )
        )


if __name__ == "__main__":
    main()
