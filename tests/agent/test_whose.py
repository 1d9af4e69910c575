"""One reading has one time and one patient, whoever is asked: gateway, wire form or region."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from edge_agent.inflow.whose import is_unbound
from edge_agent.model import forms
from edge_agent.model.bindings import Binding, subject_of
from edge_agent.model.devices import DeviceStatus, LinkState
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.records import Lane, Record, lane_of
from edge_agent.model.times import Times
from edge_sync.region import schema
from edge_sync.region.book import Book
from edge_sync.region.recorder import Recorder
from edge_sync.wire import messages
from edge_sync.wire.context import Context
from edge_sync.wire.forms import form
from edge_sync.wire.messages import Batch
from tests.support.sync import ADDRESS, BOOT, frame

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = 3600 * 10**9
START = Instant(BOOT, 0)
CAME = Instant(BOOT, 5 * HOUR)
CLOCK = ClockMapping("c", START, int((NOON - timedelta(hours=1)).timestamp() * 1e9), 1, "ntp")
DAY_SLOW = DeviceStatus(
    "s",
    "serial:cuff",
    Instant(BOOT, 4 * HOUR),
    LinkState.CONNECTED,
    device_time="2026-11-21T23:00:00",
)  # 15:00 UTC is 23:00 at the site
WANG = Binding("1", "serial:cuff", "wang", "2026-11-01T00:00:00Z", START, "2026-11-22T12:00:00Z")
LI = Binding("2", "serial:cuff", "li", "2026-11-22T12:00:00Z", START)


def stored(device_time: str) -> Frame:
    return msgspec.structs.replace(frame(1), at=CAME, device_time=device_time, zone="Asia/Shanghai")


def at_the_gateway(record: Frame, *known: Record) -> str | None:
    times, bindings = times_of(known), [one for one in known if isinstance(one, Binding)]
    measured = times.measured(record)
    subject = subject_of(bindings, record.device, record.slot, measured.at) if measured else None
    assert is_unbound(record, bindings, times) == (subject is None)
    return subject


def times_of(known: tuple[Record, ...]) -> Times:
    return Times(
        [one for one in known if isinstance(one, ClockMapping)],
        [one for one in known if isinstance(one, DeviceStatus)],
    )


def on_the_wire(record: Frame, *known: Record) -> str | None:
    bindings = tuple(one for one in known if isinstance(one, Binding))
    context = Context(ADDRESS.path, times_of(known), bindings)
    (entry,) = json.loads(form("fhir")(forms.encode(record), context))["entry"]
    subject = entry["resource"].get("subject")
    return subject["identifier"]["value"] if subject else None


def in_the_region(folder: Path, record: Frame, *known: Record) -> str | None:
    payloads = [msgspec.Raw(forms.encode(one)) for one in (*known, record)]
    last = len(payloads)
    batch = Batch(
        messages.VERSION,
        ADDRESS.path,
        "e",
        BOOT,
        Lane.OBSERVATION,
        ((1, last),),
        records=tuple(payloads),
    )
    database = schema.connect(folder / "region.sqlite")
    Recorder(database).record([batch])
    database.close()
    with Book(folder / "region.sqlite") as book:
        (entry,) = book.entries()
    return entry.subject


@pytest.mark.parametrize(
    ("device_time", "known", "subject"),
    [
        ("2026-11-21T21:00:00", (DAY_SLOW,), "li"),  # 13:00 UTC today, and not yesterday
        ("2026-11-21T19:30:00", (DAY_SLOW,), "wang"),  # 11:30 UTC
        ("2026-11-21T21:00:00", (), "wang"),  # its clock is believed
        ("2026-00-00T21:00:00", (DAY_SLOW,), None),
        ("", (DAY_SLOW,), "li"),
    ],
    ids=["after noon", "before noon", "clock not read", "time unknown", "no time told"],
)
def test_one_reading_has_one_patient(
    tmp_path: Path, device_time: str, known: tuple[Record, ...], subject: str | None
) -> None:
    record, context = stored(device_time), (CLOCK, WANG, LI, *known)
    assert at_the_gateway(record, *context) == subject
    assert on_the_wire(record, *context) == subject
    assert in_the_region(tmp_path, record, *context) == subject


def test_a_reading_of_a_clock_takes_the_lane_of_what_it_dates() -> None:
    assert lane_of(DAY_SLOW) is Lane.OBSERVATION
    assert lane_of(msgspec.structs.replace(DAY_SLOW, device_time="")) is Lane.TELEMETRY
