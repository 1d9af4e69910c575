"""What must hold for a device that guards a cold chain: a known profile, read often enough."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from edge_agent.config.draft import Specs
from edge_agent.config.settings import Device
from edge_agent.config.shape import Finding
from firmware_specs.spec.types import Part, Spec


def check_cold_chain(devices: Mapping[int, Device], specs: Specs) -> Iterator[Finding]:
    """All that is wrong with the cold chains of a draft; who has none imports no rules."""
    guarded = {number: device for number, device in devices.items() if device.cold_chain}
    if not guarded:
        return
    from edge_agent.coldchain.profiles import packaged

    profiles = packaged()
    for number, device in guarded.items():
        path = ("device", number, "cold_chain")
        loaded = specs.get(device.spec)
        if device.cold_chain not in profiles.profiles:
            near = difflib.get_close_matches(device.cold_chain, profiles.profiles, n=1)
            known = ", ".join(profiles.profiles)
            remedy = f"did you mean {near[0]!r}?" if near else f"there are {known}"
            yield Finding(path, f"there is no profile {device.cold_chain!r}", remedy)
        elif loaded:
            limit = min(profiles.recording.update, profiles.recording.excursion)
            yield from _often_enough(path, device, loaded.spec, limit)


def _often_enough(
    path: tuple[str | int, ...], device: Device, spec: Spec, limit: int
) -> Iterator[Finding]:
    parts = [part for part in spec.parts.values() if _tells_temperature(part)]
    if not parts:
        reason = f"{device.alias!r} ({spec.device}) tells no temperature of the air"
        yield Finding(path, reason, "take the key out, or use a sensor that does")
    polled = [part.registers.every for part in parts if part.registers]
    seconds = max(polled, default=0)
    if seconds > limit:
        reason = f"{device.alias!r} is read every {seconds} s, GSP asks for {limit} s"
        yield Finding(path, reason, f"write every = {limit} or less in the spec's registers")


def _tells_temperature(part: Part) -> bool:
    return any(rule.kind == "air-temperature" for rule in part.observations)
