"""`edge-agent trend`: what a cuff told the real agent, weeks later, for who stands at the box."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from edge_agent.__main__ import main
from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.observations import Component, Observation
from edge_agent.model.records import Lane, Record
from edge_sync.store import Store
from tests.support.agent import HEAD, Agent, until
from tests.support.cuff import MOVED, NAN, Said, capture

CUFF = (
    '[[device]]\nalias = "cuff"\nspec = "blood-pressure"\nreplay = "cuff.jsonl"\n'
    'asset_tag = "C-1"\n\n'
    '[[device]]\nalias = "fridge"\nspec = "xy-md02"\nreplay = "none.jsonl"\nasset_tag = "F-1"\n'
)
ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
DAYS = 8


def week() -> list[Said]:
    """A week that ended yesterday: mornings 150/90, evenings 126/78, and what is none."""
    found: list[Said] = []
    for day in range(DAYS, 0, -1):
        begin = MIDNIGHT - timedelta(days=day)
        for hour, systolic, diastolic in ((7, 150, 90), (20, 126, 78)):
            at = begin + timedelta(hours=hour)
            found += [Said(at, systolic, diastolic),
                      Said(at + timedelta(minutes=1), systolic, diastolic)]  # fmt: skip
    odd = MIDNIGHT - timedelta(days=3, hours=-12)
    return [
        *found,
        Said(odd, 131, 121),
        Said(odd + timedelta(minutes=2), 140, 85, 1, MOVED),
        Said(odd + timedelta(minutes=4), NAN, NAN),
    ]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """An agent that has read the cuff, as a program; it runs."""
    folder = tmp_path_factory.mktemp("box")
    capture(folder / "cuff.jsonl", week())
    config = folder / "agent.toml"
    config.write_text(HEAD.format(broker="mqtt://127.0.0.1:1") + CUFF)
    agent = Agent(config)
    agent.start()
    until(lambda: agent.frames() >= len(week()))
    yield agent
    agent.stop()


@pytest.fixture(scope="module")
def left(box: Agent) -> Path:
    """The same box when the region has everything and no agent runs; its configuration."""
    box.stop()
    asyncio.run(_acknowledge(box.state / "buffer.sqlite"))
    return box.state.parent / "agent.toml"


async def _acknowledge(file: Path) -> None:
    async with await Store.open(file) as store:
        for state in await store.state():
            await store.acknowledge(state.lane, ((1, max(1, state.last)),))
        assert await store.pending(Lane.OBSERVATION) == []


Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command: its status, what it said, what it said of errors."""

    def run(*words: object) -> tuple[int, str, str]:
        status = main(["trend", *map(str, words)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_the_running_agent_is_asked(box: Agent, ask: Ask) -> None:
    status, said, _ = ask("--config", box.state.parent / "agent.toml", "--language", "en")
    assert status == 0
    assert "At home, average        138/84" in said
    assert "Mornings                150/90" in said
    assert "Evenings                126/78" in said


def test_a_week_is_told_after_the_region_has_it(left: Path, ask: Ask) -> None:
    status, said, _ = ask("--config", left, "--device", "cuff")
    assert status == 0
    for words in (
        f"slot 1   {week()[0].at:%Y-%m-%d} - {max(week()).at:%Y-%m-%d}   (Asia/Shanghai)",
        "血压: 28 次",
        "家庭平均                138/84",
        "晨晚差                  +24",
        "晨间增高（≥20）",
        "界值：家庭 135/85，诊室 140/90",
        "未计入: 5",
        "第一天",
        "131/121  数值不合理",
        "未计入: 2",
        "140/85   可疑, 体动",
        "-/-      不是数值",
        "仅供辅助决策，不作诊断。",
    ):
        assert words in said, said
    assert "数据不足" not in said


def test_json_is_for_programs(left: Path, tmp_path: Path, ask: Ask) -> None:
    out = tmp_path / "trend.json"
    assert ask("--config", left, "-o", out) == (0, f"{out}\n", "")
    told = json.loads(out.read_text())
    assert told["pressure"]["home"] == {"systolic": 138.0, "diastolic": 84.0}
    assert (told["pressure"]["enough"], told["pressure"]["phenotype"]) == (True, None)
    assert [why for one in told["refused"] for why in one["why"]] == [
        "questionable",
        "movement",
        "not-a-number",
    ]


@pytest.mark.parametrize("suffix", ["svg", "pdf", "txt"])
def test_a_picture(left: Path, tmp_path: Path, ask: Ask, suffix: str) -> None:
    out = tmp_path / f"trend.{suffix}"
    assert ask("--config", left, "-o", out)[0] == 0
    match suffix:
        case "svg":
            words = "".join(ET.fromstring(out.read_text()).itertext())
            assert "138/84" in words
            assert "slot 1" in words
        case "pdf":
            assert out.read_bytes().startswith(b"%PDF")
        case _:
            assert "138/84" in out.read_text()


@pytest.mark.parametrize(
    ("words", "why", "status"),
    [
        (("--device", "cof"), "no device 'cof' is configured or paired; there is cuff, fridge", 1),
        (("--device", "fridge"), "no blood pressure and no glucose of fridge: readings stay", 1),
        (("--days", 0.01), "there is no reading between", 1),
        (("--patient", "s-9"), "there is no reading of s-9, but of slot 1 (35)", 1),
        (("--kind", "sensor", "-o", "x.svg"), "there is no sensor series, but pressure", 1),
        (("-o", "x.doc"), "nobody knows its form; end it in one of", 2),
        (("-o", "/nowhere/x.txt"), "/nowhere/x.txt: No such file or directory; name another", 2),
    ],
)
def test_what_cannot_be_is_said(
    left: Path, ask: Ask, words: tuple[str, ...], why: str, status: int
) -> None:
    got, said, error = ask("--config", left, *words)
    assert (got, said) == (status, "")
    assert why in error


@pytest.mark.parametrize("days", ["0", "-1", "nan", "inf", "many"])
def test_days_are_a_number_of_them(
    left: Path, ask: Ask, capsys: pytest.CaptureFixture[str], days: str
) -> None:
    with pytest.raises(SystemExit):
        ask("--config", left, "--days", days)
    assert "argument --days" in capsys.readouterr().err


def test_a_damaged_copy_is_left_out(left: Path, ask: Ask) -> None:
    with sqlite3.connect(left.parent / "state" / "buffer.sqlite") as database:
        (row,) = database.execute("SELECT min(id) FROM past").fetchone()
        database.execute("UPDATE past SET crc = crc + 1 WHERE id = ?", (row,))
    try:
        assert "未计入: 4" in ask("--config", left)[1]
    finally:
        with sqlite3.connect(left.parent / "state" / "buffer.sqlite") as database:
            database.execute("UPDATE past SET crc = crc - 1 WHERE id = ?", (row,))


BOOT = "b0070000-0000-4000-8000-000000000000"
SECOND = 10**9
BEGAN = datetime(2026, 3, 2, tzinfo=ZONE)


def frame(device: str, after: timedelta, one: Observation, slot: str = "") -> Frame:
    """A frame with one reading, so long after `BEGAN`."""
    at = Instant(BOOT, int(after.total_seconds()) * SECOND)
    name = f"{device}-{at.ns}"
    return Frame(name, device, "measurement", "s@0", name, at, (b"",), slot=slot,
                 observations=(one,))  # fmt: skip


def glucose(kind: str, at: int, value: str, unit: str = "mmol/L") -> Observation:
    return Observation(f"{kind}-{at}", f"glucose-{kind}", value=Decimal(value), unit=unit)


def region(tmp_path: Path, *records: Record) -> Path:
    """What the region's database gives, one record a line."""
    clock = ClockMapping("c", Instant(BOOT, 0), int(BEGAN.timestamp()) * SECOND, 1000, "ntp")
    file = tmp_path / "records.jsonl"
    file.write_bytes(b"\n".join(map(forms.encode, (*records, clock))))
    return file


def pressure(at: int, systolic: int, unit: str = "mm[Hg]") -> Observation:
    parts = [Component(kind, Decimal(value), unit) for kind, value in
             (("systolic", systolic), ("diastolic", systolic // 2))]  # fmt: skip
    return Observation(f"p-{at}", "blood-pressure", components=tuple(parts))


def test_what_does_not_suffice_is_said(tmp_path: Path, ask: Ask) -> None:
    at_home = [frame("cuff", timedelta(hours=7 + at), pressure(at, 130)) for at in range(3)]
    staff = [frame("clinic", timedelta(hours=14), pressure(9, 20, "kPa"))]
    file = region(tmp_path, *at_home, *staff)
    _, said, _ = ask(file, "--office", "clinic", "--language", "en")
    assert "too little: 3 of 12 readings" in said
    assert "too little: 1 of 2 days" in said
    assert "At the clinic, average  150/75" in said
    assert "Clinic - home           +20/+10" in said


def test_a_sensor_has_time_in_range_and_nights(tmp_path: Path, ask: Ask) -> None:
    """Two weeks of 288 values a day; on the third night an hour at 60 mg/dL; 1 % of 10 mmol/L."""
    step, low = timedelta(minutes=5), range(2 * 288 + 24, 2 * 288 + 36)
    values = [("60" if at in low else "180" if at % 100 == 0 else "108") for at in range(14 * 288)]
    frames = [
        frame("cgm", at * step, glucose("interstitial", at, value, "mg/dL"))
        for at, value in enumerate(values)
    ]
    _, said, _ = ask(region(tmp_path, *frames), "--language", "en")
    assert "Glucose: 4032 readings" in said
    assert "3.0-3.8      0.3 %" in said
    assert "3.9-10.0    99.7 %" in said
    assert "2026-03-04: Nights with low glucose" in said
    assert "too little" not in said
    _, said, _ = ask(region(tmp_path, *frames), "--days", 5, "--language", "en")
    assert "too little: 5 of 14 days" in said or "too little: 6 of 14 days" in said


def test_a_meters_shares_are_not_of_time(tmp_path: Path, ask: Ask) -> None:
    values = ("5.0", "12.0", "3.5", "0.0", "6.1", "NaN")
    frames = [
        frame("meter", timedelta(hours=9 * at), glucose("capillary-plasma", at, value))
        for at, value in enumerate(values)
    ]
    _, said, _ = ask(region(tmp_path, *frames), "--language", "en")
    assert "Glucose: 4 readings" in said
    assert "shares of readings, not of time" in said
    assert "0.0      cannot be" in said
    assert "-/-      no value" in said
    out = tmp_path / "glucose.svg"
    assert ask(region(tmp_path, *frames), "-o", out)[0] == 0
    assert "为读数占比，非时间占比" in out.read_text()


def test_readings_of_several_are_never_drawn_together(tmp_path: Path, ask: Ask) -> None:
    bound = Binding("b", "meter", "s-17", "2026-03-01T00:00:00Z", Instant(BOOT, 0), slot="1")
    frames = [
        frame("meter", timedelta(hours=at), glucose("capillary-plasma", at, "5.5"), slot)
        for at, slot in enumerate(("1", "2", "1", ""))
    ]
    file = region(tmp_path, *frames, bound)
    status, _, error = ask(file)
    assert status == 1
    assert "several: say --patient and one of '' (1), s-17 (2), slot 2 (1)" in error
    assert "血糖: 2 次" in ask(file, "--patient", "s-17")[1]
    assert "血糖: 1 次" in ask(file, "--patient", "")[1]


def test_a_file_that_is_none(tmp_path: Path, ask: Ask) -> None:
    assert ask(tmp_path / "none")[0] == 2
    (tmp_path / "text").write_text("{}\nno record\n")
    status, _, error = ask(tmp_path / "text")
    assert (status, "line 1:" in error) == (1, True)
    (tmp_path / "empty").write_text("")
    assert "no blood pressure and no glucose" in ask(tmp_path / "empty")[2]
    assert "there is no time zone 'X'" in ask(tmp_path / "empty", "--zone", "X")[2]
