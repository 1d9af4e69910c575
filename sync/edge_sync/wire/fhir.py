"""The FHIR R4 form: a frame as a transaction of Observations; other records stay the model's JSON.

An order's result is a MedicationDispense (`fhir_dispense`).
After the HL7 Personal Health Device guide (2.0.0, FHIR 4.0.1): one Observation per measurement,
blood pressure with components, MDC codes first and LOINC beside, UCUM units, precision kept; a
conditional create by our own observation id, so that the same measurement is never made twice. Each
entry can stand alone: device and subject are logical references. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Context as DecimalContext
from decimal import Decimal
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from edge_agent.model import codes, forms
from edge_agent.model.bindings import subject_of
from edge_agent.model.codes import Code
from edge_agent.model.commands import CommandResult
from edge_agent.model.frames import Frame
from edge_agent.model.observations import AbsentReason, Component, MeasurementStatus, Observation
from edge_agent.model.waveforms import Channel, Waveform
from edge_sync.wire import fhir_dispense
from edge_sync.wire.context import Context

OBSERVATION: Final = "urn:edge-gateway:observation"
FRAME: Final = "urn:edge-gateway:frame"
NAME: Final = "urn:edge-gateway:name"
KIND: Final = "urn:edge-gateway:kind"
DEVICE: Final = "urn:edge-gateway:device"
SUBJECT: Final = "urn:edge-gateway:subject"
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_PERIOD_DIGITS: Final = DecimalContext(prec=15)

Json = dict[str, object]
_encoder = msgspec.json.Encoder(decimal_format="number")


class _About(msgspec.Struct, frozen=True):
    """What all resources of a frame have in common."""

    frame: Frame
    common: Json
    subject: str
    kinds: Mapping[str, Code]


def bundle(payload: bytes, context: Context, kinds: Mapping[str, Code] = codes.CODES) -> bytes:
    """A row's record as FHIR JSON, where FHIR has a word for it.

    Args:
        payload: the row.
        context: what is known beside it.
        kinds: what each kind of value is called, those that specs declare included.

    Raises:
        WireError: the payload is no record.
        MalformedError: a waveform's block is damaged.
    """
    record = forms.decode(payload)
    if isinstance(record, CommandResult) and record.dispensed:
        return _encoder.encode(fhir_dispense.resource(record, record.dispensed, context.times))
    if not isinstance(record, Frame):
        return payload
    about = _about(record, context, kinds)
    entries = [_entry(o.id, _observation(o, about)) for o in record.observations]
    for waveform in record.waveforms:
        entries += _sampled(waveform, about)
    head: Json = {"resourceType": "Bundle", "identifier": _identifier(FRAME, record.id)}
    return _encoder.encode(head | {"type": "transaction"} | ({"entry": entries} if entries else {}))


def _about(frame: Frame, context: Context, kinds: Mapping[str, Code]) -> _About:
    measured = context.times.measured(frame)
    when = measured.at if measured else None
    subject = when and subject_of(context.bindings, frame.device, frame.slot, when)
    issued = context.times.wall(frame.at)
    common: Json = {"device": {"identifier": _identifier(DEVICE, frame.device)}}
    if when:
        common["effectiveDateTime"] = _in_zone(when, frame.zone).isoformat()
    if issued:
        common["issued"] = issued.isoformat(timespec="milliseconds")
    return _About(frame, common, subject or "", kinds)


def _in_zone(when: datetime, zone: str) -> datetime:
    """The same moment as people of the site write it, where its zone is known."""
    try:
        return when.astimezone(ZoneInfo(zone)) if zone else when
    except (ValueError, ZoneInfoNotFoundError):
        return when


def _observation(observation: Observation, about: _About) -> Json:
    body = _head(observation.id, observation.kind, observation.unit, about)
    early = MeasurementStatus.EARLY_INDICATION in observation.status
    said = [*observation.status, *(f"device: {flag}" for flag in observation.flags)]
    return (
        body
        | {"status": "preliminary" if early else "final"}
        | _value(observation)
        | ({"interpretation": [{"text": word} for word in said]} if said else {})
        | ({"method": {"text": observation.derived.by}} if observation.derived else {})
        | ({"bodySite": {"text": observation.channel}} if observation.channel else {})
        | (
            {"component": [_component(c, about.kinds) for c in parts]}
            if (parts := observation.components)
            else {}
        )
    )


def _head(name: str, kind: str, unit: str, about: _About) -> Json:
    known = about.kinds.get(kind)
    category = known.category if known else codes.IMPERSONAL
    body: Json = {
        "resourceType": "Observation",
        "identifier": [_identifier(OBSERVATION, name), _identifier(NAME, about.frame.name)],
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": category}]}],
        "code": _code(kind, unit, about.kinds),
    } | about.common
    if about.subject and (known is None or known.personal):
        body["subject"] = {"identifier": _identifier(SUBJECT, about.subject)}
    return body


def _component(component: Component, kinds: Mapping[str, Code]) -> Json:
    return {"code": _code(component.kind, component.unit, kinds)} | _value(component)


def _value(item: Observation | Component) -> Json:
    if item.value is not None:
        return {"valueQuantity": _quantity(item.value, item.unit)}
    if item.text:
        return {"valueCodeableConcept": {"text": item.text}}
    if isinstance(item, Observation) and item.components:
        return {}
    reason = item.absent or AbsentReason.UNKNOWN
    return {"dataAbsentReason": {"coding": [{"system": _ABSENT, "code": reason}]}}


def _sampled(waveform: Waveform, about: _About) -> list[Json]:
    entries: list[Json] = []
    signals = zip(waveform.channels, waveform.samples(), strict=True)
    for n, (channel, counts) in enumerate(signals):
        name = f"{waveform.stream}:{waveform.first}:{n}"
        resource = _head(name, channel.kind, channel.unit, about)
        resource["valueSampledData"] = _sampled_data(waveform, channel, counts)
        entries.append(_entry(name, resource))
    return entries


def _sampled_data(waveform: Waveform, channel: Channel, counts: Sequence[int]) -> Json:
    return {
        "origin": _quantity(channel.origin, channel.unit),
        "period": _decimal(1000 / waveform.hertz),
        "factor": channel.scale,
        "dimensions": 1,
        "data": " ".join(map(str, counts)),
    }


def _decimal(number: Fraction) -> Decimal:
    return _PERIOD_DIGITS.divide(Decimal(number.numerator), Decimal(number.denominator))


def _quantity(value: Decimal, unit: str) -> Json:
    body: Json = {"value": value}
    return body | ({"unit": unit, "system": codes.UCUM_SYSTEM, "code": unit} if unit else {})


def _code(kind: str, unit: str, kinds: Mapping[str, Code]) -> Json:
    known = kinds.get(kind)
    if known is None:
        return {"coding": [{"system": KIND, "code": kind}], "text": kind}
    named = (
        (codes.MDC_SYSTEM, str(known.mdc or "")),
        (codes.LOINC_SYSTEM, known.loinc_for(unit)),
        (codes.WST363_SYSTEM, known.wst363),
        (KIND, kind),
    )
    coding = [{"system": system, "code": code} for system, code in named if code]
    return {"coding": coding, "text": known.en}


def _identifier(system: str, value: str) -> Json:
    return {"system": system, "value": value}


def _entry(name: str, resource: Json) -> Json:
    request: Json = {"method": "POST", "url": "Observation"}
    request["ifNoneExist"] = f"identifier={OBSERVATION}|{name}"
    return {"resource": resource, "request": request}
