"""Bits for each sample of recorded ECGs: lossless blocks of 10 s beside peers on whole records.

Ours are blocks that each stand alone, checksum included. FLAC is soundfile's (libFLAC, level 8),
twelve leads as two files of six, for it takes eight channels; zstd (level 19) and xz (preset 9)
compress each channel's first differences, 16-bit. `LPC-8 entropy` is no program but a bound: the
zeroth-order entropy of what an 8-tap linear prediction leaves of a whole record. Every block is
read back and compared. Speeds are processor time of this process.
"""

from __future__ import annotations

import io
import lzma
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecg_records import DATA, tool
from edge_agent.model import lossless
from edge_signal.lossless import pack
from figures import Figure, Outcome

SETS = ("mitdb", "ludb", "cinc2017")
BLOCK_S = 10
GOAL = 0.97
Counts = NDArray[np.int64]


def measure(_options: Namespace) -> Iterator[Outcome]:
    """One outcome for each set of records."""
    for folder in SETS:
        found = sorted((DATA / folder).rglob("*.hea"))
        if not found:
            yield Outcome("compression", folder, (), void=f"{DATA / folder} is absent")
            continue
        yield _outcome(folder, [_read(path.with_suffix("")) for path in found])


def _read(path: Path) -> tuple[Counts, float]:
    record = tool("wfdb").rdrecord(str(path), physical=False, return_res=32)
    return record.d_signal.T.astype(np.int64), float(record.fs)


def _outcome(folder: str, records: list[tuple[Counts, float]]) -> Outcome:
    samples = sum(counts.size for counts, _ in records)
    seconds = sum(counts.shape[1] / rate for counts, rate in records)
    sizes, packing, unpacking = zip(*(ours(counts, rate) for counts, rate in records), strict=True)
    peers = {
        name: sum(size(counts) for counts, _ in records) / samples for name, size in PEERS.items()
    }
    bits = 8 * sum(sizes) / samples
    figures = [Figure("ours, blocks of 10 s", bits, "bits", GOAL * min(peers.values()))]
    figures += [Figure(name, value, "bits") for name, value in peers.items()]
    figures.append(Figure("packing, times real time", seconds / sum(packing), "x"))
    figures.append(Figure("unpacking, times real time", seconds / sum(unpacking), "x"))
    return Outcome("compression", f"{folder}, {len(records)} records", tuple(figures))


def ours(counts: Counts, rate: float) -> tuple[int, float, float]:
    """Octets of a record in blocks, and seconds to pack and to unpack it.

    Raises:
        ValueError: what came out is not what went in.
    """
    size, packing, unpacking = 0, 0.0, 0.0
    step = round(BLOCK_S * rate)
    for first in range(0, counts.shape[1], step):
        part = counts[:, first : first + step]
        began = time.process_time()
        block = pack(part)
        packed = time.process_time()
        back = lossless.unpack(block, *part.shape)
        unpacking += time.process_time() - packed
        packing += packed - began
        size += len(block)
        if not np.array_equal(np.array(back), part):
            raise ValueError(f"a block at sample {first} is not what was packed")
    return size, packing, unpacking


def flac(counts: Counts) -> int:
    """Bits of FLAC files."""
    write: Callable[..., Any] = tool("soundfile").write
    bits = 0
    for first in range(0, len(counts), 8 if len(counts) <= 8 else 6):
        file = io.BytesIO()
        part = counts[first : first + (8 if len(counts) <= 8 else 6)].T.astype(np.int16)
        write(file, part, 44100, format="FLAC", subtype="PCM_16", compression_level=1.0)
        bits += 8 * len(file.getvalue())
    return bits


def zstd(counts: Counts) -> int:
    """Bits of one zstd frame of the differences of all channels."""
    return 8 * len(tool("zstandard").ZstdCompressor(level=19).compress(_differences(counts)))


def xz(counts: Counts) -> int:
    """Bits of one xz file of the differences of all channels."""
    return 8 * len(lzma.compress(_differences(counts), preset=9))


def lpc_entropy(counts: Counts) -> float:
    """Bits of an ideal zeroth-order code of what 8 taps, fitted to each channel, leave."""
    return sum(map(_entropy_left, counts))


def _differences(counts: Counts) -> bytes:
    return np.diff(counts, prepend=0, axis=1).astype("<i2").tobytes()


def _entropy_left(row: Counts) -> float:
    windows = np.lib.stride_tricks.sliding_window_view(row - row[0], 9).astype(np.float64)
    past = np.column_stack((windows[:, :8], np.ones(len(windows))))
    taps = np.linalg.lstsq(past, windows[:, 8], rcond=None)[0]
    left = np.rint(windows[:, 8] - past @ taps)
    share = np.unique(left, return_counts=True)[1] / len(left)
    return float(-(share * np.log2(share)).sum() * len(row))


PEERS: dict[str, Callable[[Counts], float]] = {
    "FLAC": flac,
    "zstd on differences": zstd,
    "xz on differences": xz,
    "LPC-8 entropy": lpc_entropy,
}
