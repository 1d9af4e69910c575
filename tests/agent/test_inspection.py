"""What a technician sees of the buffer, with an agent and without; an agent on a full disk."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from edge_agent import app
from edge_agent.__main__ import main
from edge_agent.config.settings import Config
from edge_agent.model.errors import StoreCorruptError
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import ClockMapping
from edge_agent.model.records import Lane
from edge_agent.process.clock import BootClock
from edge_agent.process.limits import limits_of
from edge_sync.store import Limits, Store
from tests.support.agent import HEAD, Agent, Configure, until
from tests.support.disks import fill
from tests.support.sync import frame

SMALL = "[buffer]\nfloor_mb = 1\nreserve_mb = 2\nquota_mb = 20\nwaveform_mb = 2\ntelemetry_mb = 1\n"


@pytest.fixture
def config(configure: Configure) -> Config:
    """A configuration whose buffer holds one row in quarantine."""
    config = configure().config
    config.state_dir.mkdir()

    async def put() -> None:
        async with await Store.open(config.buffer) as store:
            await store.deliver([frame(1), frame(2)])
            lane, at = Lane.OBSERVATION, BootClock().now()
            gap = Gap("g", GapReason.QUARANTINED, at, lane=lane, sequences=((1, 1),))
            await store.quarantine.put(lane, 1, "a message of 9 octets", gap)
            clock = ClockMapping("c", at, 1_800_000_000 * 10**9, 1, "ntp")
            silent = GapReason.DEVICE_SILENT
            missing = Gap("h", silent, at, "serial:cuff", at.later(-60 * 10**9), count=3, part="bp")
            await store.deliver([clock, missing])

    asyncio.run(put())
    return config


@pytest.mark.parametrize("runs", [False, True], ids=["alone", "with an agent"])
def test_quarantine_and_requeue(
    config: Config, config_file: Path, capsys: pytest.CaptureFixture[str], *, runs: bool
) -> None:
    agent = Agent(config_file)
    at = ["--config", str(config_file)]
    if runs:
        agent.start()
        until(agent.status)
    try:
        assert main(["quarantine", *at]) == 0
        assert "a message of 9 octets" in capsys.readouterr().out
        assert main(["quarantine", "show", "1", *at]) == 0
        assert frame(1).id in capsys.readouterr().out
        assert main(["quarantine", "show", "7", *at]) == 1
        assert "no row 7" in capsys.readouterr().err
        assert main(["buffer", *at]) == 0
        told = capsys.readouterr().out
        assert "1 records could not be sent" in told
        assert "the latest 2 of 2 gap records" in told
        (line,) = (line for line in told.splitlines() if "serial:cuff bp" in line)
        assert line.split()[2:] == [
            "2027-01-15T07:59:00+00:00",
            "2027-01-15T08:00:00+00:00",
            "device-silent",
            "3",
        ]
        assert "lane observation" in told
        assert ("in flight" in told) == runs
        assert main(["status", *at]) == (0 if runs else 1)
        assert ("WARNING  1 records could not be sent" in capsys.readouterr().out) == runs
        assert main(["requeue", *at]) == 2
        assert main(["requeue", "1", "7", *at]) == 1
        assert "7 stays" in capsys.readouterr().out
        assert main(["quarantine", "list", *at, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == []
        assert main(["requeue", "--all", *at]) == 0
        assert main(["fsck", *at]) == 0
        assert "all is what was written" in capsys.readouterr().out
    finally:
        if runs:
            assert agent.end() == 0


def test_fsck_tells_what_is_wrong_by_its_status(
    config: Config, config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = sqlite3.connect(config.buffer)
    connection.execute("UPDATE outbox SET payload = x'00' WHERE sequence = 2")
    connection.commit()
    connection.close()
    assert main(["fsck", "--config", str(config_file)]) == 1
    assert "observation 2: the payload is not what was written" in capsys.readouterr().out


def test_following_needs_an_agent(
    config: Config, config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config.buffer.exists()
    assert main(["buffer", "--follow", "--config", str(config_file)]) == 1
    assert "no agent answers" in capsys.readouterr().err


def test_the_limits_are_the_configured_ones(configure: Configure) -> None:
    assert limits_of(configure().config) == Limits()
    assert limits_of(configure(SMALL).config).quota == 20_000_000


def test_lanes_that_yield_leave_room_for_those_that_do_not(configure: Configure) -> None:
    with pytest.raises(ExceptionGroup) as refused:
        configure("[buffer]\nquota_mb = 10\n")
    (error,) = refused.value.exceptions
    assert "buffer.quota_mb" in str(error)


async def test_damage_ends_the_agent_so_that_the_next_start_repairs(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "buffer.sqlite") as store:
        await app._beat(store)
        store._writer.damage = "database disk image is malformed"
        with pytest.raises(StoreCorruptError, match="malformed"):
            await app._beat(store)
    assert (tmp_path / "buffer.sqlite-suspect").exists()
    async with await Store.open(tmp_path / "buffer.sqlite"):
        assert not (tmp_path / "buffer.sqlite-suspect").exists()


def test_an_agent_starts_and_stops_on_a_full_disk(small_disk: Path) -> None:
    file = small_disk / "agent.toml"
    file.write_text(HEAD.format(broker="mqtt://127.0.0.1:1") + SMALL)
    agent = Agent(file)
    agent.log = small_disk.with_name("agent.log")
    for full in (False, True):
        if full:
            fill(small_disk)
        agent.start()
        status = until(agent.status)
        assert status
        assert agent.end() == 0
    assert not list(small_disk.glob("state/*.damaged*"))
