"""Envelopes and receipts: round trips, limits, damage."""

import json
import zlib
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.model import forms
from edge_agent.model.errors import WireError
from edge_agent.model.records import Lane
from edge_sync.wire import messages, naming, ranges
from edge_sync.wire.messages import Batch, Limits, Receipt
from tests.support.sync import ADDRESS, BOOT, frame


def batch(*records: bytes, encoding: str = "", first: int = 1) -> Batch:
    return Batch(
        version=1,
        gateway=ADDRESS.path,
        epoch="e",
        boot=BOOT,
        lane=Lane.OBSERVATION,
        sequences=ranges.of(range(first, first + len(records))),
        history=bool(encoding),
        encoding=encoding,
        records=tuple(map(msgspec.Raw, records)),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(json_values, max_size=8),
    st.sampled_from(["", messages.ZLIB, messages.NAMELESS]),
)
def test_what_is_encoded_comes_back_octet_for_octet(values: list[object], encoding: str) -> None:
    payloads = [json.dumps(value).encode() for value in values]
    back = messages.decode_batch(messages.encode(batch(*payloads, encoding=encoding)))
    assert [bytes(raw) for raw in back.records] == payloads
    assert back.sequences == batch(*payloads).sequences


def test_a_live_message_is_one_line_of_json_with_the_row_as_it_is() -> None:
    row = forms.encode(frame(7))
    octets = messages.encode(batch(row))
    assert row in octets
    assert b"\n" not in octets
    assert json.loads(octets)["records"][0]["observations"][0]["value"] == "36.50"


def test_a_compressed_message_begins_with_a_line_that_says_what_it_is() -> None:
    rows = [forms.encode(frame(n)) for n in range(1, 201)]
    octets = messages.encode(batch(*rows, encoding=messages.ZLIB))
    line, _, body = octets.partition(b"\n")
    assert json.loads(line)["encoding"] == "zlib"
    assert "records" not in json.loads(line)
    assert json.loads(zlib.decompress(body)) == [json.loads(row) for row in rows]
    assert len(octets) < sum(map(len, rows)) / 4


def test_names_that_content_gives_need_not_travel() -> None:
    frames = [frame(n, points=20) for n in range(1, 6)]
    later = {**json.loads(forms.encode(frames[0])), "later": {"id": "kept", "n": 1}}
    rows = [*map(forms.encode, frames), json.dumps(later, separators=(",", ":")).encode()]
    octets = messages.encode(batch(*rows, encoding=messages.NAMELESS))
    assert [bytes(raw) for raw in messages.decode_batch(octets).records] == rows
    travelled = json.loads(zlib.decompress(octets.partition(b"\n")[2]))
    assert not any("id" in one or "id" in one["observations"][0] for one in travelled)
    assert len(octets) < len(messages.encode(batch(*rows, encoding=messages.ZLIB))) / 2


def test_what_only_looks_like_a_frame_stays_as_it_is() -> None:
    good = json.loads(forms.encode(frame(1)))
    for change in ({"octets": 7}, {"observations": [1]}, {"observations": 1}, {"device": None}):
        row = json.dumps({**good, **change}, separators=(",", ":")).encode()
        assert naming.put_back(row) == row


@given(st.binary(max_size=200))
def test_octets_that_are_no_message_are_refused(octets: bytes) -> None:
    for decode in (messages.decode_batch, messages.decode_receipt):
        with pytest.raises(WireError):
            decode(octets)


@given(st.data())
def test_a_damaged_message_never_crashes_the_reader(data: st.DataObject) -> None:
    octets = bytearray(messages.encode(batch(forms.encode(frame(1)), encoding=messages.ZLIB)))
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= data.draw(st.integers(1, 255))
    with suppress(WireError):
        messages.decode_batch(bytes(octets))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(message=100), "beyond 100"),
        (Limits(inflated=1_000), "beyond 1000 octets"),
        (Limits(records=9), "beyond 9"),
    ],
)
def test_limits_hold_before_anything_is_parsed(limits: Limits, said: str) -> None:
    octets = messages.encode(batch(*[b"1" * 500] * 10, encoding=messages.ZLIB))
    with pytest.raises(WireError, match=said):
        messages.decode_batch(octets, limits)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"sequences": [[1, 2]]},
        {"sequences": [[0, 0]]},
        {"sequences": [[2, 1]]},
        {"encoding": "br"},
        {"lane": "gossip"},
        {"epoch": None},
    ],
)
def test_an_envelope_that_does_not_add_up_is_refused(change: dict[str, object]) -> None:
    good = json.loads(messages.encode(batch(b"{}")))
    with pytest.raises(WireError):
        messages.decode_batch(json.dumps(good | change).encode())


def test_unknown_fields_are_no_offence() -> None:
    good = json.loads(messages.encode(batch(b"{}")))
    assert messages.decode_batch(json.dumps(good | {"later": 1}).encode()).epoch == "e"


@given(st.integers(0, 100), st.sets(st.integers(101, 150)))
def test_receipts_come_back(upto: int, above: set[int]) -> None:
    receipt = Receipt(1, ADDRESS.path, "e", Lane.ALARM, upto, ranges.of(above))
    assert messages.decode_receipt(messages.encode(receipt)) == receipt
    assert receipt.all() == ranges.merge([(1, upto), *ranges.of(above)])


def test_a_receipt_of_too_many_ranges_is_refused() -> None:
    many = tuple((n, n) for n in range(2, 2_004, 2))
    receipt = Receipt(1, ADDRESS.path, "e", Lane.ALARM, 0, many)
    with pytest.raises(WireError, match="1001 ranges"):
        messages.decode_receipt(messages.encode(receipt))
    fewer = msgspec.structs.replace(receipt, ranges=many[1:])
    assert messages.decode_receipt(messages.encode(fewer)) == fewer


@pytest.mark.parametrize("number", [1 << 63, 1 << 70, -1])
def test_numbers_that_no_database_holds_are_refused(number: int) -> None:
    receipt = Receipt(1, ADDRESS.path, "e", Lane.ALARM, number)
    with pytest.raises(WireError):
        messages.decode_receipt(messages.encode(receipt))
