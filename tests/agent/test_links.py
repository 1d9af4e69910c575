"""From the configuration to links: what devices of one line have in common."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from edge_agent.cli.common import Loaded
from edge_agent.devices.links import Links
from edge_agent.process.clock import BootClock
from edge_drivers.links.modbus import ModbusLine
from firmware_specs.spec.types import LoadedSpec
from tests.support.agent import Configure

LINE = '[[line]]\nname = "rs485"\nport = "/dev/ttyUSB0"\n'


def device(alias: str, spec: str, unit: int) -> str:
    return (
        f'[[device]]\nalias = "{alias}"\nspec = "{spec}"\nline = "rs485"\nunit = {unit}\n'
        f'asset_tag = "{alias}"\n'
    )


def slower(loaded: LoadedSpec, timeout: str, quiet: str) -> LoadedSpec:
    link = msgspec.structs.replace(loaded.spec.link, timeout=Decimal(timeout), quiet=Decimal(quiet))
    return msgspec.structs.replace(loaded, spec=msgspec.structs.replace(loaded.spec, link=link))


@pytest.mark.parametrize("order", [("fast", "slow"), ("slow", "fast")])
def test_a_line_waits_as_long_as_its_slowest_device_whatever_their_order(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, order: tuple[str, str]
) -> None:
    opened: list[dict[str, Any]] = []
    make = ModbusLine.rtu

    def rtu(port: str, **settings: Any) -> ModbusLine:  # noqa: ANN401 - whatever a line is told
        opened.append(settings)
        return make(port, **settings)

    monkeypatch.setattr(ModbusLine, "rtu", rtu)
    kinds = {"fast": "xy-md02", "slow": "dispenser"}
    devices = [device(one, kinds[one], unit) for unit, one in enumerate(order, 1)]
    loaded: Loaded = configure(LINE + "".join(devices))
    specs = loaded.specs | {"dispenser": slower(loaded.specs["dispenser"], "3", "0.5")}
    links = Links(loaded.config, specs, BootClock())
    for one in loaded.config.devices:
        links.of(one)()
    (settings,) = opened
    assert (settings["timeout"], settings["quiet"]) == (3.0, 0.5)
