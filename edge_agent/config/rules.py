"""What must hold between the keys of the configuration."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from itertools import chain

from edge_agent.config.coldchain import check_cold_chain
from edge_agent.config.devices import check_devices
from edge_agent.config.draft import Draft, Specs, port_number, twice
from edge_agent.config.settings import Broker, Buffer, Gateway, Line
from edge_agent.config.shape import Finding


def check(draft: Draft, specs: Specs) -> Iterator[Finding]:
    """All that is wrong between the parts of a draft."""
    return chain(
        _zone(draft.gateway),
        _broker(draft.broker),
        _buffer(draft.limits),
        _lines(draft.lines),
        check_devices(draft, specs),
        check_cold_chain(draft.devices, specs),
        _robots(draft),
    )


def _zone(gateway: Gateway | None) -> Iterator[Finding]:
    if gateway is None:
        return
    try:
        zoneinfo.ZoneInfo(gateway.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        yield Finding(
            ("gateway", "zone"),
            f"{gateway.zone!r} is no time zone that this machine knows",
            'write an IANA name such as "Asia/Shanghai", or install tzdata',
        )


def _broker(broker: Broker | None) -> Iterator[Finding]:
    if broker is None:
        return
    yield from port_number(("broker", "url"), broker.url)
    plain = broker.url.startswith("mqtt://")
    for key in ("ca_file", "cert_file", "key_file"):
        if plain and getattr(broker, key):
            yield Finding(("broker", key), "mqtt:// uses no certificates", "write mqtts:// in url")
    if bool(broker.cert_file) != bool(broker.key_file):
        given = "cert_file" if broker.cert_file else "key_file"
        yield Finding(("broker", given), "a certificate and its key go together", "name both")
    if bool(broker.cost_a_day) != bool(broker.cost_per_megabyte):
        reason = "a budget in money needs its price, and a price its budget"
        yield Finding(("broker", "cost_a_day"), reason, "write cost_a_day and cost_per_megabyte")
    if broker.password_file and not broker.username:
        yield Finding(("broker", "password_file"), "a password without a user", "add username")


def _buffer(limits: Buffer | None) -> Iterator[Finding]:
    if limits and limits.waveform_mb + limits.telemetry_mb >= limits.quota_mb:
        yield Finding(
            ("buffer", "quota_mb"),
            "waveforms and telemetry together leave no room for alarms, results and observations",
            "raise quota_mb or lower waveform_mb",
        )


def _robots(draft: Draft) -> Iterator[Finding]:
    """Robots have names and tags of their own, among the devices too."""
    yield from twice(draft.robots, "robot", "host", lambda robot: robot.host)
    yield from twice(draft.robots, "robot", "alias", lambda robot: robot.alias)
    yield from twice(draft.robots, "robot", "asset_tag", lambda robot: robot.asset_tag)
    devices = draft.devices.values()
    taken = {device.alias for device in devices} | {device.asset_tag for device in devices}
    for number, robot in draft.robots.items():
        yield from port_number(("robot", number, "host"), robot.host)
        for key in ("alias", "asset_tag"):
            if getattr(robot, key) in taken:
                reason = f"{getattr(robot, key)!r} is that of a [[device]] already"
                yield Finding(("robot", number, key), reason, "give each its own")


def _lines(lines: Mapping[int, Line]) -> Iterator[Finding]:
    yield from twice(lines, "line", "name", lambda line: line.name)
    yield from twice(lines, "line", "port", lambda line: line.port)
    yield from twice(lines, "line", "host", lambda line: line.host)
    for number, line in lines.items():
        yield from port_number(("line", number, "host"), line.host or "")
        if bool(line.port) == bool(line.host):
            yield Finding(
                ("line", number),
                f"line {line.name!r} needs a port or a host, one of them",
                'write port = "/dev/serial/by-id/…" for RTU or host = "HOST:PORT" for TCP',
            )
