"""How commands speak to the agent that runs: JSON lines on a Unix socket, peers checked, bounded.

The socket is a file of the state folder that only the agent's user (and a configured group) can
open; the kernel says who the peer is, and nobody else is answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import logging
import os
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import TypeVar

import msgspec

from edge_agent.control.answered import Reply
from edge_agent.control.asked import Request
from edge_agent.model.errors import EdgeError

NAME = "control.sock"
LONGEST_LINE = 65_536
MOST_PEERS = 8
PATIENCE_S = 60.0
"""A peer that says nothing for so long is let go, and so long a command waits for its answer."""

Handle = Callable[[Request], Awaitable[Reply]]
R = TypeVar("R", bound=Reply)
_decoder = msgspec.json.Decoder(Request)
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
_log = logging.getLogger(__name__)


class NotRunningError(EdgeError):
    """No agent answers on the control socket."""


class RefusedError(EdgeError):
    """The agent refused a request; the words are its own."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line back: a reply in JSON, or why there is none."""

    ok: msgspec.Raw = msgspec.Raw()
    error: str = ""


class ControlServer:
    """Listens in the state folder while it is open (`async with`).

    Args:
        folder: the state folder.
        handle: answers one request; an `EdgeError` is told to the peer.
        group: name of the Unix group that may ask too; "" for none.
    """

    def __init__(self, folder: Path, handle: Handle, group: str = "") -> None:
        self._folder = folder
        self._handle = handle
        self._group = _group_id(group)
        self._peers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> ControlServer:
        listener = _listen(self._folder, self._group)
        self._server = await asyncio.start_unix_server(
            self._serve, sock=listener, limit=LONGEST_LINE
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        for peer in self._peers:
            peer.cancel()
        (self._folder / NAME).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._peers.add(task)
            task.add_done_callback(self._peers.discard)
        try:
            await self._converse(reader, writer)
        except (OSError, TimeoutError):
            pass  # the peer went away or fell silent
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        refusal = self._refusal(writer.get_extra_info("socket"))
        if refusal:
            await _send(writer, Answer(error=refusal))
            return
        while line := await _line(reader):
            await _send(writer, await self._answer(line))

    def _refusal(self, peer: socket.socket) -> str:
        """Why this peer is not answered; "" when it is."""
        if len(self._peers) > MOST_PEERS:
            return "too many commands at once; try again"
        _, user, group = _CREDENTIALS.unpack(
            peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        )
        if user in (0, os.geteuid()) or self._is_member(user, group):
            return ""
        return "only the agent's user, root and the configured group may ask"

    def _is_member(self, user: int, group: int) -> bool:
        if self._group is None:
            return False
        with contextlib.suppress(KeyError):
            return self._group in os.getgrouplist(pwd.getpwuid(user).pw_name, group)
        return group == self._group

    async def _answer(self, line: bytes) -> Answer:
        try:
            reply = await self._handle(_decoder.decode(line))
        except msgspec.DecodeError as error:
            return Answer(error=f"not a request: {error}")
        except EdgeError as error:
            return Answer(error=str(error))
        except Exception as error:  # noqa: BLE001 - one bad request must not end the agent
            _log.error("a request failed", exc_info=error)
            return Answer(error=f"the agent failed to answer ({type(error).__name__}); see its log")
        return Answer(ok=msgspec.Raw(msgspec.json.encode(reply)))


async def _line(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(PATIENCE_S):
        try:
            return await reader.readline()
        except ValueError:  # longer than LONGEST_LINE
            return b""


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(msgspec.json.encode(answer) + b"\n")
    async with asyncio.timeout(PATIENCE_S):
        await writer.drain()


def ask(folder: Path, request: Request, kind: type[R], patience: float = PATIENCE_S) -> R:
    """Ask the agent that holds the state folder; blocks, for so many seconds at most.

    Raises:
        NotRunningError: nobody answers there.
        RefusedError: it said no.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer, _near(folder) as path:
        peer.settimeout(patience)
        try:
            peer.connect(path)
            with contextlib.suppress(BrokenPipeError):  # refused unheard: why, is there to be read
                peer.sendall(msgspec.json.encode(request) + b"\n")
            line = peer.makefile("rb").readline()
        except OSError as error:
            raise _not_running(folder, error) from error
    if not line:
        raise NotRunningError(f"the agent in {folder} ended before it answered")
    answer = msgspec.json.decode(line, type=Answer)
    if answer.error:
        raise RefusedError(answer.error)
    return msgspec.json.decode(answer.ok, type=kind)


def _not_running(folder: Path, error: OSError) -> NotRunningError:
    return NotRunningError(
        f"no agent answers in {folder} ({error.strerror}); start it with `edge-agent run`"
        " / 网关程序没有应答，请先启动"
    )


def _group_id(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid if name else None
    except KeyError:
        _log.warning("there is no group of the configured name; only the agent's user may ask")
        return None


def _listen(folder: Path, group: int | None) -> socket.socket:
    (folder / NAME).unlink(missing_ok=True)  # we hold the lock: nobody listens there
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    os.fchmod(listener.fileno(), 0o600)  # before it has a name
    with _near(folder) as path:
        listener.bind(path)
    if group is not None:
        os.chown(folder / NAME, -1, group)
        (folder / NAME).chmod(0o660)
    return listener


@contextlib.contextmanager
def _near(folder: Path) -> Generator[str]:
    """A name of the socket that is short enough for an address (108 octets), however deep it is."""
    try:
        handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    except OSError as error:
        raise _not_running(folder, error) from error
    try:
        yield f"/proc/self/fd/{handle}/{NAME}"
    finally:
        os.close(handle)
