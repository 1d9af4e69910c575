"""The durable buffer: one SQLite file."""

from edge_sync.store.homes import CommandState, Devices, Entry, Journal
from edge_sync.store.limits import Limits
from edge_sync.store.rows import Row
from edge_sync.store.store import Store

__all__ = [
    "CommandState",
    "Devices",
    "Entry",
    "Journal",
    "Limits",
    "Row",
    "Store",
]
