"""The result of an order for medicine as FHIR R4 (4.0.1) MedicationDispense. Pure.

One resource an outcome: *completed*, *stopped* after a part, *cancelled* where nothing moved and
nothing will, *declined* where an interlock refused it, *unknown*. It can stand alone: the medicine
is contained, with its batch; prescription, subject and dispenser are logical references. The
model's own record is in an extension, so that nothing is lost.
"""

from __future__ import annotations

from typing import Final

import msgspec

from edge_agent.model import codes, forms
from edge_agent.model.commands import CommandResult, Outcome
from edge_agent.model.dispensing import Dispensed
from edge_agent.model.errors import WireError
from edge_agent.model.times import Times

TYPE: Final = "MedicationDispense"
ORDER: Final = "urn:edge-gateway:order"
RECORD: Final = "urn:edge-gateway:record"
DRUG: Final = "urn:edge-gateway:drug"
TRACE: Final = "urn:edge-gateway:trace"
PRESCRIPTION: Final = "urn:edge-gateway:prescription"
_DEVICE: Final = "urn:edge-gateway:device"
_SUBJECT: Final = "urn:edge-gateway:subject"
_PACK: Final = "{pack}"
_STATUS: Final = {
    Outcome.DONE: "completed",
    Outcome.PARTIAL: "stopped",
    Outcome.NOT_DONE: "cancelled",
    Outcome.REFUSED: "declined",
    Outcome.UNKNOWN: "unknown",
}

Json = dict[str, object]


def resource(result: CommandResult, about: Dispensed, times: Times) -> Json:
    """The resource.

    Args:
        result: of the order.
        about: what was ordered.
        times: to tell when it was handed over.
    """
    body: Json = {
        "resourceType": TYPE,
        "id": result.id,
        "contained": [_medication(about)],
        "extension": [{"url": RECORD, "valueString": forms.encode(result).decode()}],
        "identifier": [_identifier(ORDER, result.command)],
        "status": _STATUS[result.outcome],
        "medicationReference": {"reference": "#medication"},
        "subject": {"identifier": _identifier(_SUBJECT, about.subject)},
        "performer": [{"actor": {"identifier": _identifier(_DEVICE, about.device)}}],
        "authorizingPrescription": [{"identifier": _identifier(PRESCRIPTION, about.prescription)}],
        "note": [{"text": f"channel {about.channel}, {about.ordered} ordered"}],
    }
    if result.reason:
        body["statusReasonCodeableConcept"] = {"text": result.reason}
    if result.count is not None:
        body["quantity"] = _packs(result.count)
    when = times.wall(result.at)
    if when and result.outcome in (Outcome.DONE, Outcome.PARTIAL):
        body["whenHandedOver"] = when.isoformat(timespec="milliseconds")
    return body


def _medication(about: Dispensed) -> Json:
    code: Json = {"coding": [{"system": DRUG, "code": about.drug}], "text": about.drug}
    body: Json = {"resourceType": "Medication", "id": "medication", "code": code}
    if about.trace:
        body["identifier"] = [_identifier(TRACE, about.trace)]
    if about.batch:
        body["batch"] = {"lotNumber": about.batch}
    return body


def _packs(count: int) -> Json:
    return {"value": count, "unit": _PACK, "system": codes.UCUM_SYSTEM, "code": _PACK}


def _identifier(system: str, value: str) -> Json:
    return {"system": system, "value": value}


class _Extension(msgspec.Struct):
    url: str
    valueString: str = ""  # noqa: N815 - FHIR's name


class _Dispense(msgspec.Struct, tag=TYPE, tag_field="resourceType"):
    extension: tuple[_Extension, ...] = ()


_decoder = msgspec.json.Decoder(_Dispense)


def record(payload: bytes) -> CommandResult:
    """The model's record in a resource of ours.

    Raises:
        WireError: it is none.
    """
    try:
        extensions = _decoder.decode(payload).extension
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"{TYPE}: {error}") from error
    found = next((one.valueString for one in extensions if one.url == RECORD), "")
    result = forms.decode(found.encode())
    if not isinstance(result, CommandResult):
        raise WireError(f"{TYPE} holds no result")
    return result
