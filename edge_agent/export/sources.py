"""Where recordings to be written out come from: records as JSON lines, or an archive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from fractions import Fraction
from statistics import median_low

from edge_agent.control.readings import Reading
from edge_agent.inflow.readings import readings
from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.devices import DeviceStatus
from edge_agent.model.errors import EdgeError, ExportError, MalformedError
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, best_mapping
from edge_agent.model.times import Times
from edge_agent.model.waveforms import Waveform
from edge_signal.archive import MAGIC, Archive
from edge_signal.frames import MOST_OFF, SAMPLING
from edge_signal.recordings import Recording, assemble


@dataclass(frozen=True, slots=True)
class Found:
    """What a source holds of one stream.

    Attributes:
        recording: all of it, at the rate that it truly has, as far as that is known.
        device: the device's key, "" where the source does not say.
        nominal: samples a second as the device calls it; None where that is the recording's.
        damaged: blocks of an archive that cannot be read.
    """

    recording: Recording
    device: str = ""
    nominal: Fraction | None = None
    damaged: int = 0


def find(octets: bytes, stream: str = "") -> Found:
    """The recording of a stream.

    Args:
        octets: records in the model's JSON, one a line, as the region's database has them; clock
            records among them say when it was. Or an archive.
        stream: its id; may be left out if there is only one.

    Raises:
        ExportError: there is no waveform, no such stream, or more than one to choose from.
        MalformedError: a record's block is damaged, or all of an archive.
    """
    archive = octets.startswith(MAGIC)
    streams = _archived(octets) if archive else _streams(octets.splitlines())
    if not streams:
        raise ExportError("there is no waveform in it, or none that can be read")
    if not stream and len(streams) > 1:
        raise ExportError(
            f"there are several: say --stream and one of {', '.join(sorted(streams))}"
        )
    found = streams.get(stream) if stream else next(iter(streams.values()))
    if found is None:
        raise ExportError(f"there is no stream {stream!r}, but {', '.join(sorted(streams))}")
    return found


def readings_in(octets: bytes, zone: tzinfo) -> list[Reading]:
    """Blood pressure and glucose among records.

    Args:
        octets: records in the model's JSON, one a line; clock records, statuses with a device's
            time and bindings among them say when it was and whose.
        zone: of the site.

    Raises:
        ExportError: a line is no record.
    """
    lines = enumerate(octets.splitlines(), 1)
    records = [_record(line, number) for number, line in lines if line.strip()]
    times = Times(
        (one for one in records if isinstance(one, ClockMapping)),
        (one for one in records if isinstance(one, DeviceStatus)),
    )
    frames = (one for one in records if isinstance(one, Frame))
    bindings = [one for one in records if isinstance(one, Binding)]
    return list(readings(frames, times, bindings, zone))


def _archived(octets: bytes) -> Mapping[str, Found]:
    """What can be read of an archive; a damaged block is a hole."""
    archive, waveforms, damaged = Archive(octets), list[Waveform](), 0
    for place in archive.places:
        try:
            waveforms += archive.between(place.first, place.first + 1)
        except MalformedError:
            damaged += 1
    if not waveforms:
        return {}
    return {waveforms[0].stream: Found(assemble(waveforms), damaged=damaged)}


def _streams(lines: Iterable[bytes]) -> Mapping[str, Found]:
    frames: list[Frame] = []
    clocks: list[ClockMapping] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            match _record(line, number):
                case Frame() as frame:
                    frames.append(frame)
                case ClockMapping() as clock:
                    clocks.append(clock)
                case _:
                    pass
    return {
        name: _found(name, frames, clocks)
        for name in {w.stream for f in frames for w in f.waveforms}
    }


def _record(line: bytes, number: int) -> object:
    try:
        return forms.decode(line)
    except EdgeError as error:
        raise ExportError(f"line {number}: {error}") from error


def _found(stream: str, frames: Iterable[Frame], clocks: Iterable[ClockMapping]) -> Found:
    mine = [(one, frame) for frame in frames for one in frame.waveforms if one.stream == stream]
    first, frame = min(mine, key=lambda pair: pair[0].first)
    recording = assemble((one for one, _ in mine), _start(first, frame, clocks))
    rate = _shown([frame for _, frame in mine], recording)
    if rate is None:
        return Found(recording, frame.device)
    return Found(replace(recording, rate=rate), frame.device, recording.rate)


def _shown(frames: Sequence[Frame], recording: Recording) -> Fraction | None:
    """The rate that the device's stamps show, the middle one of those told; None for none."""
    kinds = {channel.kind for channel in recording.channels}
    told = {
        one.id: one.value
        for frame in frames
        for one in frame.observations
        if one.kind == SAMPLING and one.channel in kinds and one.value is not None
    }
    near = [one for one in told.values() if abs(Fraction(one) / recording.rate - 1) <= MOST_OFF]
    return Fraction(median_low(near)) if near else None


def _start(first: Waveform, frame: Frame, clocks: Iterable[ClockMapping]) -> datetime | None:
    """When its first sample was taken: its last one had come when its octets did."""
    mapping = best_mapping(clocks, frame.at)
    if mapping is None:
        return None
    return mapping.wall(frame.at) - timedelta(seconds=float(first.count / first.hertz))
