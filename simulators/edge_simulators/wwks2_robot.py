"""A dispensing robot over WWKS 2.0, with all that can go wrong between it and its host.

Written from the protocol's reference implementation and captured traffic (see the codec's sources),
and from nothing of the drivers: XML by the standard library's tree, documents found by their end.
A request of an id that is known already is carried out once more: whoever sends an order twice is
found out by the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast
from xml.etree import ElementTree as ET

_END = b"</WWKS>"
_ROBOT = 777
_HEAD = '<WWKS Version="2.0" TimeStamp="2026-11-22T00:00:00Z">'


@dataclass(slots=True)
class Order:
    """What the robot knows of an order.

    Attributes:
        article, wanted: what was asked for.
        status: its standing, as WWKS names it.
        packs: ids of those that came out.
    """

    article: str
    wanted: int
    status: str = "Queued"
    packs: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Mishaps:
    """How probable each mishap is, from 0 to 1.

    Attributes:
        lose_request: an order is lost before the robot has read it.
        lose_answer: the answer to a request never leaves.
        lose_message: the outcome is never told unasked.
        cut: the connection is cut after a message.
        jam: it stops after a part of the packs.
        reject: it takes no order now.
    """

    lose_request: float = 0.0
    lose_answer: float = 0.0
    lose_message: float = 0.0
    cut: float = 0.0
    jam: float = 0.0
    reject: float = 0.0


class RobotSimulator:
    """A robot.

    Attributes:
        stock: packs of each article.
        orders: by their id; they survive in the memory file.
        journal: the truth: packs that ever came out, by order.

    Args:
        memory: file of what survives a loss of power; None keeps nothing.
        mishaps: what goes wrong, and how often.
        seed: of chance.
        pace: most seconds that a pack takes.
        port: TCP port; 0 takes a free one.
    """

    def __init__(
        self,
        memory: Path | None = None,
        mishaps: Mishaps | None = None,
        seed: int = 1,
        pace: float = 0.02,
        port: int = 0,
    ) -> None:
        self.stock: dict[str, int] = {}
        self.orders: dict[str, Order] = {}
        self.journal: dict[str, list[str]] = {}
        self.mishaps = mishaps or Mishaps()
        self._memory = memory
        self._chance = Random(seed)  # noqa: S311
        self._pace = pace
        self._packs = 0
        self._server: asyncio.Server | None = None
        self._hosts: set[asyncio.StreamWriter] = set()
        self._work: set[asyncio.Task[None]] = set()
        self._port = port

    @property
    def port(self) -> int:
        """On which it listens; the same for its life."""
        return self._port

    async def start(self) -> None:
        """Switch it on; orders that were under way when the power went are aborted."""
        if self._memory and self._memory.exists():
            kept = json.loads(self._memory.read_text())
            self.orders = {name: Order(**one) for name, one in kept["orders"].items()}
        for order in self.orders.values():
            if order.status in ("Queued", "InProcess"):
                order.status = "Aborted"
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = cast("tuple[str, int]", self._server.sockets[0].getsockname())[1]

    async def stop(self) -> None:
        """Pull its plug: what it does stops where it is."""
        for task in list(self._work):
            task.cancel()
        if self._work:
            await asyncio.wait(self._work)
        if self._server:
            self._server.close()
        self.cut()
        if self._server:
            await self._server.wait_closed()

    def cut(self) -> None:
        """Cut all connections."""
        for host in list(self._hosts):
            host.transport.abort()
        self._hosts.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._hosts.add(writer)
        buffer = b""
        with contextlib.suppress(OSError):
            while octets := await reader.read(4096):
                *documents, buffer = (buffer + octets).split(_END)
                for document in documents:
                    self._hear(ET.fromstring(document + _END)[0], writer)  # noqa: S314
        self._hosts.discard(writer)
        writer.close()

    def _hear(self, said: ET.Element, writer: asyncio.StreamWriter) -> None:
        handlers: dict[str, Callable[[ET.Element], str]] = {
            "HelloRequest": lambda _: f'<Subscriber Id="{_ROBOT}" Type="Robot"/>',
            "KeepAliveRequest": lambda _: "",
            "StatusRequest": lambda _: "",
            "StockInfoRequest": lambda _: self._stock(),
            "TaskInfoRequest": self._info,
            "OutputRequest": self._ordered,
        }
        handle = handlers.get(said.tag)
        if handle is None or self._happens(
            self.mishaps.lose_request if said.tag == "OutputRequest" else 0
        ):
            return
        inside, more = handle(said), ' State="Ready"' if said.tag == "StatusRequest" else ""
        answered = said.tag == "HelloRequest" or not self._happens(self.mishaps.lose_answer)
        if answered:
            kind = said.tag.replace("Request", "Response")
            self._tell(kind, said.get("Id", ""), inside, more, writer)
        if self._happens(self.mishaps.cut):
            self.cut()

    def _ordered(self, said: ET.Element) -> str:
        criteria = said.find("Criteria")
        if criteria is None:
            return '<Details Status="Rejected"/>'
        order = Order(criteria.get("ArticleId", ""), int(criteria.get("Quantity", "0")))
        name = said.get("Id", "")
        if self._happens(self.mishaps.reject):
            order.status = "Rejected"
        self.orders[name] = order
        self._keep()
        if order.status == "Queued":
            task = asyncio.create_task(self._carry_out(name, order))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
        return f'<Details Status="{order.status}"/>'

    async def _carry_out(self, name: str, order: Order) -> None:
        order.status, given = "InProcess", 0
        jam = self._chance.randrange(order.wanted) if self._happens(self.mishaps.jam) else None
        while given < order.wanted and self.stock.get(order.article, 0) and given != jam:
            await asyncio.sleep(self._chance.random() * self._pace)
            self._packs += 1
            self.stock[order.article] -= 1
            order.packs.append(f"p{self._packs}")
            self.journal.setdefault(name, []).append(f"p{self._packs}")
            given += 1
            self._keep()
        await asyncio.sleep(self._chance.random() * self._pace)
        order.status = "Completed" if given == order.wanted else "Incomplete"
        self._keep()
        if not self._happens(self.mishaps.lose_message):
            inside = f'<Details Status="{order.status}"/>{_article(order)}'
            for host in self._hosts:
                self._tell("OutputMessage", name, inside, "", host)
                self._tell("StockInfoMessage", "1", self._stock(order.article), "", host)

    def _info(self, said: ET.Element) -> str:
        names = [one.get("Id", "") for one in said.findall("Task")]
        known = {name: self.orders[name] for name in names if name in self.orders}
        return "".join(
            f'<Task Type="Output" Id="{name}" Status="{one.status}">{_article(one)}</Task>'
            for name, one in known.items()
        )

    def _stock(self, *articles: str) -> str:
        names = articles or tuple(self.stock)
        return "".join(
            f'<Article Id="{name}" Quantity="{self.stock.get(name, 0)}"/>' for name in names
        )

    def _tell(
        self, kind: str, name: str, inside: str, more: str, writer: asyncio.StreamWriter
    ) -> None:
        head = f'<{kind} Id="{name}" Source="{_ROBOT}" Destination="100"{more}>'
        writer.write(f"{_HEAD}{head}{inside}</{kind}></WWKS>".encode())

    def _happens(self, probability: float) -> bool:
        return self._chance.random() < probability

    def _keep(self) -> None:
        if self._memory:
            kept: dict[str, Any] = {name: asdict(one) for name, one in self.orders.items()}
            draft = self._memory.with_suffix(".new")
            draft.write_text(json.dumps({"orders": kept}))
            draft.replace(self._memory)


def _article(order: Order) -> str:
    packs = "".join(f'<Pack Id="{pack}"/>' for pack in order.packs)
    return f'<Article Id="{order.article}">{packs}</Article>'
