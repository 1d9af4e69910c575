"""The H10: its control point as documented, and a stream that is the recording."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest

from edge_simulators import pmd
from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.polar import OFFERS, PER_FRAME, RATE, PolarStrap
from edge_simulators.radio import VirtualRadio
from edge_simulators.recordings import recording
from tests.simulators.peers import Central, Client, journalled, next_of

CONTROL = "FB005C81-02E7-F387-1CAD-8ACD2D8DF0C8"
DATA = "FB005C82-02E7-F387-1CAD-8ACD2D8DF0C8"
START = bytes.fromhex("02000001820001010E00")
ENOUGH = 232


@pytest.mark.parametrize(
    ("octets", "streaming", "mtu", "answer", "then"),
    [
        ("0100", False, ENOUGH, "F0010000000001820001010E00", False),
        (START.hex(), False, ENOUGH, "F002000000", True),
        ("0200", False, ENOUGH, "F002000000", True),
        (START.hex(), True, ENOUGH, "F0020006", True),
        (START.hex(), False, 231, "F002000A", False),
        ("0300", True, ENOUGH, "F003000000", False),
        ("0300", False, ENOUGH, "F0030006", False),
        ("02000001C800", False, ENOUGH, "F0020008", False),
        ("020001011000", False, ENOUGH, "F0020007", False),
        ("020002011000", False, ENOUGH, "F0020005", False),
        ("020000018200FF", False, ENOUGH, "F0020004", False),
        ("0202", False, ENOUGH, "F0020202", False),
        ("02", False, ENOUGH, "F0020004", False),
        ("0900", False, ENOUGH, "F0090001", False),
        ("", True, ENOUGH, "F0000001", True),
    ],
)
def test_the_control_point_answers_as_documented(
    octets: str, streaming: bool, mtu: int, answer: str, then: bool
) -> None:
    ecg = frozenset((pmd.ECG,))
    before = ecg if streaming else frozenset[int]()
    said = pmd.command(bytes.fromhex(octets), OFFERS, streaming=before, mtu=mtu)
    assert said.octets.hex().upper() == answer
    assert said.streaming == (ecg if then else frozenset())


async def started(client: Client) -> tuple[asyncio.Queue[bytes], asyncio.Queue[bytes]]:
    """Data and answers of a stream that has been started."""
    answers, data = await client.listen(CONTROL), await client.listen(DATA)
    await client.write(CONTROL, START)
    assert await next_of(answers) == bytes.fromhex("F002000000")
    return data, answers


def samples(frame: bytes) -> list[int]:
    body = frame[10:]
    return [int.from_bytes(body[i : i + 3], "little", signed=True) for i in range(0, len(body), 3)]


async def test_the_stream_is_the_recording(
    radio: VirtualRadio, central: Central, tmp_path: Path
) -> None:
    heart = recording("af")
    strap = PolarStrap(Place(alias="ecg", journals=tmp_path), radio.air, heart)
    await strap.start()
    client = await central.connect(strap.badge.address)
    assert (await client.read(CONTROL))[:2] == b"\x0f\x01"
    data, answers = await started(client)
    frames = [await next_of(data) for _ in range(3)]
    await client.write(CONTROL, b"\x03\x00")
    assert await next_of(answers) == bytes.fromhex("F003000000")
    await strap.stop()
    assert [f[0] for f in frames] == [0, 0, 0]
    assert [len(f) for f in frames] == [229, 229, 229]
    received = [sample for frame in frames for sample in samples(frame)]
    assert received == list(heart.microvolt[: 3 * PER_FRAME])
    times = [struct.unpack_from("<Q", f, 1)[0] for f in frames]
    assert times[2] - times[0] == pytest.approx(2 * PER_FRAME * 1e9 / RATE, abs=1)
    lines = [line for line in journalled(tmp_path, "ecg") if line["part"] == "data"]
    assert [line["octets"] for line in lines[:3]] == [frame.hex() for frame in frames]


async def test_without_contact_there_is_no_signal(radio: VirtualRadio, central: Central) -> None:
    strap = PolarStrap(Place(alias="ecg"), radio.air, recording("normal"))
    await strap.start()
    await strap.inflict(Fault("probe-off", 60))
    data, _ = await started(await central.connect(strap.badge.address))
    assert set(samples(await next_of(data))) == {0}
    await strap.stop()


async def test_heart_rate_follows_the_beats_of_the_recording(
    radio: VirtualRadio, central: Central
) -> None:
    heart = recording("normal")
    strap = PolarStrap(Place(alias="ecg"), radio.air, heart, every=0.05)
    await strap.start()
    queue = await (await central.connect(strap.badge.address)).listen("2A37")
    value = await next_of(queue)
    while not value[0] & 0x10:
        value = await next_of(queue)
    await strap.stop()
    interval = (heart.beats[1] - heart.beats[0]) / heart.rate
    assert struct.unpack_from("<H", value, 2)[0] == round(1024 * interval)
