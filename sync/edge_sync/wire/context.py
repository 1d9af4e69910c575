"""What is known beside a row when it is sent."""

from __future__ import annotations

import msgspec

from edge_agent.model.bindings import Binding
from edge_agent.model.times import Times


class Context(msgspec.Struct, frozen=True):
    """What a record form may look up.

    Attributes:
        gateway: the gateway's path.
        times: clock mappings, and readings of devices' clocks.
        bindings: all revisions of all bindings.
    """

    gateway: str
    times: Times = Times()
    bindings: tuple[Binding, ...] = ()
