"""What must hold for a device that guards a cold chain: a known profile, read often enough."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from edge_agent.coldchain.guard import TEMPERATURE
from edge_agent.coldchain.profiles import Recording, packaged
from edge_agent.config.draft import Specs
from edge_agent.config.settings import Device
from edge_agent.config.shape import Finding
from firmware_specs.spec.types import Part, Spec


def check_cold_chain(devices: Mapping[int, Device], specs: Specs) -> Iterator[Finding]:
    """All that is wrong with the cold chains of a draft."""
    profiles = packaged()
    for number, device in devices.items():
        path = ("device", number, "cold_chain")
        loaded = specs.get(device.spec)
        if device.cold_chain and device.cold_chain not in profiles.profiles:
            near = difflib.get_close_matches(device.cold_chain, profiles.profiles, n=1)
            known = ", ".join(profiles.profiles)
            remedy = f"did you mean {near[0]!r}?" if near else f"there are {known}"
            yield Finding(path, f"there is no profile {device.cold_chain!r}", remedy)
        elif device.cold_chain and loaded:
            yield from _often_enough(path, device, loaded.spec, profiles.recording)


def _often_enough(
    path: tuple[str | int, ...], device: Device, spec: Spec, asked: Recording
) -> Iterator[Finding]:
    parts = [part for part in spec.parts.values() if _tells_temperature(part)]
    if not parts:
        reason = f"{device.alias!r} ({spec.device}) tells no temperature of the air"
        yield Finding(path, reason, "take the key out, or use a sensor that does")
    polled = [part.registers.every for part in parts if part.registers]
    seconds = max(polled, default=0)
    limit = min(asked.update, asked.excursion)
    if seconds > limit:
        reason = f"{device.alias!r} is read every {seconds} s, GSP asks for {limit} s"
        yield Finding(path, reason, f"write every = {limit} or less in the spec's registers")


def _tells_temperature(part: Part) -> bool:
    return any(rule.kind == TEMPERATURE for rule in part.observations)
