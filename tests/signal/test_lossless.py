"""Lossless blocks: what comes out is what went in; a damaged one is an error, never a number."""

from __future__ import annotations

import hashlib
import zlib
from array import array
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_agent.model import lossless, rans
from edge_agent.model.errors import MalformedError
from edge_agent.model.waveforms import Channel, Waveform
from edge_signal.lossless import pack

EXCERPT = Path(__file__).parents[1] / "data" / "ecg" / "119.npz"
counts = st.integers(-(2**31), 2**31 - 1) | st.integers(-40, 40)


def excerpt() -> NDArray[np.int64]:
    with np.load(EXCERPT) as kept:
        samples: NDArray[np.int64] = kept["samples"].astype(np.int64)
        return samples


def back(block: bytes, channels: int, count: int) -> list[list[int]]:
    return [list(row) for row in lossless.unpack(block, channels, count)]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[counts] * n), max_size=90)))
def test_unpack_undoes_pack(rows: list[tuple[int, ...]]) -> None:
    channels = [list(row) for row in zip(*rows, strict=True)] or [[]]
    assert back(pack(channels), len(channels), len(rows)) == channels


@pytest.mark.parametrize("size", [0.001, 1.0, 300.0, 1e8])
def test_signals_of_any_size_with_steps(size: float) -> None:
    chance = np.random.default_rng(7)
    walk = np.cumsum(chance.standard_t(2, (3, 700)) * size, axis=1)
    walk[1, 300:] -= 40 * size
    walk[2] = walk[0] - walk[1]
    rows = np.clip(np.rint(walk), -(2**31), 2**31 - 1).astype(np.int64).tolist()
    assert back(pack(rows), 3, 700) == rows


def test_rails_and_jumps_between_them() -> None:
    rows = [[2**31 - 1, -(2**31)] * 200, [0] * 400, [-(2**31)] * 200 + [2**31 - 1] * 200]
    assert back(pack(rows), 3, 400) == rows


def test_an_ecg_takes_less_than_half_a_difference_code() -> None:
    samples = excerpt()[:, :3600]
    block = pack(samples)
    assert back(block, *samples.shape) == samples.tolist()
    assert len(block) * 8 < 4.3 * samples.size


def test_a_lead_that_follows_from_others_costs_nearly_nothing() -> None:
    chance = np.random.default_rng(3)
    one, two = np.cumsum(chance.integers(-9, 10, (2, 5000)), axis=1)
    alone = len(pack([one, two]))
    assert len(pack([one, two, two - one, -((one + two) // 2)])) < alone * 1.02


def test_a_flat_channel_costs_nearly_nothing() -> None:
    assert len(pack([[77] * 5000])) < 60


def test_a_waveform_says_how_it_is_packed() -> None:
    channel = Channel("ecg-lead-i", "uV")
    wave = Waveform("s", 0, "130", (channel,), 3, pack([[1, 2, 4]]), lossless.ENCODING)
    assert wave.samples() == (array("i", [1, 2, 4]),)


def test_what_was_packed_once_is_read_for_ever() -> None:
    """Made by this encoder on 2026-11-22; the form is frozen, so it must never change."""
    frozen = Path(__file__).parents[1] / "data" / "compat" / "0.1" / "lossless-block.bin"
    rows = lossless.unpack(frozen.read_bytes(), 3, 500)
    digest = hashlib.sha256(b"".join(np.asarray(row, "<i4").tobytes() for row in rows))
    assert digest.hexdigest() == "b07a864ffeba6d414fdb2cf511a597d59fe9f17535b08e35697ea6073570b57e"


def test_tables_are_the_same_on_every_machine() -> None:
    """The code's tables, as first made on x86-64: one that differs in a bit reads nothing."""
    found = hashlib.sha256()
    for shape in rans.SHAPES:
        for row in range(rans.ROWS):
            for phase in range(4):
                found.update(np.asarray(rans.table(shape, row, phase).starts, "<i4").tobytes())
    assert found.hexdigest() == "eff286d991a24c119b507832e4d4321c66d3c960464eca9136972bab5475c590"


@given(st.integers(0, 10**6), st.integers(0, 7))
def test_a_flipped_bit_is_seen(place: int, bit: int) -> None:
    block = bytearray(PACKED)
    block[place % len(block)] ^= 1 << bit
    with pytest.raises(MalformedError, match="checksum"):
        lossless.unpack(bytes(block), 2, 200)


PACKED = pack(np.cumsum(np.random.default_rng(1).integers(-5, 6, (2, 200)), axis=1))


@given(st.binary(max_size=80), st.integers(0, 3), st.integers(0, 60))
def test_octets_with_a_right_checksum_are_samples_or_malformed(
    octets: bytes, channels: int, count: int
) -> None:
    block = zlib.crc32(octets).to_bytes(4, "little") + octets
    try:
        rows = lossless.unpack(block, channels, count)
    except MalformedError:
        return
    assert [len(row) for row in rows] == [count] * channels


def test_another_number_of_samples_is_malformed() -> None:
    with pytest.raises(MalformedError):
        lossless.unpack(PACKED, 2, 199)
    with pytest.raises(MalformedError, match="beyond"):
        lossless.unpack(PACKED, 2, lossless.MAX_SAMPLES)


def test_counts_beyond_32_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bits"):
        pack([[2**31]])
