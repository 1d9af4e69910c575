"""How orders are given to a dispenser, and how it tells what became of them, as data.

Two styles. A device with a sequence register is told an order (`reserve`), then to carry it out
(`start`), and can be told to forget it (`withdraw`): `[dispensing.sequence]` names the fields of
its own record. One without has a start and a retained count only, and `settle` says how long a
start may still be under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from firmware_specs.spec.table import Name, Slug, Table

OrderValue = Literal["sequence", "tag", "channel", "amount", "life"]
Activity = Literal["idle", "armed", "moving", "starting"]
Ending = Literal["none", "done", "partial", "nothing", "refused"]


class OrderWrite(Table, frozen=True, kw_only=True):
    """A write of an order.

    Attributes:
        part: where it is written.
        values: each field of the part: a number, or the word for what the order says.
    """

    part: Slug
    values: Mapping[Name, int | OrderValue]


class Sequencing(Table, frozen=True, kw_only=True):
    """The device's own record of the order that it carried out last, or has reserved.

    Attributes:
        last: the sequence that was used up last, 16 bits.
        tag: names the order, 32 bits.
        channel, amount: of the order.
        result: how it ended.
        results: raw values of `result`.
        moved: packs that left for it.
    """

    last: Name
    tag: Name
    channel: Name
    amount: Name
    result: Name
    results: Mapping[Ending, int]
    moved: Name


class Dispensing(Table, frozen=True, kw_only=True):
    """Orders.

    Attributes:
        source: document and clause.
        tell: the part that says what became of an order; read in one request.
        state: what the mechanism does.
        states: raw values of `state` that mean so; any other is not believed.
        count: retained count of each channel, of packs that passed the drop sensor.
        channels: how many there are.
        most: packs of one order.
        start: the write that makes it move.
        reserve: the write that tells an order before its start.
        withdraw: the write that uses a sequence up and moves nothing.
        sequence: the fields of its record, of a device with a sequence register.
        interlocks: bit ranges that bar an order while they are set.
        stock: packs in each channel.
        life: seconds after which a reserved order is forgotten.
        settle: seconds after which a start that was sent can no longer take effect.
        patience: seconds for which an outcome is sought before a person is called.
    """

    source: str
    tell: Slug
    state: Name
    states: Mapping[Activity, tuple[int, ...]]
    count: Name
    channels: Annotated[int, msgspec.Meta(ge=1, le=125)]
    most: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    start: OrderWrite
    reserve: OrderWrite | None = None
    withdraw: OrderWrite | None = None
    sequence: Sequencing | None = None
    interlocks: tuple[Name, ...] = ()
    stock: Name = ""
    life: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    settle: Decimal = Decimal(0)
    patience: Decimal = Decimal(120)
