"""The FHIR form of a frame."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.codes import CODES, Code
from edge_agent.model.commands import CommandResult, Outcome
from edge_agent.model.devices import DeviceStatus, LinkState
from edge_agent.model.dispensing import Dispensed
from edge_agent.model.errors import WireError
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.observations import AbsentReason, MeasurementStatus, Observation
from edge_agent.model.records import Lane, Record
from edge_agent.model.times import Times
from edge_agent.model.waveforms import Channel, Waveform, pack
from edge_sync.region.reading import Arrived, read
from edge_sync.wire import fhir_dispense
from edge_sync.wire.context import Context
from edge_sync.wire.forms import form
from edge_sync.wire.messages import Batch
from tests.support.sync import ADDRESS, BOOT, frame, pressure

NOON = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp() * 1e9)
CONTEXT = Context(
    ADDRESS.path,
    Times([ClockMapping("c", Instant(BOOT, 1_000_000_000), NOON, 1, "ntp")]),
    (Binding("b", "serial:cuff", "subject-7", "2026-11-22T00:00:00Z", Instant(BOOT, 0)),),
)


def formed(record: Record, context: Context = CONTEXT) -> dict[str, Any]:
    octets = form("fhir")(forms.encode(record), context)
    found: dict[str, Any] = json.loads(octets, parse_float=Decimal)
    return found


def only(record: Record, context: Context = CONTEXT) -> dict[str, Any]:
    (entry,) = formed(record, context)["entry"]
    resource: dict[str, Any] = entry["resource"]
    return resource


def of(*observations: Observation, **changes: str) -> Record:
    return msgspec.structs.replace(frame(1), observations=observations, **changes)


def test_a_pressure_is_one_observation_with_components() -> None:
    resource = only(of(pressure(1, "120", "80.0")))
    assert resource["code"]["coding"][:2] == [
        {"system": "urn:iso:std:iso:11073:10101", "code": "150020"},
        {"system": "http://loinc.org", "code": "85354-9"},
    ]
    assert "valueQuantity" not in resource
    assert [c["code"]["coding"][1]["code"] for c in resource["component"]] == ["8480-6", "8462-4"]
    assert resource["component"][1]["valueQuantity"] == {
        "value": Decimal("80.0"),
        "unit": "mm[Hg]",
        "system": "http://unitsofmeasure.org",
        "code": "mm[Hg]",
    }


def test_trailing_zeros_survive_as_numbers() -> None:
    octets = form("fhir")(forms.encode(frame(1)), CONTEXT)
    assert b'"value":36.50,' in octets


def test_who_when_and_by_which_device() -> None:
    resource = only(frame(1))
    assert resource["subject"]["identifier"]["value"] == "subject-7"
    assert resource["device"]["identifier"]["value"] == "serial:cuff"
    assert resource["effectiveDateTime"] == "2026-11-22T12:00:00+00:00"
    assert resource["identifier"][0]["value"] == frame(1).observations[0].id


def test_what_a_device_says_of_itself_and_a_control_solution_are_nobodys() -> None:
    battery = Observation("b", "battery", value=Decimal(88), unit="%")
    control = Observation("c", "glucose-control", value=Decimal(118), unit="mg/dL")
    entries = formed(of(pressure(1), battery, control))["entry"]
    assert ["subject" in entry["resource"] for entry in entries] == [True, False, False]


def test_a_kind_that_a_spec_declares_has_its_names() -> None:
    by_unit = {"[ppm]": "19889-5"}
    air = Code("carbon-dioxide", "Carbon dioxide", "二氧化碳", 0, by_unit, ("[ppm]",), "", "survey")
    record = of(Observation("o", "carbon-dioxide", value=Decimal(800), unit="[ppm]"))
    octets = form("fhir", {**CODES, "carbon-dioxide": air})(forms.encode(record), CONTEXT)
    code = json.loads(octets)["entry"][0]["resource"]["code"]
    assert code["text"] == "Carbon dioxide"
    assert code["coding"][0] == {"system": "http://loinc.org", "code": "19889-5"}


def test_the_devices_own_time_goes_first_in_the_zone_of_the_site() -> None:
    record = of(pressure(1), device_time="2026-11-22T09:30:00", zone="Asia/Shanghai")
    assert only(record)["effectiveDateTime"] == "2026-11-22T09:30:00+08:00"


def test_a_wrong_clock_of_the_device_is_corrected() -> None:
    at, shown = Instant(BOOT, 1_000_000_000), "2026-11-21T20:00:00"  # 20:00 today at the site
    read = DeviceStatus("s", "serial:cuff", at, LinkState.CONNECTED, device_time=shown)
    clock = ClockMapping("c", at, NOON, 1, "ntp")
    context = Context(ADDRESS.path, Times([clock], [read]), CONTEXT.bindings)
    record = of(pressure(1), device_time="2026-11-21T19:30:00", zone="Asia/Shanghai")
    resource = only(record, context)
    assert resource["effectiveDateTime"] == "2026-11-22T19:30:00+08:00"
    assert resource["subject"]["identifier"]["value"] == "subject-7"


def test_what_is_not_known_is_left_out() -> None:
    resource = only(of(pressure(1), device_time="2026-00-00T00:00:00"), Context(ADDRESS.path))
    assert not {"subject", "effectiveDateTime", "issued"} & set(resource)


def test_an_absent_value_says_why() -> None:
    observation = Observation("1" * 32, "body-temperature", absent=AbsentReason.NOT_A_NUMBER)
    resource = only(of(observation))
    assert resource["dataAbsentReason"]["coding"][0]["code"] == "not-a-number"
    assert "valueQuantity" not in resource


def test_status_bits_are_told() -> None:
    observation = msgspec.structs.replace(
        pressure(1), status=(MeasurementStatus.QUESTIONABLE,), flags=("movement",)
    )
    assert only(of(observation))["interpretation"] == [
        {"text": "questionable"},
        {"text": "device: movement"},
    ]


def test_a_glucose_has_the_loinc_of_its_unit() -> None:
    for unit, code in (("mmol/L", "14743-9"), ("mg/dL", "32016-8")):
        observation = Observation(
            "1" * 32, "glucose-capillary-blood", value=Decimal("5.0"), unit=unit
        )
        coding = only(of(observation))["code"]["coding"]
        assert {"system": "http://loinc.org", "code": code} in coding
        assert {"system": "urn:oid:2.16.156.10011.2.2.1", "code": "DE04.50.102.00"} in coding


def test_a_waveform_is_sampled_data() -> None:
    waveform = Waveform(
        "s", 130, "130", (Channel("ecg-lead-i", "uV", Decimal("0.5")),), 4, pack([[1, -2, 3, 2000]])
    )
    record = msgspec.structs.replace(frame(1), observations=(), waveforms=(waveform,))
    data = only(record)["valueSampledData"]
    assert data["data"] == "1 -2 3 2000"
    assert data["origin"]["value"] == 0
    assert data["factor"] == Decimal("0.5")
    assert data["dimensions"] == 1
    assert abs(data["period"] - Decimal(1000) / 130) < Decimal("1e-10")


def test_a_bundle_can_be_posted_twice_and_makes_one() -> None:
    bundle = formed(frame(1, points=2))
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
    requests = [entry["request"] for entry in bundle["entry"]]
    assert {request["method"] for request in requests} == {"POST"}
    assert [request["ifNoneExist"] for request in requests] == [
        f"identifier=urn:edge-gateway:observation|{o.id}" for o in frame(1, points=2).observations
    ]


DISPENSED = Dispensed("tag:D-1", 2, 3, "rx-7", "resident-1", "amlodipine-5", "B7", "81234567")
STATUS = {
    Outcome.DONE: "completed",
    Outcome.PARTIAL: "stopped",
    Outcome.NOT_DONE: "cancelled",
    Outcome.REFUSED: "declined",
    Outcome.UNKNOWN: "unknown",
}
"""What FHIR 4.0.1's value set medicationdispense-status has for each."""


def result(outcome: Outcome, count: int | None, reason: str = "") -> CommandResult:
    at = Instant(BOOT, 1_000_000_000)
    return CommandResult("7" * 32, "o-1", outcome, at, count, reason, DISPENSED)


def test_an_order_is_a_dispense_that_stands_alone() -> None:
    resource = formed(result(Outcome.PARTIAL, 2, "2 of 3 came out"))
    assert resource["resourceType"] == "MedicationDispense"
    assert resource["identifier"] == [{"system": "urn:edge-gateway:order", "value": "o-1"}]
    assert resource["status"] == "stopped"
    assert resource["statusReasonCodeableConcept"] == {"text": "2 of 3 came out"}
    (medication,) = resource["contained"]
    assert resource["medicationReference"] == {"reference": f"#{medication['id']}"}
    assert medication["code"]["coding"][0]["code"] == "amlodipine-5"
    assert medication["batch"] == {"lotNumber": "B7"}
    assert medication["identifier"][0]["value"] == "81234567"
    assert resource["subject"]["identifier"]["value"] == "resident-1"
    assert resource["performer"][0]["actor"]["identifier"]["value"] == "tag:D-1"
    assert resource["authorizingPrescription"][0]["identifier"]["value"] == "rx-7"
    assert (resource["quantity"]["value"], resource["quantity"]["code"]) == (2, "{pack}")
    assert resource["whenHandedOver"] == "2026-11-22T12:00:00.000+00:00"


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_has_a_status_and_nothing_is_lost(outcome: Outcome) -> None:
    said = result(outcome, None if outcome is Outcome.UNKNOWN else 0)
    octets = form("fhir")(forms.encode(said), CONTEXT)
    resource = json.loads(octets)
    assert resource["status"] == STATUS[outcome]
    assert ("quantity" in resource) == (outcome is not Outcome.UNKNOWN)
    given = outcome in (Outcome.DONE, Outcome.PARTIAL)
    assert ("whenHandedOver" in resource) == given
    assert fhir_dispense.record(octets) == said


@pytest.mark.parametrize(
    "octets",
    [b"{}", b'{"resourceType":"Observation"}', b'{"resourceType":"MedicationDispense"}', b"\xff"],
)
def test_what_is_no_dispense_of_ours_is_a_wire_error(octets: bytes) -> None:
    with pytest.raises(WireError):
        fhir_dispense.record(octets)


def test_the_region_reads_a_dispense_as_a_result() -> None:
    octets = form("fhir")(forms.encode(result(Outcome.DONE, 3)), CONTEXT)
    batch = Batch(
        1, ADDRESS.path, "e", BOOT, Lane.RESULT, ((1, 1),), records=(msgspec.Raw(octets),)
    )
    (arrived,) = read(batch)
    assert isinstance(arrived, Arrived)
    assert (arrived.id, arrived.kind, arrived.device) == ("7" * 32, "result", "tag:D-1")


def test_other_records_stay_the_models_json() -> None:
    payload = forms.encode(CONTEXT.bindings[0])
    assert form("fhir")(payload, CONTEXT) == payload


def test_there_are_two_forms() -> None:
    assert form("compact")(b"{}", CONTEXT) == b"{}"
    with pytest.raises(ValueError, match="neither"):
        form("hl7v2")
