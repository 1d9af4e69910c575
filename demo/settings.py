"""The configuration of the demo's agent, as a technician would write it for this clinic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

REGION = """
province = "42"
city = "01"
county = "11"
township = "001"
village = "201"
site = "village-clinic"
"""


def agent_config(clinic: dict[str, Any], state: Path, broker: str, root: str) -> str:
    """The agent's configuration for this clinic, as a technician would write it."""
    tables = [
        f'[gateway]\nname = "demo"\nzone = "Asia/Shanghai"\nstate_dir = "{state}"\n',
        f'[region]\nroot = "{root}"{REGION}',
        f'[broker]\nurl = "{broker}"\n',
        f'[ble]\nadapter = "{clinic["radio"]}"\n',
        *(device_config(device) for device in clinic["devices"]),
    ]
    return "\n".join(tables)


def device_config(device: dict[str, Any]) -> str:
    """One [[device]]."""
    link = device["link"]
    match link["type"]:
        case "ble":
            place = f'address = "{link["address"]}"'
        case "serial":
            place = f'port = "{link["port"]}"'
        case "modbus-rtu":
            place = f'port = "{link["port"]}"\nunit = {link["unit"]}'
        case _:
            place = f'host = "{link["host"]}:{link["port"]}"\nunit = {link["unit"]}'
    tag = f'\nasset_tag = "{device["asset_tag"]}"' if device["asset_tag"] else ""
    return f'[[device]]\nalias = "{device["alias"]}"\nspec = "{device["spec"]}"\n{place}{tag}\n'
