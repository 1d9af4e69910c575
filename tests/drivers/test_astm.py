"""ASTM E1381 as a receiver speaks it: with captures of real analyzers, and on a real line."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.cli.vectors import read_file
from edge_agent.model.errors import StoreFullError
from edge_drivers import codec
from edge_drivers.codec.astm_receiver import AstmReceiver
from edge_drivers.driver import Driver
from edge_drivers.links.astm import AstmLink
from edge_simulators.astm_analyzer import AstmAnalyzer
from edge_simulators.device import Place
from edge_simulators.faults import Fault
from firmware_specs import catalog
from firmware_specs.spec.wires import AstmFraming
from tests.support.gateway import Gateway, driving, until

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"
LOADED = catalog.find("astm-analyzer")
CAPTURES = {
    one.id: bytes.fromhex(one.hex)
    for one in read_file(Path(LOADED.origin).with_suffix(".vectors.json")).vectors
    if one.id in ("astm-abbott_afinion2", "astm-dca_vantage", "astm-cobas_c111")
}
FRAMES = [b"\x02" + one for one in CAPTURES["astm-cobas_c111"].split(b"\x02")[1:]]


def receiver(longest: int = 65536) -> AstmReceiver:
    return AstmReceiver(AstmFraming(longest=longest))


def said(one: AstmReceiver, octets: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """What it gives, and what it answers."""
    messages, _ = one.push(octets)
    return messages, one.answers()


def stripped(octets: bytes) -> bytes:
    """Without what stands between frames."""
    return b"".join(b"\x02" + frame.rstrip(b"\r\n") for frame in octets.split(b"\x02")[1:])


@pytest.mark.parametrize("capture", CAPTURES.values(), ids=CAPTURES)
def test_what_real_analyzers_send_is_taken_whole(capture: bytes) -> None:
    one = receiver()
    assert said(one, ENQ) == ((), ACK)
    messages, answers = said(one, capture)
    assert messages == (stripped(capture),)
    assert answers == ACK * (capture.count(b"\x02") - 1)
    assert one.durable() == ACK
    assert one.durable() == b""
    assert said(one, EOT) == ((), b"")


def test_the_last_frame_is_confirmed_only_when_it_is_durable() -> None:
    one = receiver()
    one.push(ENQ + b"".join(FRAMES[:-1]))
    assert one.answers() == ACK * 7
    (message,), answers = said(one, FRAMES[-1])
    assert answers == b""
    assert message == stripped(CAPTURES["astm-cobas_c111"])
    assert said(one, FRAMES[-1]) == ((), b""), "it asks again: there is still nothing to confirm"
    assert one.durable() == ACK
    assert said(one, FRAMES[-1]) == ((), ACK), "the confirmation was lost"


def test_damage_and_frames_out_of_turn_are_asked_for_again() -> None:
    one = receiver()
    one.push(ENQ)
    one.answers()
    bad = FRAMES[0].replace(b"Roche", b"Rache")
    assert said(one, bad) == ((), NAK)
    assert said(one, FRAMES[1]) == ((), NAK)
    assert said(one, FRAMES[0]) == ((), ACK)
    assert said(one, FRAMES[0]) == ((), ACK)
    assert said(one, FRAMES[1]) == ((), ACK)


def test_a_sender_that_begins_anew_gets_no_confirmation_of_what_it_gave_up() -> None:
    one = receiver()
    one.push(ENQ + CAPTURES["astm-dca_vantage"])
    one.answers()
    assert said(one, ENQ) == ((), ACK)
    assert one.durable() == b""
    assert said(one, CAPTURES["astm-dca_vantage"]) == (
        (stripped(CAPTURES["astm-dca_vantage"]),),
        b"",
    )


def test_what_nobody_announced_and_what_never_ends_is_lost_and_told() -> None:
    one = receiver(longest=64)
    assert one.push(FRAMES[0]) == ((), FRAMES[0].strip(b"\r\n").replace(b"\r", b""))
    assert one.answers() == b""
    one.push(ENQ)
    one.answers()
    endless = b"\x021" + b"x" * 62
    assert one.push(endless + b"yz") == ((), endless + b"yz")
    assert one.answers() == NAK
    assert one.push(FRAMES[4] + EOT)[0] == ()
    broken_off = receiver()
    broken_off.push(ENQ + FRAMES[0])
    assert broken_off.push(EOT) == ((), stripped(FRAMES[0])), "its sender sends all of it again"


@given(
    octets=st.lists(
        st.sampled_from([ENQ, EOT, b"\x02", b"\x03", b"\r", b"1", b"A", *FRAMES]), max_size=24
    ).map(b"".join),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_any_split_gives_and_answers_the_same(octets: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(octets), *(min(cut, len(octets)) for cut in cuts)})
    whole, pieces = receiver(), receiver()
    messages: list[bytes] = []
    lost = answers = b""
    for start, end in pairwise(places):
        found, strays = pieces.push(octets[start:end])
        messages += found
        lost += strays
        answers += pieces.answers()
    assert (tuple(messages), lost) == whole.push(octets)
    assert answers == whole.answers()


@pytest.fixture
async def analyzer(tmp_path: Path) -> AsyncGenerator[AstmAnalyzer]:
    place = Place(alias="cbc", journals=tmp_path)
    analyzer = AstmAnalyzer(place, tmp_path / "line", "CBC-1", every=0, wait=0.5, pause=0.05)
    await analyzer.start()
    yield analyzer
    await analyzer.stop()


def driver(gateway: Gateway, analyzer: AstmAnalyzer) -> Driver:
    port = str(analyzer.reach().link["port"])
    return gateway.driver(
        LOADED, lambda: AstmLink(port, LOADED, "CBC-1", gateway.clock), tag="CBC-1"
    )


def made(folder: Path) -> list[tuple[str, str]]:
    lines = (folder / "cbc.jsonl").read_text().splitlines()
    return [(one["name"], one["octets"]) for one in map(json.loads, lines)]


def recorded(gateway: Gateway) -> list[tuple[str, str]]:
    """As the region has it: what is sent again, for its confirmation was late, has the same id."""
    by_id = {frame.id: frame for frame in gateway.frames}
    return [(frame.name, b"".join(frame.octets).hex()) for frame in by_id.values()]


async def test_every_message_is_recorded_once_through_damage_and_a_full_store(
    analyzer: AstmAnalyzer, gateway: Gateway, tmp_path: Path
) -> None:
    first = driver(gateway, analyzer)
    async with driving(first):
        now = analyzer.clock.now()
        for place, fault in enumerate(
            (Fault("garble", 2), Fault("duplicate", 1), Fault("garble", 1))
        ):
            await analyzer.inflict(fault)
            analyzer.measure(now + timedelta(minutes=place))
            await until(lambda: not analyzer.waiting, seconds=30)
        assert first.diagnostics.counts["malformed"] >= 3
        assert not gateway.missed, "what will be sent again is no gap"
        gateway.failures = [StoreFullError("no room")]
        analyzer.measure(now + timedelta(minutes=9))
        await until(lambda: not analyzer.waiting, seconds=60)
    assert recorded(gateway) == made(tmp_path)


async def test_an_agent_that_dies_before_it_confirms_gets_it_again(
    analyzer: AstmAnalyzer, gateway: Gateway, tmp_path: Path
) -> None:
    analyzer.measure()
    gateway.stalled.clear()
    async with driving(driver(gateway, analyzer)):
        await until(lambda: analyzer.tries > 1, seconds=60)
        assert analyzer.waiting, "nothing is confirmed before it is durable"
        gateway.failures = [StoreFullError("killed")]
        gateway.stalled.set()
    gateway.failures = []
    async with driving(driver(gateway, analyzer)):
        await until(lambda: not analyzer.waiting, seconds=60)
    assert recorded(gateway) == made(tmp_path)


def test_what_it_says_of_a_patient_is_blanked() -> None:
    def message(*texts: str) -> bytes:
        def frame(number: int, text: str) -> bytes:
            body = f"{number}{text}".encode()
            return b"\x02" + body + b"%02X" % (sum(body) % 256)

        return b"".join(frame(place + 1, text) for place, text in enumerate(texts))

    for octets in (
        message("H|\\^&\rP|1||110101199003070011||LI^WEI||19900307|M\rO|1|S1\r\x03"),
        message("H|\\^&\rP|1||110101199003070011||LI^W\x17", "EI||19900307|M\rO|1|S1\r\x03"),
    ):
        (reading,) = codec.compile(LOADED.spec).decode("frame", octets)
        for private in (b"110101", b"LI^W", b"19900307"):
            assert private in octets
            assert private not in reading.octets
        assert b"O|1|S1" in reading.octets
        assert "LI" not in str(reading.fields)
