"""What WWKS 2.0 messages say: values only."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Pack(msgspec.Struct, frozen=True):
    """One pack of medicine.

    Attributes:
        id: the storage system's own.
        batch: number of its batch.
        expires: ISO 8601 date, "" when not known.
        serial: its serial number or external id.
        scanned: what was scanned from it.
        handling: how its input ended, such as `Completed`; "" in other messages.
    """

    id: str
    batch: str = ""
    expires: str = ""
    serial: str = ""
    scanned: str = ""
    handling: str = ""


class Article(msgspec.Struct, frozen=True):
    """A medicine.

    Attributes:
        id: its code, such as a PZN or a CNK.
        name: for people.
        quantity: packs in stock; None where that is not told.
        packs: those that the message is about.
    """

    id: str
    name: str = ""
    quantity: int | None = None
    packs: tuple[Pack, ...] = ()


class Hello(msgspec.Struct, frozen=True):
    """Who somebody is, and what it can.

    Attributes:
        subscriber: its number, by which messages are addressed.
        type: `IMS` for a pharmacy's system, `Robot` for a storage system.
        manufacturer, product: for people.
        capabilities: kinds of dialogue that it knows.
    """

    subscriber: int
    type: str = ""
    manufacturer: str = ""
    product: str = ""
    capabilities: tuple[str, ...] = ()


class KeepAlive(msgspec.Struct, frozen=True):
    """Somebody is there."""


class Status(msgspec.Struct, frozen=True):
    """How the storage system is.

    Attributes:
        state: `Ready`, `NotReady`, …; "" in a request.
        details: whether its components are asked for.
    """

    state: str = ""
    details: bool = False


class Standing(StrEnum):
    """How far a task is: OutputProcessState of the reference implementation."""

    QUEUED = "Queued"
    IN_PROCESS = "InProcess"
    REJECTED = "Rejected"
    COMPLETED = "Completed"
    INCOMPLETE = "Incomplete"
    ABORTING = "Aborting"
    ABORTED = "Aborted"
    BOX_RELEASED = "BoxReleased"
    UNKNOWN = "Unknown"


def standing(text: str) -> Standing:
    """The standing of that name; `UNKNOWN` for one that nobody has written down."""
    return Standing(text) if text in set(Standing) else Standing.UNKNOWN


class Output(msgspec.Struct, frozen=True):
    """An order for packs, the answer to it, or what became of it.

    Attributes:
        status: its standing, "" in a request.
        article: code of the medicine.
        quantity: packs ordered.
        batch: only of this batch; "" for any.
        destination: where the packs are to come out.
        articles: what came out.
    """

    status: str = ""
    article: str = ""
    quantity: int = 0
    batch: str = ""
    destination: int = 1
    articles: tuple[Article, ...] = ()


class Task(msgspec.Struct, frozen=True):
    """An order that the storage system knows.

    Attributes:
        id: of its request.
        status: its standing; "" in a request.
        articles: what came out so far.
    """

    id: str
    status: str = ""
    articles: tuple[Article, ...] = ()


class Info(msgspec.Struct, frozen=True):
    """What became of tasks.

    Attributes:
        tasks: asked for, or told.
        details: whether their packs are asked for.
    """

    tasks: tuple[Task, ...] = ()
    details: bool = True


class Stock(msgspec.Struct, frozen=True):
    """What is in stock.

    Attributes:
        articles: as told.
        asked: codes that are asked for; none for all.
    """

    articles: tuple[Article, ...] = ()
    asked: tuple[str, ...] = ()


class Other(msgspec.Struct, frozen=True):
    """A message that is only looked at: an input, or one that is not known here."""

    articles: tuple[Article, ...] = ()


Content = Hello | KeepAlive | Status | Output | Info | Stock | Other


class Message(msgspec.Struct, frozen=True):
    """One message.

    Attributes:
        kind: name of its element, such as `OutputRequest`.
        id: by which an answer names its request.
        source: number of who says it.
        destination: number of whom it is for, 0 for nobody in particular.
        content: what it says.
    """

    kind: str
    id: str
    source: int
    destination: int
    content: Content


def packs_of(articles: tuple[Article, ...]) -> tuple[Pack, ...]:
    """All packs of some articles."""
    return tuple(pack for article in articles for pack in article.packs)
