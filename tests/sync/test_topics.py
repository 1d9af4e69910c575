"""Topics and addresses."""

import pytest

from edge_agent.model.errors import WireError
from edge_agent.model.records import Lane
from edge_sync.wire import topics
from edge_sync.wire.topics import Address
from tests.support.sync import ADDRESS


def test_a_topic_is_as_the_design_says() -> None:
    assert topics.up("edge", ADDRESS, Lane.ALARM) == "edge/v1/42/01/02/001/003/clinic/gw1/up/alarm"
    assert (
        topics.down("a/b", ADDRESS, topics.RECEIPT)
        == "a/b/v1/42/01/02/001/003/clinic/gw1/down/receipt"
    )


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((), "edge/v1/+/+/+/+/+/+/+/up/+"),
        (("42",), "edge/v1/42/+/+/+/+/+/+/up/+"),
        (("42", "01", "02", "001", "003"), "edge/v1/42/01/02/001/003/+/+/up/+"),
    ],
)
def test_each_level_has_its_subtree(levels: tuple[str, ...], expected: str) -> None:
    assert topics.subtree("edge", *levels) == expected


def test_parsing_gives_back_what_was_made() -> None:
    up = topics.up("a/b", ADDRESS, Lane.WAVEFORM)
    assert topics.parse("a/b", up) == (ADDRESS, "up", "waveform")
    down = topics.down("a/b", ADDRESS, topics.COMMAND)
    assert topics.parse("a/b", down) == (ADDRESS, "down", "command")


@pytest.mark.parametrize(
    "topic",
    ["", "edge/v1/", "other/v1/42/01/02/001/003/clinic/gw1/up/alarm", "edge/v1/42/up/alarm"],
)
def test_foreign_topics_are_refused(topic: str) -> None:
    with pytest.raises(WireError):
        topics.parse("edge", topic)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("province", "4"),
        ("county", "0a"),
        ("township", "01"),
        ("village", "\u0660\u0660\u0661"),
        ("site", "a/b"),
        ("site", ""),
        ("gateway", "+"),
        ("gateway", "诊所"),
    ],
)
def test_an_address_is_checked(part: str, value: str) -> None:
    parts = {name: getattr(ADDRESS, name) for name in ADDRESS.__struct_fields__}
    with pytest.raises(ValueError, match=part):
        Address(**(parts | {part: value}))


@pytest.mark.parametrize("root", ["", "/", "a/", "a/+", "#", "$SYS"])
def test_a_root_is_checked(root: str) -> None:
    with pytest.raises(ValueError, match="topic root"):
        topics.check_root(root)
