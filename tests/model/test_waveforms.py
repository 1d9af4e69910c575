"""Waveform blocks are lossless, and a damaged one is an error, not a wrong number."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.model.errors import MalformedError
from edge_agent.model.waveforms import MAX_SAMPLES, Channel, Waveform, pack, unpack

counts = st.integers(-(2**30), 2**30 - 1)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[counts] * n), max_size=50)))
def test_unpack_undoes_pack(rows: list[tuple[int, ...]]) -> None:
    channels = list(zip(*rows, strict=True)) or [()]
    block = pack(channels)
    assert [tuple(samples) for samples in unpack(block, len(channels), len(rows))] == channels


@given(st.binary(max_size=200), st.integers(0, 3), st.integers(0, 100))
def test_any_octets_are_samples_or_malformed(octets: bytes, channels: int, count: int) -> None:
    try:
        samples = unpack(octets, channels, count)
    except MalformedError:
        return
    assert [len(channel) for channel in samples] == [count] * channels


def test_a_block_of_another_length_is_malformed() -> None:
    with pytest.raises(MalformedError, match="does not hold 2 samples"):
        unpack(pack([[1, 2, 3]]), 1, 2)


def test_a_bomb_is_not_inflated() -> None:
    bomb = zlib.compress(bytes(100_000_000))
    with pytest.raises(MalformedError, match="does not hold 2 samples"):
        unpack(bomb, 1, 2)
    with pytest.raises(MalformedError, match="beyond"):
        unpack(bomb, 1, MAX_SAMPLES + 1)


def test_an_unknown_encoding_is_named() -> None:
    wave = Waveform("s", 0, "130", (Channel("ecg-lead-i", "uV"),), 0, b"", encoding="flac")
    with pytest.raises(MalformedError, match="'flac'"):
        wave.samples()


def test_rate_is_a_fraction() -> None:
    assert Waveform("s", 0, "2500/3", (), 0, b"").hertz * 3 == 2500
