r"""WWKS 2.0 messages: what a storage system (a dispensing robot) and its host say to each other.

    <WWKS Version="2.0" TimeStamp="2024-11-26T16:28:21Z">
      <OutputRequest Id="688" Source="100" Destination="777">…</OutputRequest>
    </WWKS>

Sources: WWKS2 protocol and reference implementation of the Pharma Communication Group (BD Rowa),
github.com/PharmaCommunicationGroup/WWKS2; real traffic in
github.com/MT-TISI/wwks2-ads-gateway, tests/wwks2_messages.txt.

Rules: unknown messages, elements and attributes are no error; a number that is none is. Characters
that XML cannot hold (the separator of a GS1 code) come as `\x1d` and are given back so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from xml.sax.saxutils import quoteattr

from edge_agent.model.errors import MalformedError
from edge_drivers.codec.wwks2_values import (
    Article,
    Content,
    Hello,
    Info,
    KeepAlive,
    Message,
    Other,
    Output,
    Pack,
    Status,
    Stock,
    Task,
)
from edge_drivers.codec.xml_documents import Element

ROOT, VERSION = "WWKS", "2.0"
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

Fields = Mapping[str, str]
Said = tuple[Fields, tuple[Element, ...]]


def decode(document: Element) -> Message:
    """What a document says.

    Raises:
        MalformedError: it is no WWKS message, or a number in it is none.
    """
    if document.name != ROOT or len(document.children) != 1:
        raise MalformedError(f"{document.name} is no WWKS message")
    (body,) = document.children
    head = (body.name, _text(body, "Id"), _number(body, "Source"), _number(body, "Destination"))
    return Message(*head, _READERS.get(body.name, _other)(body))


def encode(message: Message, now: datetime) -> bytes:
    """A message as a document; `now` is UTC."""
    fields, children = _said(message.content, asks=message.kind.endswith("Request"))
    head = {"Id": message.id, "Source": str(message.source)}
    if message.destination:
        head["Destination"] = str(message.destination)
    body = Element(message.kind, head | dict(fields), children)
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _written(Element(ROOT, {"Version": VERSION, "TimeStamp": stamp}, (body,))).encode()


# Reading


def _hello(body: Element) -> Hello:
    subscriber = body.first("Subscriber")
    capabilities = tuple(_text(one, "Name") for one in subscriber.all("Capability"))
    return Hello(
        _number(subscriber, "Id"),
        _text(subscriber, "Type"),
        _text(subscriber, "Manufacturer"),
        _text(subscriber, "ProductInfo"),
        capabilities,
    )


def _status(body: Element) -> Status:
    return Status(_text(body, "State"), _text(body, "IncludeDetails").lower() == "true")


def _output(body: Element) -> Output:
    details, criteria = body.first("Details"), body.first("Criteria")
    return Output(
        status=_text(details, "Status"),
        article=_text(criteria, "ArticleId"),
        quantity=_number(criteria, "Quantity"),
        batch=_text(criteria, "BatchNumber"),
        destination=_number(details, "OutputDestination"),
        articles=_articles(body),
    )


def _info(body: Element) -> Info:
    tasks = tuple(
        Task(_text(one, "Id"), _text(one, "Status"), _articles(one)) for one in body.all("Task")
    )
    return Info(tasks, _text(body, "IncludeTaskDetails").lower() == "true")


def _stock(body: Element) -> Stock:
    criteria = tuple(_text(one, "ArticleId") for one in body.all("Criteria"))
    return Stock(_articles(body), criteria)


def _other(body: Element) -> Other:
    return Other(_articles(body))


_READERS: Mapping[str, Callable[[Element], Content]] = MappingProxyType(
    {
        "HelloRequest": _hello,
        "HelloResponse": _hello,
        "KeepAliveRequest": lambda _: KeepAlive(),
        "KeepAliveResponse": lambda _: KeepAlive(),
        "StatusRequest": _status,
        "StatusResponse": _status,
        "OutputRequest": _output,
        "OutputResponse": _output,
        "OutputMessage": _output,
        "TaskInfoRequest": _info,
        "TaskInfoResponse": _info,
        "StockInfoRequest": _stock,
        "StockInfoResponse": _stock,
        "StockInfoMessage": _stock,
    }
)


def _articles(body: Element) -> tuple[Article, ...]:
    return tuple(
        Article(
            _text(one, "Id"),
            _text(one, "Name"),
            _number(one, "Quantity") if "Quantity" in one.attributes else None,
            tuple(_pack(pack) for pack in one.all("Pack")),
        )
        for one in body.all("Article")
    )


def _pack(one: Element) -> Pack:
    return Pack(
        id=_text(one, "Id"),
        batch=_text(one, "BatchNumber"),
        expires=_text(one, "ExpiryDate"),
        serial=_text(one, "SerialNumber") or _text(one, "ExternalId"),
        scanned=_text(one, "ScanCode"),
        handling=_text(one.first("Handling"), "Input"),
    )


def _text(element: Element, name: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), element.attributes.get(name, ""))


def _number(element: Element, name: str) -> int:
    text = element.attributes.get(name) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise MalformedError(f"{element.name} {name} is {text[:32]!r}, which is no number")
    return int(text)


# Writing


def _said(content: Content, *, asks: bool) -> Said:
    """Attributes and elements of a message."""
    match content:
        case Hello():
            return {}, (_subscriber(content),)
        case Status():
            return _status_said(content, asks=asks), ()
        case Output():
            return {}, tuple(_ordered(content))
        case Info():
            fields = {"Type": "Output"}
            tasks = tuple(Element("Task", {**fields, "Id": one.id}) for one in content.tasks)
            return {"IncludeTaskDetails": str(content.details)}, tasks
        case Stock():
            criteria = tuple(Element("Criteria", {"ArticleId": one}) for one in content.asked)
            return {"IncludePacks": "False", "IncludeArticleDetails": "False"}, criteria
        case _:
            return {}, ()


def _status_said(status: Status, *, asks: bool) -> Fields:
    return {"IncludeDetails": str(status.details).lower()} if asks else {"State": status.state}


def _subscriber(hello: Hello) -> Element:
    fields = {
        "Id": str(hello.subscriber),
        "Type": hello.type,
        "Manufacturer": hello.manufacturer,
        "ProductInfo": hello.product,
        "VersionInfo": VERSION,
    }
    names = tuple(Element("Capability", {"Name": name}) for name in hello.capabilities)
    return Element("Subscriber", fields, names)


def _ordered(output: Output) -> Iterator[Element]:
    details = {"Priority": "Normal", "OutputDestination": str(output.destination)}
    yield Element("Details", details | ({"Status": output.status} if output.status else {}))
    criteria = {"ArticleId": output.article, "Quantity": str(output.quantity)}
    if output.article:
        yield Element(
            "Criteria", criteria | ({"BatchNumber": output.batch} if output.batch else {})
        )


def _written(element: Element) -> str:
    fields = "".join(f" {name}={_quoted(text)}" for name, text in element.attributes.items())
    inside = "".join(map(_written, element.children))
    return f"<{element.name}{fields}>{inside}</{element.name}>"


def _quoted(text: str) -> str:
    return quoteattr(_CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text))
