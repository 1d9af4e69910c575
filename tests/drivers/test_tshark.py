"""Wireshark reads in what our simulators send the values that our drivers read in it.

Each simulated peripheral's own HCI traffic is captured while a real driver is connected; tshark's
dissection of the Attribute Protocol is compared with the fields of the frames that became durable.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import AsyncExitStack
from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from bumble.snoop import BtSnooper

from edge_drivers import codec
from edge_drivers.codec.explain import explain
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.ble_link import BleLink
from edge_simulators.orders import Order
from edge_simulators.radio import VirtualRadio
from edge_simulators.wearables import BLUETOOTH
from firmware_specs import catalog
from tests.support.gateway import Gateway, driving, until

LEAST = 3
NOTIFIED = "btatt.opcode == 0x1b || btatt.opcode == 0x1d"
"""Handle Value Notification and Indication (Core, Vol 3 Part F 3.4.7)."""

Fields = Mapping[str, str]
"""tshark's name of a field, without `btatt.`, to ours."""
COMPARED: Mapping[str, Fields] = {
    "heart-rate": {"heart_rate_measurement.value.8": "heart_rate"},
    "blood-pressure": {
        "blood_pressure_measurement.compound_value.systolic.mmhg": "systolic",
        "blood_pressure_measurement.compound_value.diastolic.mmhg": "diastolic",
        "blood_pressure_measurement.compound_value.arterial_pressure.mmhg": "mean",
        "blood_pressure_measurement.pulse_rate": "pulse",
        "blood_pressure_measurement.user_id": "user",
        "blood_pressure_measurement.status": "status",
    },
    "glucose": {
        "glucose_measurement.sequence_number": "sequence",
        "glucose_measurement.time_offset": "time_offset",
        "glucose_measurement.glucose_concentration.kg_per_l": "concentration",
        "glucose_measurement.type_and_sample_location.type": "type",
        "glucose_measurement.type_and_sample_location.sample_location": "location",
    },
    # the FLOAT itself is left out: tshark 4.0 shows 0 for every one
    "thermometer": {"temperature_type": "type"},
    "weight-scale": {
        "weight_measurement.user_id": "user",
        "weight_measurement.bmi": "bmi",
        "weight_measurement.weight.kg": "weight",
    },
    "glucose-cgm": {
        "cgm_measurement.size": "size",
        "cgm_measurement.glucose_concentration": "glucose",
        "cgm_measurement.time_offset": "time_offset",
        "cgm_measurement.trend_information": "trend",
        "cgm_measurement.quality": "quality",
        "cgm.e2e_crc": "crc",
    },
}

DECODERS = {spec: codec.compile(catalog.find(spec).spec) for spec in COMPARED}


@pytest.fixture(scope="module")
def tshark() -> str:
    found = shutil.which("tshark")
    if found is None:
        pytest.skip("tshark is not installed: sudo apt install tshark")
    return found


def dissected(tshark: str, capture: Path, fields: Fields) -> list[tuple[Decimal, ...]]:
    """The fields of each measurement, as Wireshark reads them."""
    wanted = [word for name in fields for word in ("-e", f"btatt.{name}")]
    command = [tshark, "-r", str(capture), "-Y", NOTIFIED, "-T", "fields", *wanted]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in told.stdout.splitlines()]
    return [tuple(map(_number, row)) for row in rows if all(row)]


def _number(text: str) -> Decimal:
    return Decimal(int(text, 16)) if text.startswith("0x") else Decimal(text)


def read(spec: str, gateway: Gateway) -> list[tuple[Decimal, ...]]:
    """The same, as our drivers read them, before any scale."""
    fields, decoder = COMPARED[spec], DECODERS[spec]
    rows: list[tuple[Decimal, ...]] = []
    for frame in gateway.frames:
        mine = frame.spec.startswith(f"{spec}@") and frame.part == "measurement"
        for octets in frame.octets if mine else ():
            (reading,) = decoder.decode("measurement", octets)
            said = explain(decoder, reading)
            if all(name in said for name in fields.values()):
                rows.append(tuple(_raw(said[name].raw) for name in fields.values()))
    return rows


def _raw(value: Any) -> Decimal:  # noqa: ANN401 (any field)
    return Decimal(value)


async def test_wireshark_reads_what_we_read(
    tshark: str, adapter: BleAdapter, gateway: Gateway, air: VirtualRadio, tmp_path: Path
) -> None:
    order = Order(folder=tmp_path, every=0.1)
    devices: dict[str, Any] = {spec: BLUETOOTH[spec](order, air.air)[0] for spec in COMPARED}
    heard = {spec: BytesIO() for spec in COMPARED}
    async with AsyncExitStack() as running:
        for spec, device in devices.items():
            device._device.host.snooper = BtSnooper(heard[spec])
            await device.start()
            loaded = catalog.find(spec)
            driver = gateway.driver(loaded, partial(BleLink, adapter, loaded, device.badge.name))
            await running.enter_async_context(driving(driver))
        await until(lambda: all(len(read(spec, gateway)) >= LEAST for spec in COMPARED))
    for device in devices.values():
        await device.stop()
    for spec in COMPARED:
        capture = tmp_path / f"{spec}.btsnoop"
        capture.write_bytes(heard[spec].getvalue())
        ours = read(spec, gateway)
        assert len(ours) >= LEAST
        assert set(ours) <= set(dissected(tshark, capture, COMPARED[spec])), spec
