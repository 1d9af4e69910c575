"""Capture files: what was recorded comes again, private fields blanked, the file bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from edge_agent.model.errors import FileError, LinkLostError, LinkRefusedError, LinkUnavailableError
from edge_drivers.links.capture_file import load
from edge_drivers.links.recording import Recorder, Recording
from edge_drivers.links.replay import ReplayLink
from firmware_specs import catalog
from firmware_specs.spec.types import LoadedSpec
from tests.support.gateway import Gateway, driving, until
from tests.support.scripted import ScriptedLink

STRAP = catalog.find("heart-rate")
BEATS = tuple(bytes((0, rate)) for rate in (72, 73, 74))


def with_private_rate() -> LoadedSpec:
    """The strap, if a heart rate were a secret."""
    part = STRAP.spec.parts["measurement"]
    fields = tuple(
        msgspec.structs.replace(field, private=field.name == "heart_rate") for field in part.fields
    )
    secret = msgspec.structs.replace(part, fields=fields)
    spec = msgspec.structs.replace(STRAP.spec, parts={**STRAP.spec.parts, "measurement": secret})
    return msgspec.structs.replace(STRAP, spec=spec)


async def record(
    gateway: Gateway, path: Path, loaded: LoadedSpec, octets: Sequence[bytes], largest: int = 10_000
) -> None:
    link = ScriptedLink(gateway.clock)
    link.answers["location"] = b"\x01"
    recording = Recording(loaded, path, largest)
    recorder = Recorder(link, recording)
    await recorder.open()
    await recorder.identity()
    assert await recorder.read("location") == b"\x01"
    for string in octets:
        link.put("measurement", string)
        await recorder.receive()
        await asyncio.sleep(0.05)
    await recorder.close()
    recording.close()


async def test_what_was_recorded_comes_again(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "strap.jsonl"
    await record(gateway, path, STRAP, BEATS)
    again = ReplayLink(path, gateway.clock, fast=True)
    await again.open()
    assert (await again.identity()).serial == "S1"
    assert await again.read("location") == b"\x01"
    with pytest.raises(LinkRefusedError):
        await again.read("location")
    captures = [capture for _ in BEATS for capture in await again.receive()]
    with pytest.raises(LinkLostError, match="ends here"):
        await again.receive()
    assert [(c.part, c.octets) for c in captures] == [("measurement", beat) for beat in BEATS]


async def test_what_was_missed_is_missed_again(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "strap.jsonl"
    link = ScriptedLink(gateway.clock)
    recording = Recording(STRAP, path)
    recorder = Recorder(link, recording)
    await recorder.identity()
    link.captures.put_lost("measurement", b"\x55", strings=3)
    before = await recorder.receive()
    recording.close()
    again = ReplayLink(path, gateway.clock, fast=True)
    await again.open()
    (missed,) = await again.receive()
    expected = msgspec.structs.replace(before[0], at=missed.at, detail="as recorded")
    assert missed == expected


async def test_a_recording_goes_on_over_connections(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "strap.jsonl"
    recording = Recording(STRAP, path)
    for beat in BEATS:
        link = ScriptedLink(gateway.clock)
        recorder = Recorder(link, recording)
        await recorder.identity()
        link.put("measurement", beat)
        await recorder.receive()
        await recorder.close()
    recording.close()
    assert tuple(line.octets for line in load(path)[1]) == BEATS
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_cannot_be_written_hinders_no_device(
    gateway: Gateway, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recording = Recording(STRAP, tmp_path / "none" / "strap.jsonl")
    driver = gateway.driver(STRAP, lambda: Recorder(link, recording))
    link = ScriptedLink(gateway.clock)
    async with driving(driver):
        link.put("measurement", *BEATS)
        await until(lambda: len(gateway.frames) == 3)
    assert "No such file" in caplog.text


async def test_it_comes_at_the_old_pace(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "strap.jsonl"
    await record(gateway, path, STRAP, BEATS)
    took = [line.ns / 1e9 for line in load(path)[1] if not line.read]
    again = ReplayLink(path, gateway.clock)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await again.open()
    moments: list[float] = []
    for _ in BEATS:
        await again.receive()
        moments.append(loop.time() - began)
    assert moments == pytest.approx(took, abs=0.04)


async def test_a_driver_runs_on_a_file(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "strap.jsonl"
    await record(gateway, path, STRAP, BEATS)
    driver = gateway.driver(STRAP, lambda: ReplayLink(path, gateway.clock, fast=True))
    async with driving(driver):
        await until(lambda: len(gateway.observations("heart-rate")) >= 3)
    values = [int(o.value or 0) for o in gateway.observations("heart-rate")[:3]]
    assert values == [72, 73, 74]


async def test_private_fields_are_blanked(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "strap.jsonl"
    await record(gateway, path, with_private_rate(), (*BEATS, b"\x01"))  # the last is cut short
    _, lines = load(path)
    assert [line.octets for line in lines if not line.read] == [b"\0\0"] * 3


async def test_the_file_is_bounded(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "strap.jsonl"
    await record(gateway, path, STRAP, BEATS, largest=250)
    assert path.stat().st_size <= 250
    assert len(load(path)[1]) >= 1


async def test_what_is_no_capture_file_is_said_to_be_none(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with pytest.raises(FileError):
        load(path)
    path.write_text("{}\n")
    with pytest.raises(FileError, match="is no capture file"):
        load(path)
    with pytest.raises(LinkUnavailableError):
        await ReplayLink(path, gateway.clock).open()


async def test_a_last_line_that_was_cut_off_is_left_out(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "strap.jsonl"
    await record(gateway, path, STRAP, BEATS)
    path.write_bytes(path.read_bytes()[:-5])
    assert len([line for line in load(path)[1] if not line.read]) == 2
