"""A strap that hangs in the air: who looks at the box reads what to do, while it is so."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from edge_agent.__main__ import main
from edge_agent.answering.signals import FRESH_S, advised
from edge_agent.inflow.roster import POOR, DeviceState
from edge_agent.model.devices import LinkState
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.observations import Observation
from edge_signal.values import USABLE
from tests.support.agent import HEAD, Agent, until

SAMPLES, RATE = 73, 130
STRAP = (
    '[[device]]\nalias = "strap"\nspec = "polar-pmd"\nreplay = "flat.jsonl"\nasset_tag = "S-1"\n'
)


def flat(file: Path) -> None:
    """Minutes of a flat line, at five times its pace: PMD data, frame type 0."""
    lines: list[dict[str, object]] = [
        {"format": 1, "spec": "polar-pmd@0", "identity": {"serial": "S-1"}},
        {"ns": 0, "part": "control", "hex": "f00200000000"},  # the ECG is started
    ]
    for at in range(2_000):
        stamp = (at + 1) * SAMPLES * 1_000_000_000 // RATE
        octets = struct.pack("<BQB", 0, stamp, 0) + bytes(3 * SAMPLES)
        lines.append({"ns": at * 110_000_000, "part": "data", "hex": octets.hex()})
    file.write_text("".join(json.dumps(one) + "\n" for one in lines))


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    flat(tmp_path / "flat.jsonl")
    config = tmp_path / "agent.toml"
    config.write_text(HEAD.format(broker="mqtt://127.0.0.1:1") + STRAP)
    running = Agent(config)
    running.start()
    yield running
    running.stop()


def test_devices_and_status_say_what_to_do(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(agent.state.parent / "agent.toml")

    def told(command: str) -> str:
        main([command, "--config", config])
        lines = capsys.readouterr().out.splitlines()
        return next((one for one in lines if one.startswith("signal")), "")

    until(lambda: (status := agent.status()) and status.advice)
    for command in ("devices", "status"):
        sentence = until(partial(told, command))
        assert "strap, I: No signal: check the right arm electrode and left arm" in sentence
        assert "没有信号：请检查右手电极和左手电极和导联线。" in sentence


def window(lead: str, figure: str, *why: str) -> Frame:
    """A frame with the quality of a window."""
    quality = Observation("q", "ecg-quality", lead, Decimal(figure), "1", flags=why)
    return Frame("f", "d", "ecg", "s@0", "n", Instant("b", 0), (b"",), observations=(quality,))


def test_it_is_said_only_while_a_window_is_poor_and_fresh() -> None:
    state = DeviceState("strap", "polar-pmd", link=LinkState.CONNECTED)
    state.count([window("ecg-lead-v1", "0.49", "muscle", "noise"), window("ecg-lead-i", "0.9")])
    (told,) = advised(state, 0.0)
    assert (told.lead, told.reasons) == ("V1", ("muscle", "noise"))
    assert told.en.startswith("Relax arms and shoulders")
    assert advised(state, FRESH_S + 1) == ()
    state.link = LinkState.LOST
    assert advised(state, 0.0) == ()
    state.link = LinkState.CONNECTED
    state.count([window("ecg-lead-v1", "0.50", "noise")])
    assert advised(state, 0.0) == ()


def test_poor_is_what_the_chain_does_not_vouch_for() -> None:
    assert float(POOR) == USABLE
