"""Law 2: the same thing has the same name, whoever read it, whenever, under whichever spec."""

from __future__ import annotations

import pytest

from edge_agent.model import ids
from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.instants import Instant


def test_ids_are_frozen() -> None:
    octets = ids.digest(bytes.fromhex("0048005100400000"))
    name = ids.reported_name(7, "2026-11-22T07:01:00")
    assert name == "seq:7 time:2026-11-22T07:01:00"
    assert ids.observation_id("eui64:0022D00000000001", "blood-pressure", "", name, octets) == (
        "5b80a64e46c7146fd454dd10f34f5afa"
    )


@pytest.mark.parametrize(
    ("sequence", "time", "name"),
    [
        (None, None, None),
        (0, None, "seq:0"),
        (None, "0000-04-17T20:41:59", "time:0000-04-17T20:41:59"),
    ],
)
def test_a_device_names_its_records_as_far_as_it_can(
    sequence: int | None, time: str | None, name: str | None
) -> None:
    assert ids.reported_name(sequence, time) == name


def test_parts_of_a_name_cannot_run_into_each_other() -> None:
    assert ids.record_id("ab", "c") != ids.record_id("a", "bc")


def test_the_digest_of_several_strings_is_that_of_their_whole() -> None:
    assert ids.digest((b"ab", b"c")) == ids.digest(b"abc")


def test_live_data_are_named_by_epoch_boot_and_capture() -> None:
    assert ids.live_name("e1", Instant("b1", 42)) == "live:e1:b1:42"


@pytest.mark.parametrize(
    ("identity", "key"),
    [
        (
            DeviceIdentity(system_id="0022d00000000001", serial="7", address="A"),
            "eui64:0022D00000000001",
        ),
        (DeviceIdentity(serial="7", manufacturer="A&D", address="aa:bb"), "serial:A&D/7"),
        (DeviceIdentity(serial="7", asset_tag="T"), "serial:7"),
        (DeviceIdentity(address="aa:bb:cc:dd:ee:ff", asset_tag="T"), "address:AA:BB:CC:DD:EE:FF"),
        (DeviceIdentity(asset_tag="fridge-1"), "tag:fridge-1"),
    ],
)
def test_a_device_is_called_by_the_best_name_it_has(identity: DeviceIdentity, key: str) -> None:
    assert identity.key == key


def test_a_device_without_any_name_is_refused() -> None:
    with pytest.raises(ValueError, match="asset tag"):
        _ = DeviceIdentity().key
