"""The control socket: only who may ask is answered, whatever they send the agent lives."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge_agent.control import channel
from edge_agent.control.answered import AuditReply, BindingsReply, Reply
from edge_agent.control.asked import Bind, Request, Scan, VerifyAudit
from edge_agent.control.channel import NAME, ControlServer, NotRunningError, RefusedError, ask
from edge_agent.model.errors import CommandError

NOBODY = 65534
ASK = (
    "import os, socket, sys; os.setgid(65534); os.setuid(65534)\n"
    "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
    's.send(b\'{"command": "verify-audit"}\\n\', socket.MSG_NOSIGNAL) if sys.argv[2:] else None\n'
    "print(s.makefile().readline())"
)


async def handle(request: Request) -> Reply:
    """The agent's part."""
    match request:
        case VerifyAudit():
            return AuditReply(4096, "d")
        case Scan():
            raise CommandError("there is no radio")
        case Bind():
            raise ZeroDivisionError
        case _:
            return BindingsReply(())


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """A state folder, so deep that its names are too long for an address, with an agent."""
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    async with ControlServer(deep, handle):
        yield deep


async def send(folder: Path, *lines: bytes) -> list[bytes]:
    """Send raw lines; one answer each."""
    handle = os.open(folder, os.O_PATH)
    reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{handle}/{NAME}")
    os.close(handle)
    answers: list[bytes] = []
    for line in lines:
        writer.write(line)
        answers.append(await reader.readline())
    writer.close()
    await writer.wait_closed()
    return answers


async def test_a_question_and_its_answer(folder: Path) -> None:
    assert await asyncio.to_thread(ask, folder, VerifyAudit(), AuditReply) == AuditReply(4096, "d")


async def test_a_refusal_in_the_agents_own_words(folder: Path) -> None:
    with pytest.raises(RefusedError, match="there is no radio"):
        await asyncio.to_thread(ask, folder, Scan(), AuditReply)


async def test_a_failure_is_no_end(folder: Path) -> None:
    with pytest.raises(RefusedError, match="ZeroDivisionError"):
        await asyncio.to_thread(ask, folder, Bind("cuff", "s-1"), BindingsReply)
    assert await asyncio.to_thread(ask, folder, VerifyAudit(), AuditReply) == AuditReply(4096, "d")


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"hello\n",
        b"[]\n",
        b'{"command": "format"}\n',
        b'{"command": "bind"}\n',
        b'{"command": "buffer", "more": 1}\n',
        b"\xff\xfe\n",
    ],
)
async def test_what_is_no_request_is_refused_and_the_next_is_answered(
    folder: Path, line: bytes
) -> None:
    refused, answered = await send(folder, line, b'{"command": "verify-audit"}\n')
    assert "not a request" in json.loads(refused)["error"]
    assert json.loads(answered) == {"ok": {"entries": 4096, "digest": "d"}}


async def test_a_line_without_end_ends_the_conversation_alone(folder: Path) -> None:
    assert await send(folder, b"x" * 200_000) == [b""]
    assert await asyncio.to_thread(ask, folder, VerifyAudit(), AuditReply) == AuditReply(4096, "d")


async def test_a_crowd_is_bounded(folder: Path) -> None:
    sockets = [socket.socket(socket.AF_UNIX) for _ in range(channel.MOST_PEERS)]
    handle = os.open(folder, os.O_PATH)
    for peer in sockets:
        peer.connect(f"/proc/self/fd/{handle}/{NAME}")
    os.close(handle)
    await asyncio.sleep(0.05)
    try:
        with pytest.raises(RefusedError, match="too many"):
            await asyncio.to_thread(ask, folder, VerifyAudit(), AuditReply)
    finally:
        for peer in sockets:
            peer.close()


async def test_the_socket_is_the_agents_users_alone(folder: Path) -> None:
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600


async def test_a_configured_group_may_ask(tmp_path: Path) -> None:
    async with ControlServer(tmp_path, handle, "root"):
        assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o660


async def test_a_group_that_does_not_exist_hinders_nobody(tmp_path: Path) -> None:
    async with ControlServer(tmp_path, handle, "no-such-group"):
        await asyncio.to_thread(ask, tmp_path, VerifyAudit(), AuditReply)


@pytest.mark.parametrize(("group", "answer"), [("", "error"), ("nogroup", "ok")])
async def test_the_kernel_says_who_asks(tmp_path: Path, group: str, answer: str) -> None:
    """Even where file permissions let everybody in."""
    if os.geteuid() != 0:
        group, answer = "", "ok"  # nobody else can be played: we are ourselves
    async with ControlServer(tmp_path, handle, group):
        (tmp_path / NAME).chmod(0o666)
        for folder in (tmp_path, *tmp_path.parents[:3]):
            folder.chmod(folder.stat().st_mode | 0o111)
        program = ASK if os.geteuid() == 0 else ASK.partition("\n")[2]
        done = await asyncio.create_subprocess_exec(
            sys.executable, "-c", f"import socket, sys\n{program}", str(tmp_path / NAME),
            *(["ask"] if answer == "ok" else []),  # who is refused is refused unheard
            stdout=subprocess.PIPE,
        )  # fmt: skip
        said, _ = await done.communicate()
    assert list(msgspec.json.decode(said)) == [answer]


def test_nobody_is_there(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match="no agent answers"):
        ask(tmp_path, VerifyAudit(), AuditReply)
    with pytest.raises(NotRunningError, match="No such file"):
        ask(tmp_path / "none", VerifyAudit(), AuditReply)


async def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / NAME))
    async with ControlServer(tmp_path, handle):
        await asyncio.to_thread(ask, tmp_path, VerifyAudit(), AuditReply)
    assert not (tmp_path / NAME).exists()
