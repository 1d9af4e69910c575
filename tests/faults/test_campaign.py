"""What a campaign runs, and what it says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents import Agent
from beyond import Mosquitto, Region
from campaign import due, main, read
from count import CLASSES, Count
from hardware import Disk, Shim
from link import Link
from report import line, table
from rows import BY_NAME, ROWS, Act, Row
from runs import run


def found(row: str, **other: object) -> dict[str, object]:
    none = dict.fromkeys(CLASSES, 0)
    made = {"stored": 3, "acknowledged": 0, "live": 97}
    return {
        "row": row,
        "made": made,
        "recorded": made,
        "covered": none,
        "lost": none,
        "doubled": none,
        "repeats": 2,
        "disordered": 0,
        "waiting": 0,
        "drain": 1.5,
        "held": True,
        **other,
    }


PARTS = {
    "agent": Agent,
    "agent.disk": Disk,
    "twin": Agent,
    "link": Link,
    "broker": Mosquitto,
    "region": Region,
    "hardware": Shim,
}


def test_every_act_is_something_that_can_happen() -> None:
    for row in ROWS:
        for act in row.acts:
            part, _, name = act.name.rpartition(".")
            assert callable(getattr(PARTS[part], name)), act
        assert row.acts == tuple(sorted(row.acts, key=lambda act: act.at)), row.name
        assert row.acts[-1].at < row.seconds, row.name
    assert len(BY_NAME) == len(ROWS)


def test_a_campaign_goes_on_where_it_was_stopped() -> None:
    rows = [BY_NAME["calm"], BY_NAME["hole-180"]]
    done = [found("calm"), found("calm"), found("hole-180")]
    names = [row.name for row in due(rows, done, None)]
    assert names[:3] == ["hole-180", "calm", "hole-180"]
    assert (names.count("calm"), names.count("hole-180")) == (18, 2)
    assert due(rows, done, 1) == []


def test_the_table_adds_up_and_shows_what_broke(tmp_path: Path) -> None:
    broken = found("calm", lost={"stored": 1, "acknowledged": 0, "live": 4}, held=False, drain=9.0)
    file = tmp_path / "runs.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in (found("calm"), broken)))
    *_, last = table(ROWS, read(file))
    assert last == "| no fault | 2, 1 held | 200 | 200 | 0 | 1, 4 | 0 | 4 | 0 | 5, 9 s |"
    assert "BROKEN" in line(broken)
    assert main(["calm", "--report", "--out", str(file)]) == 1


def test_a_row_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["calm", "storm"])
    assert "no such row: storm" in capsys.readouterr().err


def test_what_holds() -> None:
    none: dict[str, int] = dict.fromkeys(CLASSES, 0)
    some = {"stored": 3, "acknowledged": 0, "live": 97}
    good = Count(some, some, none, none, none, 2, 0, 0)
    assert good.holds
    assert not Count(none, none, none, none, none, 0, 0, 0).holds
    assert not Count(some, some, none, {**none, "live": 1}, none, 0, 0, 0).holds
    assert not Count(some, some, none, none, none, 0, 1, 0).holds
    assert not Count(some, some, none, none, none, 0, 0, 1).holds


def test_cut_off_killed_and_started_again_offline_nothing_is_lost() -> None:
    """A short row of the table, with all that is real in it but the shim."""
    acts = (
        Act(0, "agent.start"),
        Act(4, "link.set", ("cut",)),
        Act(7, "agent.kill"),
        Act(8, "agent.start"),
        Act(12, "link.set", ("open",)),
    )
    ended = run(Row("short", "cut, killed, restarted", 14, acts, polled=10))
    assert ended["held"], line(ended)
    assert ended["made"]["stored"]
    assert ended["made"]["live"]
