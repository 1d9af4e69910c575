"""A spec's characteristics in a connected device, and waiting for what is done with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str

from edge_agent.model.errors import LinkLostError, LinkRefusedError, LinkTimeoutError
from firmware_specs.spec.types import Spec
from firmware_specs.spec.wires import BleWire

Result = TypeVar("Result")

OPERATION_S = 10.0


async def operate(who: str, work: Awaitable[Result]) -> Result:
    """Wait for an operation with the device `who`.

    Raises:
        LinkRefusedError: the device refused it.
        LinkTimeoutError: no answer in time.
        LinkLostError: it is gone.
    """
    try:
        async with asyncio.timeout(OPERATION_S):
            return await work
    except BleakGATTProtocolError as error:
        raise LinkRefusedError(f"{who}: {error}") from error
    except TimeoutError as error:
        raise LinkTimeoutError(f"{who} did not answer") from error
    except (BleakError, OSError, EOFError) as error:
        raise LinkLostError(f"{who}: {error!r}") from error


def found(client: BleakClient, spec: Spec) -> dict[str, BleakGATTCharacteristic]:
    """The characteristics of the spec that the device has, by part and in the spec's order."""
    own = ble_wire(spec).service
    there: dict[str, BleakGATTCharacteristic] = {}
    for name, part in spec.parts.items():
        service = client.services.get_service(normalize_uuid_str(part.service or own))
        if service is None or not part.characteristic:
            continue
        one = service.get_characteristic(normalize_uuid_str(part.characteristic))
        if one is not None:
            there[name] = one
    return there


def streams(spec: Spec) -> frozenset[str]:
    """The parts whose silence is told by `silence`: those with a signal, else all.

    A strap that goes on counting beats does not hide that its ECG has stopped.
    """
    signals = {part.within or name for name, part in spec.parts.items() if part.waveforms}
    return frozenset(signals or spec.parts)


def ble_wire(spec: Spec) -> BleWire:
    """The wire of a Bluetooth device's spec.

    Raises:
        LinkRefusedError: it is of another device.
    """
    if not isinstance(spec.link, BleWire):
        raise LinkRefusedError("the spec is not of a Bluetooth LE device")
    return spec.link
