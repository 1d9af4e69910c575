"""`edge-agent export` and `edge-region import`, as a technician types them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge_agent import __main__ as agent
from edge_agent.config.settings import json_schema
from edge_sync.region import __main__ as region
from edge_sync.region.book import Book
from edge_sync.store import Store
from tests.support.agent import HEAD
from tests.support.sync import frame

Run = Callable[..., Awaitable[str]]
PROGRAMS = {"edge_agent": agent.main, "edge_sync.region": region.main}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a program here: `await run("edge_agent", "export", …, status=1)`; what it says."""
    monkeypatch.chdir(tmp_path)

    async def start(program: str, *arguments: str, status: int = 0) -> str:
        ended = await asyncio.to_thread(PROGRAMS[program], arguments)
        said = "".join(capsys.readouterr())
        assert ended == status, said
        return said

    return start


async def test_from_a_box_without_network_to_the_record(tmp_path: Path, run: Run) -> None:
    head = HEAD.format(broker="mqtt://127.0.0.1:1")
    (tmp_path / "agent.toml").write_text(head)
    config = ("--config", "agent.toml")
    (tmp_path / "stick").mkdir()
    said = await run("edge_agent", "export", "stick", *config, status=1)
    assert "carry_key_file" in said
    keys = '[region]\ncarry_key_file = "carry-key"\ncommand_keys_file = "keys"'
    (tmp_path / "agent.toml").write_text(head.replace("[region]", keys))
    (tmp_path / "keys").write_text(await run("edge_sync.region", "key", "commands.pem"))
    (tmp_path / "carry-key").write_text(
        await run("edge_sync.region", "key", "--carry", "region.pem")
    )
    assert "there is no buffer" in await run("edge_agent", "export", "stick", *config, status=1)
    (tmp_path / "state").mkdir(exist_ok=True)
    async with await Store.open(tmp_path / "state" / "buffer.sqlite") as store:  # the agent's
        await store.deliver([frame(n) for n in range(1, 11)])
        assert "no folder" in await run("edge_agent", "export", "stock", *config, status=1)
        assert "10 records in 1 new files" in await run("edge_agent", "export", "stick", *config)
        assert "10 were there already" in await run("edge_agent", "export", "stick", *config)
    (tmp_path / "gateways").write_text(await run("edge_agent", "export", "--show-key", *config))
    assert (tmp_path / "state" / "gateway.pem").stat().st_mode & 0o777 == 0o600
    order = ["import", "stick", "region.sqlite", "--carry-key", "region.pem"]
    said = await run("edge_sync.region", *order, "--gateways", "gateways")
    assert "1 files: 10 records are new, 0 were known" in said
    with Book(tmp_path / "region.sqlite") as book:
        assert [found.id for found in book.frames()] == [frame(n).id for n in range(1, 11)]
    said = await run(
        "edge_sync.region", *order, "--gateways", "gateways", "--sign-with", "commands.pem"
    )
    assert "0 records are new, 10 were known" in said
    assert "1 receipts to carry back" in said
    receipts = ("edge_agent", "import-receipts", "stick", *config)
    assert "10 records are at the region and left the buffer" in await run(*receipts)
    async with await Store.open(tmp_path / "state" / "buffer.sqlite") as store:
        assert not any(state.rows for state in await store.state())
    (receipt,) = (tmp_path / "stick").glob("*.receipt")
    receipt.write_bytes(receipt.read_bytes().replace(b'"up_to":10', b'"up_to":99'))
    said = await run(*receipts, status=1)
    assert f"refused {receipt.name}: it is changed, or not signed by a region that we know" in said
    (file,) = (tmp_path / "stick").glob("*.edge")
    file.write_bytes(file.read_bytes()[:-1])
    said = await run("edge_sync.region", *order, "--gateways", "gateways", status=1)
    assert f"refused {file.name}: it is cut off" in said


def test_the_keys_of_a_stick_are_in_the_schema() -> None:
    region = json_schema()["$defs"]["Region"]["properties"]
    assert {"carry_key_file", "command_keys_file"} <= region.keys()
