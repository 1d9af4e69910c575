"""Polar Measurement Data (PMD): the control point and the frames of a sensor. Pure.

From Polar's online_measurement.pdf and the SDK's tests. The gateway asks on the control point for
settings, starts and stops streams; answers are indicated: `F0`, op code, type, status, "more",
parameters. A frame: measurement type, time stamp of the last sample in nanoseconds since
2000-01-01, frame type, then samples; bit 7 of the frame type says that they are a reference sample
and packed differences.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

ECG, PPG, ACC, PPI = 0, 1, 2, 3
COMPRESSED = 0x80
RATE, RESOLUTION, RANGE, CHANNELS = 0, 1, 2, 4
_WIDTHS = {RATE: 2, RESOLUTION: 2, RANGE: 2, CHANNELS: 1}
"""Octets of a value of each setting."""
_GET_SETTINGS, _START, _STOP = 1, 2, 3
_RESPONSE = 0xF0
_ATT_HEADER = 3
_BLOCK = 255
"""Differences of one block, at most."""

SUCCESS, INVALID_OP, INVALID_TYPE, INVALID_LENGTH, INVALID_PARAMETER = 0, 1, 2, 4, 5
IN_STATE, INVALID_MTU = 6, 10
_REFUSAL = {RATE: 8, RESOLUTION: 7, RANGE: 9, CHANNELS: 11}
"""What a wrong value of each setting is answered with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A stream that a sensor has.

    Attributes:
        settings: the only value that each setting may have.
        octets: of its longest frame.
    """

    settings: Mapping[int, int] = field(default_factory=dict[int, int])
    octets: int = 0

    @property
    def parameters(self) -> bytes:
        """The settings as they are told."""
        return b"".join(
            bytes([setting, 1]) + value.to_bytes(_WIDTHS[setting], "little")
            for setting, value in self.settings.items()
        )


@dataclass(frozen=True, slots=True)
class Said:
    """What the control point answers, and which measurements stream afterwards."""

    octets: bytes
    streaming: frozenset[int]


def features(offers: Mapping[int, Offer]) -> bytes:
    """What reading the control point gives: which measurements there are."""
    return bytes([0x0F, sum(1 << kind for kind in offers)]) + bytes(15)


def command(
    octets: bytes, offers: Mapping[int, Offer], *, streaming: frozenset[int], mtu: int
) -> Said:
    """What a write to the control point does.

    Args:
        octets: op code, measurement type, settings.
        offers: by measurement type.
        streaming: which stream.
        mtu: of the connection (ATT_MTU).
    """
    op, kind = (*octets[:2], 0, 0)[:2]
    status = _status(op, kind, octets, offers, streaming=kind in streaming, mtu=mtu)
    if status != SUCCESS:
        return Said(bytes([_RESPONSE, op, kind, status]), streaming)
    parameters = offers[kind].parameters if op == _GET_SETTINGS else b""
    after = {_START: streaming | {kind}, _STOP: streaming - {kind}}.get(op, streaming)
    return Said(bytes([_RESPONSE, op, kind, SUCCESS, 0]) + parameters, after)


def _status(
    op: int, kind: int, octets: bytes, offers: Mapping[int, Offer], *, streaming: bool, mtu: int
) -> int:
    if op not in (_GET_SETTINGS, _START, _STOP):
        return INVALID_OP
    if len(octets) < 2:
        return INVALID_LENGTH
    if kind not in offers:
        return INVALID_TYPE
    if op == _GET_SETTINGS:
        return INVALID_LENGTH if octets[2:] else SUCCESS
    if streaming == (op == _START):
        return IN_STATE
    if op == _STOP:
        return SUCCESS
    refused = _settings_status(octets[2:], offers[kind].settings)
    return refused or (INVALID_MTU if mtu < offers[kind].octets + _ATT_HEADER else SUCCESS)


def _settings_status(told: bytes, settings: Mapping[int, int]) -> int:
    """Each setting is an id, a count of one, and its value."""
    while told:
        setting, count = (*told[:2], 0)[:2]
        if setting not in settings or count != 1:
            return INVALID_LENGTH if len(told) < 4 else INVALID_PARAMETER
        width = _WIDTHS[setting]
        if len(told) < 2 + width:
            return INVALID_LENGTH
        if int.from_bytes(told[2 : 2 + width], "little") != settings[setting]:
            return _REFUSAL[setting]
        told = told[2 + width :]
    return SUCCESS


def frame(kind: int, nanoseconds: int, form: int, body: bytes) -> bytes:
    """A frame of data; the time is that of the last sample."""
    return struct.pack("<BQB", kind, nanoseconds, form) + body


def deltas(samples: Sequence[Sequence[int]], octets: int) -> bytes:
    """Samples as a reference and blocks of packed differences.

    Args:
        samples: one number a channel each.
        octets: of a channel of the reference sample.
    """
    body = b"".join(value.to_bytes(octets, "little", signed=True) for value in samples[0])
    steps = [[b - a for a, b in zip(one, other, strict=True)] for one, other in pairwise(samples)]
    for at in range(0, len(steps), _BLOCK):
        body += _packed(steps[at : at + _BLOCK])
    return body


def _packed(steps: Sequence[Sequence[int]]) -> bytes:
    """One block: bit width, count, then the differences, the least significant bit first."""
    flat = [step for sample in steps for step in sample]
    width = max(max(step, -step - 1).bit_length() for step in flat) + 1
    packed = sum((step & (1 << width) - 1) << width * place for place, step in enumerate(flat))
    return bytes([width, len(steps)]) + packed.to_bytes((width * len(flat) + 7) // 8, "little")
