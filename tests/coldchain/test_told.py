"""What guards told is said by the doctor, in words and with a remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.answering.examination import Level
from edge_agent.answering.told import SAID, guarded, said
from edge_agent.coldchain import conditions
from edge_agent.control import channel
from edge_agent.control.answered import DeviceReply, DevicesReply
from edge_agent.stock import engine


def answering(*told: str) -> DevicesReply:
    return DevicesReply((DeviceReply("box", "r444a01", "tag:B", told=told),))


def ask(reply: DevicesReply) -> Callable[..., DevicesReply]:
    def answer(*_: object) -> DevicesReply:
        return reply

    return answer


def test_a_swapped_pair_is_a_failure_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = answering("swapped", "temperature-high:upper")
    monkeypatch.setattr(channel, "ask", ask(reply))
    swapped, warm = guarded(Path("state"))
    assert (swapped.check, swapped.level) == ("box", Level.FAIL)
    assert "read in the wrong order" in swapped.remedy
    assert (warm.level, warm.said) == (Level.WARN, "it is too warm (upper)")


def test_without_an_agent_nothing_is_told(tmp_path: Path) -> None:
    assert list(guarded(tmp_path)) == []


def test_everything_that_a_guard_can_tell_has_words() -> None:
    sides = {f"{what}-{side}" for what in ("temperature", "humidity") for side in ("high", "low")}
    contacts = {conditions.DOOR, conditions.MAINS, conditions.SILENT, conditions.SWAPPED}
    stock = {engine.OUT, engine.SHORT, engine.EXPIRES, engine.EXPIRED}
    assert set(SAID) == sides | contacts | stock
    assert said("unheard-of") == ("unheard-of", "look at it")
