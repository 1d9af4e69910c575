"""A decoded string of octets as JSON objects, one a line; `decode.schema.json` says how."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from edge_agent.cli.decoding import Decoded, Explanation
from edge_agent.model.observations import AbsentReason, Observation
from edge_agent.model.waveforms import Channel
from edge_drivers.codec.explain import Explained, Numbers
from edge_drivers.codec.readings import Absent, FieldValue, Samples

Json = dict[str, object]


def lines(decoded: Decoded) -> Iterator[Json]:
    """The objects to print: at least one."""
    if decoded.error is not None:
        yield _error(decoded)
    for explanation in decoded.explanations:
        yield from _reading(decoded, explanation)


def _error(decoded: Decoded) -> Json:
    return {
        "type": "error",
        "device": decoded.spec.device if decoded.spec else None,
        "part": decoded.part,
        "error": decoded.error_name,
        "message": str(decoded.error),
    }


def _reading(decoded: Decoded, explanation: Explanation) -> Iterator[Json]:
    reading = explanation.reading
    device = decoded.spec.device if decoded.spec else None
    whence: Json = {"device": device, "part": reading.part}
    about = _without_empty(
        {
            "sequence": reading.sequence,
            "device_time": reading.device_time,
            "base_time": reading.base_time if reading.base_time != reading.device_time else None,
            "slot": reading.slot,
            "dropped": reading.dropped or None,
            "fields": {name: _field(field) for name, field in explanation.fields.items()},
        }
    )
    for measured in reading.measured:
        yield {"type": "observation", **whence, **about_observation(measured), **about}
    for samples in reading.samples:
        yield {"type": "waveform", **whence, **about_waveform(samples), **about}
    if reading.event or not (reading.measured or reading.samples):
        event = reading.event.name if reading.event else reading.part
        yield {"type": "event", **whence, "event": event, **about}


def about_observation(measured: Observation) -> Json:
    """What an observation says, without whence it is."""
    components = [
        _without_empty(
            {
                "kind": component.kind,
                "value": _number(component.value),
                "unit": component.unit,
                "text": component.text,
                "absent": _reason(component.absent),
            }
        )
        for component in measured.components
    ]
    return _without_empty(
        {
            "kind": measured.kind,
            "channel": measured.channel,
            "value": _number(measured.value),
            "unit": measured.unit,
            "text": measured.text,
            "components": components,
            "absent": _reason(measured.absent),
            "status": [status.value for status in measured.status],
            "flags": list(measured.flags),
        }
    )


def about_waveform(samples: Samples) -> Json:
    """What a waveform says, without whence it is."""
    found: Json = {
        "channels": [_channel(channel) for channel in samples.channels],
        "rate": samples.rate,
        "samples": [list(values) for values in samples.values],
        "valid": samples.valid,
    }
    return found if samples.last_ns is None else {**found, "last_ns": samples.last_ns}


def _channel(channel: Channel) -> Json:
    return {
        "kind": channel.kind,
        "unit": channel.unit,
        "scale": str(channel.scale),
        "origin": str(channel.origin),
    }


def _field(field: Explained) -> Json:
    absent = field.value if isinstance(field.value, Absent) else None
    value = field.value
    return {"raw": _raw(field.raw)} | _without_empty(
        {
            "value": _number(value) if isinstance(value, Decimal) else _numbers(value),
            "unit": field.unit,
            "raw_unit": field.raw_unit,
            "text": field.text,
            "absent": absent.reason.value if absent else None,
            "special": absent.special if absent else None,
        }
    )


def _numbers(value: Decimal | Absent | Numbers | None) -> list[str | None] | None:
    if not isinstance(value, tuple) or not any(isinstance(item, Decimal) for item in value):
        return None
    return [str(item) if isinstance(item, Decimal) else None for item in value]


def _raw(value: FieldValue) -> object:
    match value:
        case tuple():
            return [_raw(item) for item in value]
        case bytes():
            return value.hex().upper()
        case Decimal():
            return str(value)
        case Absent():
            return None
        case _:
            return value


def _number(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _reason(reason: AbsentReason | None) -> str | None:
    return reason.value if reason else None


def _without_empty(values: Json) -> Json:
    return {
        key: value
        for key, value in values.items()
        if value is not None and value not in ("", [], {})
    }


def encode(line: Json) -> str:
    """One object as JSON without line breaks."""
    return msgspec.json.encode(line).decode()
