"""Pure codecs: octets and a spec in, values out. No clock, no loop, no log, no I/O.

`compile(spec)` once, then `.decode(part, octets)` for every octet string.
"""

from __future__ import annotations

from edge_drivers.codec.decoder import Decoder
from firmware_specs.spec.types import Spec


def compile(spec: Spec) -> Decoder:  # noqa: A001 (as in `re.compile`, always called as `codec.compile`)
    """The decoder of a spec; worth keeping, as `re.compile` is."""
    return Decoder(spec)
