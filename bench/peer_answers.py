"""Other people's ECG programs at work: a question a line on standard input, an answer a line out.

    .peers/bin/python bench/peer_answers.py

Runs in the environment that `ecg_peers` makes, for the peers are nothing that the gateway needs.
Each sees the whole record at once. `{"peer": …, "record": "mitdb/101", "lead": 0}` is answered by
the beats' indices; with `"beats"` (and `"start"`, `"stop"`) by the waves around them, lists of
onset, peak and offset, null where the peer says nothing. `spent` is processor time, seconds,
without reading the file; `memory` what the program took at most so far, MB.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ecg_records import DATA, Array, tool

Mark = int | None
WAVES = {"p": ("P_Onsets", "P_Peaks", "P_Offsets"), "t": ("T_Onsets", "T_Peaks", "T_Offsets")}
NK = "neurokit2 "


def neurokit(method: str) -> Callable[[Array, float], Any]:
    """One of neurokit2's detectors, behind its own cleaning."""

    def detect(signal: Array, rate: float) -> Any:  # noqa: ANN401  untyped it is
        nk = tool("neurokit2")
        cleaned = nk.ecg_clean(signal, sampling_rate=int(rate), method=method)
        return nk.ecg_peaks(cleaned, sampling_rate=int(rate), method=method)[1]["ECG_R_Peaks"]

    return detect


DETECTORS: dict[str, Callable[[Array, float], Any]] = {
    "wfdb gqrs": lambda x, fs: tool("wfdb.processing").gqrs_detect(sig=x, fs=fs),
    "wfdb xqrs": lambda x, fs: tool("wfdb.processing").xqrs_detect(sig=x, fs=fs, verbose=False),
    "biosppy hamilton": lambda x, fs: _hamilton(x, fs),
    "fast-qrs-detector": lambda x, fs: tool("fast_qrs_detector").qrs_detector(x, fs),
    "sleepecg": lambda x, fs: tool("sleepecg").detect_heartbeats(x, fs),
    "py-ecg-detectors swt": lambda x, fs: tool("ecgdetectors").Detectors(fs).swt_detector(x),
    **{NK + name: neurokit(name) for name in ("neurokit", "pantompkins1985", "kalidas2017")},
}


def waves(
    method: str, signal: Array, rate: float, beats: Sequence[int]
) -> dict[str, list[list[Mark]]]:
    """What `ecg_delineate` says of beats; bounds of complexes are of the R peak nearest to them."""
    nk = tool("neurokit2")
    cleaned = nk.ecg_clean(signal, sampling_rate=int(rate))
    _, told = nk.ecg_delineate(cleaned, np.array(beats), sampling_rate=int(rate), method=method)
    said = {kind: _marks(told, names, len(beats)) for kind, names in WAVES.items()}
    at = np.array(beats)
    bounds = _marks(told, ("R_Onsets", "R_Offsets"), len(beats))
    known = [(on, off) for on, off in bounds if on or off]
    peaks = [int(at[np.abs(at - (on or off or 0)).argmin()]) for on, off in known]
    return {**said, "N": [[on, peak, off] for (on, off), peak in zip(known, peaks, strict=True)]}


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """One peer on one lead of one record."""
    part = {"sampfrom": job.get("start", 0), "sampto": job.get("stop")}
    record = tool("wfdb").rdrecord(str(DATA / job["record"]), channels=[job["lead"]], **part)
    signal, rate = np.nan_to_num(record.p_signal[:, 0]), float(record.fs)
    began = time.process_time()
    if "beats" in job:
        found: Any = waves(job["peer"].removeprefix(NK), signal, rate, job["beats"])
    else:
        found = [int(at) for at in DETECTORS[job["peer"]](signal, rate)]
    spent = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {"found": found, "spent": spent, "memory": memory}


def main() -> None:
    """Answer until nothing more is asked; a peer that fails finds nothing and says why."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception as failure:  # noqa: BLE001  theirs may raise anything
            said = {"found": None, "spent": 0.0, "failure": f"{type(failure).__name__}: {failure}"}
        print(json.dumps(said), flush=True)


def _hamilton(signal: Array, rate: float) -> Any:  # noqa: ANN401  untyped it is
    module = tool("biosppy.signals.ecg")
    filtered = tool("biosppy.signals.tools").filter_signal(
        signal=signal, ftype="FIR", band="bandpass", order=int(0.3 * rate),
        frequency=[3, 45], sampling_rate=rate,
    )["signal"]  # fmt: skip
    peaks = module.hamilton_segmenter(signal=filtered, sampling_rate=rate)["rpeaks"]
    return module.correct_rpeaks(filtered, peaks, sampling_rate=rate, tol=0.05)["rpeaks"]


def _marks(told: dict[str, Any], names: Sequence[str], beats: int) -> list[list[Mark]]:
    columns = [told.get(f"ECG_{name}", [math.nan] * beats) for name in names]
    return [
        [None if math.isnan(at) else int(at) for at in row] for row in zip(*columns, strict=True)
    ]


if __name__ == "__main__":
    main()
