"""Archives: what was written is there, found by time; what is torn or damaged costs only itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.model.errors import MalformedError
from edge_agent.model.waveforms import Waveform, pack
from edge_signal.archive import Archive, ArchiveWriter
from edge_signal.recordings import Recording, assemble
from tests.support.recordings import FIRST, recording


def live(told: Recording, size: int = 180) -> list[Waveform]:
    """As a device's frames bring it: half a second each, in the old packing."""
    return [
        Waveform(
            told.stream,
            part.first + at,
            str(told.rate),
            told.channels,
            len(rows[0]),
            pack(rows),
            gap=None if at else part.gap,
        )
        for part in told.segments
        for at in range(0, part.counts.shape[1], size)
        for rows in [part.counts[:, at : at + size].tolist()]
    ]


def written(told: Recording, size: int = 180, seconds: int = 2) -> bytes:
    writer = ArchiveWriter(seconds)
    return b"".join([*map(writer.push, live(told, size)), writer.close()])


def same(one: Recording, other: Recording) -> bool:
    pairs = zip(one.segments, other.segments, strict=True)
    return (one.channels, one.rate, one.stream) == (
        other.channels,
        other.rate,
        other.stream,
    ) and all(
        a.first == b.first and a.gap == b.gap and np.array_equal(a.counts, b.counts)
        for a, b in pairs
    )


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 1000), st.booleans())
def test_what_was_written_is_there(size: int, hole: bool) -> None:
    told = recording(2, hole=hole)
    assert same(assemble(Archive(written(told, size))), told)


def test_it_is_found_by_time_and_the_rest_is_not_read() -> None:
    archive = Archive(written(recording(1)))
    assert [one.count for one in archive.places] == [720] * 5
    found = list(archive.between(FIRST + 800, FIRST + 1500))
    assert [one.first for one in found] == [FIRST + 720, FIRST + 1440]
    assert list(archive.between(0, FIRST)) == []


def test_without_an_end_what_is_whole_is_there() -> None:
    told, octets = recording(1), written(recording(1))
    for size in (len(octets) - 1, len(octets) - 30, len(octets) // 2):
        found = assemble(Archive(octets[:size]))
        assert found.count >= (
            told.count // 2 - 720 if size < len(octets) - 100 else told.count - 720
        )
        assert np.array_equal(found.segments[0].counts, told.segments[0].counts[:, : found.count])


def test_damage_costs_the_block_that_it_is_in() -> None:
    octets = bytearray(written(recording(1)))
    archive = Archive(bytes(octets))
    octets[archive.places[2].offset + 20] ^= 1
    archive = Archive(bytes(octets))
    with pytest.raises(MalformedError, match="damaged"):
        list(archive)
    assert len(list(archive.between(FIRST, FIRST + 1440))) == 2
    torn = Archive(bytes(octets[:-8]))
    assert [one.first - FIRST for one in torn.places] == [0, 720, 2160, 2880]


def test_another_file_is_refused() -> None:
    with pytest.raises(MalformedError, match="EDGEWAVE1"):
        Archive(b"RIFF....")


def test_what_comes_out_of_order_is_refused() -> None:
    first, second, *_ = live(recording(1))
    writer = ArchiveWriter()
    writer.push(second)
    with pytest.raises(ValueError, match="comes after"):
        writer.push(first)


def test_a_part_keeps_its_place_and_time() -> None:
    told = recording(1, hole=True)
    part = told.part(3.5, 2.5)
    assert (part.first, part.count) == (FIRST + 1260, 900)
    assert part.start is not None
    assert told.start is not None
    assert (part.start - told.start).total_seconds() == 3.5
    assert np.array_equal(part.physical(), told.physical()[:, 1260:2160], equal_nan=True)
    with pytest.raises(ValueError, match="no sample between"):
        told.part(4.2, 0.5)
