"""Frames as the drivers make them, for what needs frames and no wire."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.model.frames import Frame
from edge_agent.model.seams import Capture
from edge_agent.process.clock import BootClock
from edge_drivers import codec
from edge_drivers.frames import FrameMaker
from edge_drivers.segments import Origin
from firmware_specs import catalog

DEVICE = "asset:bench"


def heart_rates(count: int, epoch: str) -> Iterator[Frame]:
    """Frames of a heart rate strap, one observation each: what a backlog has most of."""
    loaded = catalog.find("heart-rate")
    decoder, clock = codec.compile(loaded.spec), BootClock()
    maker = FrameMaker(Origin(DEVICE, loaded.ref, epoch, "Asia/Shanghai"), loaded.spec)
    for number in range(count):
        capture = Capture("measurement", bytes([0, 50 + number % 100]), clock.now())
        for made in maker.push(capture, decoder.decode(capture.part, capture.octets)):
            yield from made.frames
