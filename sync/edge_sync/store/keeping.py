"""Records that have a home of their own beside the outbox, kept in the commit that brings them."""

from __future__ import annotations

import sqlite3

from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.commands import CommandResult
from edge_agent.model.devices import DeviceStatus
from edge_agent.model.instants import ClockMapping, best_mapping
from edge_agent.model.records import Alarm, Record
from edge_sync.store import audit, events
from edge_sync.store.counters import Counters
from edge_sync.store.rows import when

READINGS = 200
"""Readings of its clock that are kept of a device, the latest."""
ALARMS = 1_000
"""Alarms whose moments are remembered, so that waveforms around them go last."""


def keep(
    connection: sqlite3.Connection, counters: Counters, record: Record, payload: bytes
) -> None:
    """Keep a record in its home, if it has one, and audit what is an act."""
    match record:
        case Binding():
            counters.news = True
            _audit(connection, record, payload)
            connection.execute(
                "INSERT OR REPLACE INTO binding (binding, revision, device, payload)"
                " VALUES (?, ?, ?, ?)",
                (record.id, record.revision, record.device, payload),
            )
        case ClockMapping():
            counters.news = True
            _audit(connection, record, payload)
            _keep_clock(connection, record, payload)
        case DeviceStatus() if record.device_time:
            counters.news = True
            _keep_reading(connection, record.device, payload)
        case CommandResult():
            done = connection.execute(
                "UPDATE journal SET result = ?1, state = 'concluded'"
                " WHERE command = ?2 AND result IS NOT ?1",
                (payload, record.command),
            )
            if done.rowcount:  # a result that is told again is nothing new
                _audit(connection, record, payload)
        case Alarm():
            _keep_alarm(connection, record)
        case _:
            return


def _audit(connection: sqlite3.Connection, record: Record, payload: bytes) -> None:
    event = events.of(record, payload)
    if event:
        audit.write(connection, event, when(record))


def _keep_clock(connection: sqlite3.Connection, mapping: ClockMapping, payload: bytes) -> None:
    """One mapping a boot, the best by now, so that the table does not grow with the days."""
    found = connection.execute("SELECT payload FROM clock WHERE boot = ?", (mapping.at.boot,))
    known = [m for (p,) in found if isinstance(m := forms.decode(p), ClockMapping)]
    if best_mapping([*known, mapping], mapping.at) is mapping:
        connection.execute(
            "INSERT OR REPLACE INTO clock (boot, payload) VALUES (?, ?)",
            (mapping.at.boot, payload),
        )


def _keep_reading(connection: sqlite3.Connection, device: str, payload: bytes) -> None:
    connection.execute("INSERT INTO reading (device, payload) VALUES (?, ?)", (device, payload))
    connection.execute(
        "DELETE FROM reading WHERE id IN"
        " (SELECT id FROM reading WHERE device = ? ORDER BY id DESC LIMIT -1 OFFSET ?)",
        (device, READINGS),
    )


def _keep_alarm(connection: sqlite3.Connection, alarm: Alarm) -> None:
    done = connection.execute(
        "INSERT INTO strip (device, boot, ns) VALUES (?, ?, ?)",
        (alarm.device, alarm.at.boot, alarm.at.ns),
    )
    connection.execute("DELETE FROM strip WHERE id <= ?", ((done.lastrowid or 0) - ALARMS,))
