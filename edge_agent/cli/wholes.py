"""Does what the octets mean agree, whole and exactly, with what somebody expects?

`observations`, `waveforms` and `event` of a vector are in the form that `decode` prints (its
`decode.schema.json`): kind, channel, value with its precision, unit, text, components, reason of
absence, status and flags. What is not said must not be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from edge_agent.cli.decoding import Decoded
from edge_agent.cli.output import Json, about_observation, about_waveform

WHOLES = frozenset({"observations", "waveforms", "event"})
"""Names of `expected` that are no fields, and are compared whole."""


def whole_mismatches(expected: Mapping[str, Any], decoded: Decoded) -> Iterator[str]:
    """Each of the three that is expected and is not so."""
    got = _said(decoded)
    for name in sorted(WHOLES & expected.keys()):
        if expected[name] != got[name]:
            yield f"{name}: expected {_text(expected[name])}, got {_text(got[name])}"


def _said(decoded: Decoded) -> Json:
    readings = [explanation.reading for explanation in decoded.explanations]
    events = [reading.event.name for reading in readings if reading.event]
    return {
        "observations": [about_observation(one) for r in readings for one in r.measured],
        "waveforms": [about_waveform(one) for r in readings for one in r.samples],
        "event": events[0] if events else None,
    }


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
