"""WWKS 2.0 against captured traffic, and XML documents that nobody should have sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.model.errors import DecodeError, MalformedError, OverlongError
from edge_drivers.codec import wwks2
from edge_drivers.codec.wwks2_values import (
    Article,
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
from edge_drivers.codec.xml_documents import Documents, Element

TRAFFIC = (Path(__file__).parents[1] / "data/wwks2/traffic.xml").read_bytes()
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
GS = chr(0x1D)


def read(octets: bytes) -> list[Message]:
    return [wwks2.decode(document) for document in Documents().push(octets)]


EXPECTED = [
    Message(
        "StockInfoMessage",
        "1",
        777,
        100,
        Stock((Article("1092857", "LEDERTREXATE COMP  30X2,5MG", 3),)),
    ),
    Message(
        "InputMessage",
        "25001",
        40,
        100,
        Other(
            (
                Article(
                    "1337286",
                    packs=(
                        Pack(
                            "4020241126172643",
                            "B32542",
                            "2029-03-31",
                            "128302034892",
                            f"010541506230323821128302034892{GS}1729033110B32542",
                            "Completed",
                        ),
                    ),
                ),
            )
        ),
    ),
    Message("StatusResponse", "4996", 777, 100, Status("Ready")),
    Message("StockInfoResponse", "5000", 777, 100, Stock((Article("1690510", "", 5),))),
    Message("OutputRequest", "688", 100, 777, Output("", "1690510", 1, "", 2)),
    Message("OutputResponse", "688", 777, 100, Output("Queued", "1690510", 1, "", 2)),
    Message("OutputMessage", "690", 777, 100, Output("Incomplete", articles=(Article("1531417"),))),
    Message(
        "OutputMessage",
        "689",
        777,
        100,
        Output(
            "Completed",
            articles=(
                Article(
                    "1531417",
                    packs=(
                        Pack(
                            "4020241104094007",
                            "4A178B",
                            "",
                            "21157W4HPP",
                            f"010509915191488017261231104A178B{GS}2121157W4HPP",
                        ),
                    ),
                ),
            ),
        ),
    ),
    Message(
        "TaskInfoResponse",
        "3330",
        999,
        100,
        Info(
            (
                Task(
                    "1004",
                    "Completed",
                    (
                        Article(
                            "0004-56-034-G00025T",
                            packs=(Pack("5637", "Omepra0004", "2015-11-05", "PalH09051200001"),),
                        ),
                    ),
                ),
            ),
            details=False,
        ),
    ),
]


def test_captured_traffic_means_what_it_says() -> None:
    assert read(TRAFFIC) == EXPECTED


@given(st.lists(st.integers(1, 400), max_size=40))
def test_however_it_is_split_it_is_the_same(sizes: list[int]) -> None:
    documents, found, rest = Documents(), list[Message](), TRAFFIC
    for size in [*sizes, len(TRAFFIC)]:
        piece, rest = rest[:size], rest[size:]
        found += [wwks2.decode(one) for one in documents.push(piece)]
    assert found == EXPECTED


def test_a_document_is_given_as_soon_as_it_is_whole() -> None:
    documents = Documents()
    assert list(documents.push(b'<?xml version="1.0"?>\n<WWKS a="x>y">')) == []
    assert list(documents.push(b"<K/></WWK")) == []
    assert list(documents.push(b"S>")) == [Element("WWKS", {"a": "x>y"}, (Element("K"),))]


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb">]><WWKS>&b;</WWKS>'
OUTSIDE = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><WWKS/>'


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (BOMB, MalformedError),
        (OUTSIDE, MalformedError),
        (b"<WWKS>&nobody;</WWKS>", MalformedError),
        (b"<WWKS><a></WWKS>", MalformedError),
        (b"hello<WWKS/>", MalformedError),
        (b"<WWKS>" + b"<a>" * 20, OverlongError),
        (b"<WWKS>" + b"<a/>" * 20_001, OverlongError),
        (b"<WWKS>" + b"x" * (2 << 20), OverlongError),
        (b"<" + b"x" * (2 << 20), OverlongError),
        (b"<WWKS>" + b"<!-- x -->" * 200_000, OverlongError),
    ],
    ids=["bomb", "outside", "entity", "tags", "junk", "depth", "many", "text", "tag", "comments"],
)
def test_what_is_no_message_is_refused(octets: bytes, error: type[DecodeError]) -> None:
    with pytest.raises(error):
        list(Documents().push(octets))


@pytest.mark.parametrize(
    "octets",
    [b"<A><B/></A>", b"<WWKS/>", b"<WWKS><A/><B/></WWKS>", b'<WWKS><A Source="x"/></WWKS>'],
)
def test_a_document_that_is_no_message_is_malformed(octets: bytes) -> None:
    with pytest.raises(MalformedError):
        read(octets)


@given(st.binary(max_size=300))
def test_any_octets_give_messages_or_a_decode_error(octets: bytes) -> None:
    documents = Documents()
    for end in (b"", b"</WWKS>", TRAFFIC):
        try:
            for document in documents.push(octets + end):
                wwks2.decode(document)
        except DecodeError:
            return


names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)


@given(names, names, st.integers(0, 999), st.sampled_from(["", GS, "\x02"]))
def test_what_we_say_is_read_by_others(name: str, article: str, packs: int, control: str) -> None:
    said = Message(
        "OutputRequest", name, 100, 777, Output(article=article + control, quantity=packs)
    )
    octets = wwks2.encode(said, NOW)
    (body,) = ET.fromstring(octets)
    criteria = body.find("Criteria")
    assert body.attrib == {"Id": name, "Source": "100", "Destination": "777"}
    if article + control:
        assert criteria is not None
        escaped = "".join(f"\\x{ord(c):02x}" if ord(c) < 32 else c for c in article + control)
        assert criteria.get("ArticleId") == escaped
        assert criteria.get("Quantity") == str(packs)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            Message("HelloRequest", "1", 100, 0, Hello(100, "IMS", "edge", "", ("Output",))),
            '<HelloRequest Id="1" Source="100"><Subscriber Id="100" Type="IMS" Manufacturer="edge"'
            ' ProductInfo="" VersionInfo="2.0"><Capability Name="Output"></Capability>'
            "</Subscriber></HelloRequest>",
        ),
        (
            Message("TaskInfoRequest", "2", 100, 777, Info((Task("688"),))),
            '<TaskInfoRequest Id="2" Source="100" Destination="777" IncludeTaskDetails="True">'
            '<Task Type="Output" Id="688"></Task></TaskInfoRequest>',
        ),
        (
            Message("KeepAliveResponse", "3", 100, 777, KeepAlive()),
            '<KeepAliveResponse Id="3" Source="100" Destination="777"></KeepAliveResponse>',
        ),
        (
            Message("StatusRequest", "4", 100, 777, Status(details=True)),
            '<StatusRequest Id="4" Source="100" Destination="777" IncludeDetails="true">'
            "</StatusRequest>",
        ),
    ],
)
def test_what_we_say_to_the_octet(message: Message, said: str) -> None:
    head = '<WWKS Version="2.0" TimeStamp="2026-11-22T08:00:00Z">'
    assert wwks2.encode(message, NOW).decode() == f"{head}{said}</WWKS>"
