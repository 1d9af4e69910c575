"""The envelope and the receipt: what one MQTT message holds. Nothing needed is in its properties.

A message is one line of JSON. With `encoding` `zlib` the line is the envelope without its records;
after the newline come the records, a JSON array, as a zlib stream: so a reader always sees with
`head -n 1 | jq` what a message is. Sizes are checked before anything is parsed or inflated. With
`nameless+zlib` the frames among them have no `id`, nor have their observations: it is derived.
"""

from __future__ import annotations

import zlib
from typing import Final

import msgspec

from edge_agent.model.errors import WireError
from edge_agent.model.instants import ClockMapping
from edge_agent.model.records import Lane
from edge_sync.wire import naming, ranges
from edge_sync.wire.ranges import Ranges

VERSION: Final = 1
ZLIB: Final = "zlib"
NAMELESS: Final = "nameless+zlib"
"""As `zlib`, and without the names that a frame's content gives (`naming`); form `compact` only."""
_PACKED: Final = (ZLIB, NAMELESS)
RECEIPT_RANGES: Final = 1_000
"""Ranges of a receipt, at most; a region names far fewer."""
NOT_JSON: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises for octets from outside."""
_LEVEL = 3


class Limits(msgspec.Struct, frozen=True):
    """What a reader is willing to take.

    Attributes:
        message: octets of one message (Mosquitto's own limit is 256 MB).
        inflated: octets of its records after inflating.
        records: how many records.
    """

    message: int = 1 << 20
    inflated: int = 8 << 20
    records: int = 5_000


class Batch(msgspec.Struct, frozen=True, omit_defaults=True, tag="batch", tag_field="type"):
    """Records of one lane, in its order.

    Attributes:
        version: of this envelope.
        gateway: the gateway's path (`topics.Address.path`).
        epoch: name of the gateway's database; sequences count within it.
        boot: the boot in which it was sent.
        lane: the lane.
        sequences: ranges of the records' numbers in the lane, in the order of the records.
        history: it waited while there was no way up.
        clock: what is known of wall time in this boot and in those that the records speak of.
        form: of the records: `compact` (the model's JSON) or `fhir`.
        encoding: `zlib` or `nameless+zlib` when the records follow after the line; else they are
            in it. Whoever decodes sees all names.
        records: the records, each as JSON.
        sent: when it was made ready, by CLOCK_BOOTTIME of `boot` in nanoseconds; 0 for unknown.
    """

    version: int
    gateway: str
    epoch: str
    boot: str
    lane: Lane
    sequences: Ranges
    history: bool = False
    clock: tuple[ClockMapping, ...] = ()
    form: str = "compact"
    encoding: str = ""
    records: tuple[msgspec.Raw, ...] = ()
    sent: int = 0


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True, tag="receipt", tag_field="type"):
    """What of a lane is in the region's record, after its commit.

    Attributes:
        version: of this form.
        gateway: the gateway's path.
        epoch: as in the envelope.
        lane: the lane.
        up_to: from 1 to here nothing is missing: recorded, or named by a gap record.
        ranges: what else is recorded, above `up_to`.
    """

    version: int
    gateway: str
    epoch: str
    lane: Lane
    up_to: ranges.Number
    ranges: Ranges = ()

    def all(self) -> Ranges:
        """All that it confirms."""
        return ranges.merge([(1, self.up_to), *self.ranges])


DEFAULT_LIMITS: Final = Limits()
_encoder = msgspec.json.Encoder()
_batches = msgspec.json.Decoder(Batch)
_receipts = msgspec.json.Decoder(Receipt)
_records = msgspec.json.Decoder(tuple[msgspec.Raw, ...])


def encode(message: Batch | Receipt) -> bytes:
    """A message as octets."""
    if isinstance(message, Batch) and message.encoding in _PACKED:
        line = _encoder.encode(msgspec.structs.replace(message, records=()))
        records = message.records
        if message.encoding == NAMELESS:
            records = tuple(msgspec.Raw(naming.left_out(bytes(one))) for one in records)
        return line + b"\n" + zlib.compress(_encoder.encode(records), _LEVEL)
    return _encoder.encode(message)


def decode_batch(octets: bytes, limits: Limits = DEFAULT_LIMITS) -> Batch:
    """The batch that `encode` was given.

    Raises:
        WireError: beyond the limits, not of this form or version, or its numbers do not add up.
    """
    line, body = _split(octets, limits)
    try:
        batch = _batches.decode(line)
    except NOT_JSON as error:
        raise WireError(f"envelope: {error}") from error
    if batch.encoding not in ("", *_PACKED):
        raise WireError(f"content encoding {batch.encoding[:40]!r} is not known")
    if batch.encoding in _PACKED:
        batch = msgspec.structs.replace(batch, records=_inflate(body, limits))
    batch = _checked(batch, limits)
    if batch.encoding == NAMELESS:
        named = tuple(msgspec.Raw(naming.put_back(bytes(one))) for one in batch.records)
        return msgspec.structs.replace(batch, records=named)
    return batch


def decode_receipt(octets: bytes, limits: Limits = DEFAULT_LIMITS) -> Receipt:
    """The receipt that `encode` was given.

    Raises:
        WireError: beyond the limits, or not of this form or version.
    """
    line, _ = _split(octets, limits)
    try:
        receipt = _receipts.decode(line)
    except NOT_JSON as error:
        raise WireError(f"receipt: {error}") from error
    if receipt.version != VERSION:
        raise WireError(f"receipt of version {receipt.version}, not {VERSION}")
    if len(receipt.ranges) > RECEIPT_RANGES:
        raise WireError(f"a receipt of {len(receipt.ranges)} ranges is beyond {RECEIPT_RANGES}")
    return receipt


def _split(octets: bytes, limits: Limits) -> tuple[bytes, bytes]:
    if len(octets) > limits.message:
        raise WireError(f"a message of {len(octets)} octets is beyond {limits.message}")
    line, _, body = octets.partition(b"\n")
    return line, body


def _inflate(body: bytes, limits: Limits) -> tuple[msgspec.Raw, ...]:
    inflater = zlib.decompressobj()
    try:
        octets = inflater.decompress(body, limits.inflated)
        if not inflater.eof or inflater.unused_data:
            raise WireError(f"records end early, go on, or are beyond {limits.inflated} octets")
        return _records.decode(octets)
    except (zlib.error, *NOT_JSON) as error:
        raise WireError(f"records: {error}") from error


def _checked(batch: Batch, limits: Limits) -> Batch:
    if batch.version != VERSION:
        raise WireError(f"envelope of version {batch.version}, not {VERSION}")
    if len(batch.records) > limits.records:
        raise WireError(f"{len(batch.records)} records are beyond {limits.records}")
    if any(not 0 < first <= last for first, last in batch.sequences):
        raise WireError("sequences are not ranges of numbers from 1")
    if ranges.count(batch.sequences) != len(batch.records):
        raise WireError("there are not as many records as sequences")
    return batch
