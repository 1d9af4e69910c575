"""Records, clocks and waiting, for the tests of sync."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal

import sqlite_utils  # noqa: F401  # pyright: ignore[reportUnusedImport] - loaded, files are made faster

from edge_agent.model import ids
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.observations import Component, Observation
from edge_sync.wire.topics import Address

BOOT = "5f0c8d3e-0000-4000-8000-000000000001"
ADDRESS = Address("42", "01", "02", "001", "003", "clinic", "gw1")


class Clock:
    """A clock of one boot."""

    def __init__(self, boot: str = BOOT) -> None:
        self.boot = boot

    def now(self) -> Instant:
        return Instant(self.boot, time.monotonic_ns())


def frame(
    n: int, *, device: str = "serial:cuff", name: str = "", octets: bytes = b"", points: int = 1
) -> Frame:
    """The n-th frame of a device, with so many observations."""
    given = name or f"seq:{n}"
    raw = octets or n.to_bytes(4, "big")
    digest = ids.digest(raw)
    return Frame(
        id=ids.frame_id(device, "measurement", given, digest),
        device=device,
        part="measurement",
        spec="cuff@0123456789ab",
        name=given,
        at=Instant(BOOT, 1_000_000_000 + n),
        octets=(raw,),
        observations=tuple(
            Observation(
                id=ids.observation_id(device, "body-temperature", str(k), given, digest),
                kind="body-temperature",
                channel=str(k),
                value=Decimal("36.50"),
                unit="Cel",
            )
            for k in range(points)
        ),
    )


def pressure(n: int, systolic: str = "120", diastolic: str = "80") -> Observation:
    """A blood pressure."""
    return Observation(
        id=f"{n:032x}",
        kind="blood-pressure",
        components=(
            Component("systolic", Decimal(systolic), "mm[Hg]"),
            Component("diastolic", Decimal(diastolic), "mm[Hg]"),
        ),
    )


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], patience: float = 120.0
) -> None:
    """Wait until a condition holds; fails when it does not in time."""
    deadline = time.monotonic() + patience
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return
        assert time.monotonic() < deadline, "it did not come to pass in time"
        await asyncio.sleep(0.02)
