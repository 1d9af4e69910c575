"""A short campaign: orders on real Modbus with bad luck at every step, and the agent killed."""

from __future__ import annotations

from collections import Counter

import pytest

from edge_simulators.faults import Fate
from mischief import BadWire
from orders_campaign import campaign, parse
from verdict import Ending, by_tag, by_time, judge


async def test_a_short_campaign_holds(capsys: pytest.CaptureFixture[str]) -> None:
    options = parse(["--orders", "80", "--seed", "7", "--kill-every", "20"])
    found = await campaign(options)
    table = capsys.readouterr().out
    assert found.holds, table
    assert found.outcomes.total() == 80
    assert found.fallen
    assert "kill -9" in table


async def test_with_the_librarys_retries_it_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BadWire, "fate", unanswered)
    words = "--orders 4 --seed 2 --spec dispenser-plc --chance 0 --often 0.001 --library-retries"
    found = await campaign(parse(words.split()))
    assert found.beyond


def unanswered(_: BadWire) -> Fate:
    return Fate(unanswered=True)


def test_what_a_verdict_finds() -> None:
    amounts = {"done": 2, "partly": 3, "beyond": 1, "lost": 1, "false": 1, "doubt": 1}
    ended = {
        "done": Ending("done", 2),
        "partly": Ending("partial", 1),
        "beyond": Ending("done", 1),
        "false": Ending("not-done", 0),
        "doubt": Ending("unknown", None),
    }
    fallen = Counter({"done": 2, "partly": 1, "beyond": 2, "false": 1, "stranger": 1})
    found = judge(amounts, ended, fallen)
    assert (found.beyond, found.lost) == (("beyond", "stranger"), ("lost",))
    assert found.false == ("beyond", "false")
    assert not found.holds


def test_packs_are_counted_by_tag_or_by_time() -> None:
    drops = [{"at": 5, "tag": 7}, {"at": 15, "tag": 7}, {"at": 16, "tag": 9}, {"at": 17}]
    assert by_tag(drops, {7: "a"}) == {"a": 2, "tag 9": 1}
    assert by_time(drops, [(10, "a"), (16, "b")]) == {"nobody": 1, "a": 1, "b": 2}
