"""What the publisher is told, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from edge_agent.model.codes import CODES, Code
from edge_agent.model.instants import Instant
from edge_sync.allowance import Limits
from edge_sync.broker import Broker
from edge_sync.wire.topics import Address


class Confirm(StrEnum):
    """What lets a row leave the buffer."""

    RECEIPT = "receipt"
    PUBACK = "puback"


class Settings(msgspec.Struct, frozen=True):
    """What the publisher is told.

    Attributes:
        broker: how it is reached.
        address: this gateway's place.
        root: what topics begin with.
        form: of the records: `compact` or `fhir`.
        kinds: what each kind of value is called, those that specs declare included.
        confirm: what lets a row leave the buffer.
        window: messages without a PUBACK, at most (and never more than the broker allows).
        history_window: of these, messages of history: what an alarm has to wait behind.
        unreceipted: rows of a stream without a receipt, at most.
        batch_rows, batch_octets: of one message; a single row may be larger.
        silence: seconds without a receipt after which rows are sent again; doubles up to 5 min.
        retry: seconds of the first back-off; doubles up to `retry_longest`.
        compress_live: compress live messages too, where each octet costs.
        limits: of the link's use.
        zone: IANA time zone of the site, whose days and hours the limits speak of.
    """

    broker: Broker
    address: Address
    root: str = "edge"
    form: str = "compact"
    kinds: Mapping[str, Code] = CODES
    confirm: Confirm = Confirm.RECEIPT
    window: int = 20
    history_window: int = 4
    unreceipted: int = 4_000
    batch_rows: int = 500
    batch_octets: int = 128 << 10
    silence: float = 10.0
    retry: float = 0.5
    retry_longest: float = 30.0
    compress_live: bool = False
    limits: Limits = Limits()
    zone: str = "UTC"


class Status(msgspec.Struct, frozen=True):
    """How the publisher is doing.

    Attributes:
        connected: whether the broker has us.
        version: 5 or 4 (MQTT 3.1.1); 0 when not connected.
        problem: why it is not connected, or what the broker refuses; "" for none.
        in_flight: messages without a PUBACK.
        unreceipted: rows sent that wait for a receipt.
        published, receipts, resent, refused: messages so far.
        beyond: receipts for rows that never were: of a later life of the file, or wrong.
        strange: receipts of an epoch that this buffer never had: another gateway has our name.
        receipted_at: when the last receipt came, None before the first.
        unsigned: commands that nobody we know has signed for us.
        spent: octets that the link has carried today, both ways.
    """

    connected: bool = False
    version: int = 0
    problem: str = ""
    in_flight: int = 0
    unreceipted: int = 0
    published: int = 0
    receipts: int = 0
    resent: int = 0
    refused: int = 0
    beyond: int = 0
    strange: int = 0
    receipted_at: Instant | None = None
    unsigned: int = 0
    spent: int = 0
