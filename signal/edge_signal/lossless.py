"""Packing waveform blocks in the fewest octets; `edge_agent.model.lossless` says what they hold.

All but the last step, the entropy code itself, is done for the whole block at once. Floating point
serves only to choose predictors and codes; what is chosen is written down, and the residuals are
made from it in integers as the decoder will.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import ArrayLike

from edge_agent.model import lossless, rans
from edge_signal.entropy import choose
from edge_signal.predictors import Ints, best_predictor, padded


def pack(channels: ArrayLike) -> bytes:
    """A lossless block of equally long channels of 32-bit counts.

    What follows from others (III, aVR, aVL, aVF) should come after them, as it does by custom.

    Args:
        channels: counts, (channels, samples), within 32 bits.

    Raises:
        ValueError: a count is beyond 32 bits, or the channels are not equally long.
    """
    rows = np.asarray(channels, dtype=np.int64)
    if rows.size and (rows.min() < -(2**31) or rows.max() >= 2**31):
        raise ValueError("a count is beyond 32 bits")
    slots: list[rans.Slot] = []
    before: list[Ints] = []
    for row in rows if rows.size else ():
        counts = row - row[0]
        predictor = best_predictor(counts, before)
        slots += choose(predictor.head(int(row[0])), predictor.residuals(counts, before))
        before.append(padded(counts))
    octets = rans.written(slots)
    return zlib.crc32(octets).to_bytes(lossless.CRC_OCTETS, "little") + octets
