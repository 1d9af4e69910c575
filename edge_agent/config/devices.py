"""What must hold for a device: a known spec, a place that fits its link, nobody else there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from edge_agent.config.draft import Draft, Specs, port_number, twice
from edge_agent.config.places import Path
from edge_agent.config.settings import Device, Line
from edge_agent.config.shape import Finding
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import BleWire, ModbusWire, SerialWire, SharedWire

_PLACES = ("address", "name", "port", "line", "host", "unit", "replay")


class _Wants(msgspec.Struct, frozen=True):
    """What a device says of where it is: exactly one of `one`, any of `also`.

    Attributes:
        tagless: what it is that cannot say who it is; "" when it can.
    """

    one: tuple[str, ...]
    also: tuple[str, ...] = ()
    tagless: str = ""


def check_devices(draft: Draft, specs: Specs) -> Iterator[Finding]:
    """All that is wrong with the devices of a draft."""
    devices = draft.devices
    return chain(
        twice(devices, "device", "alias", lambda device: device.alias),
        twice(devices, "device", "asset_tag", lambda device: device.asset_tag),
        twice(devices, "device", "address", lambda device: (device.address or "").upper()),
        twice(devices, "device", "name", lambda device: device.name),
        twice(devices, "device", "port", lambda one: "" if _modbus(one, specs) else one.port),
        twice(devices, "device", "record", lambda device: device.record),
        *(_device(("device", number), one, draft, specs) for number, one in devices.items()),
        _same_unit(draft, specs),
        _speed(draft, specs),
    )


def _device(path: Path, device: Device, draft: Draft, specs: Specs) -> Iterator[Finding]:
    yield from port_number((*path, "host"), device.host or "")
    spec = specs.get(device.spec)
    if device.spec in specs.refused:
        pass  # its own refusals say why
    elif spec is None or isinstance(spec.spec.link, SharedWire):
        yield _unknown_spec((*path, "spec"), device.spec, specs)
    else:
        yield from _place(path, device, spec)
    if device.record and device.record in {one.replay for one in draft.devices.values()}:
        reason = f"{device.record!r} is played, and would be written over"
        yield Finding((*path, "record"), reason, "name another file")
    if device.line and device.line not in {line.name for line in draft.lines.values()}:
        reason = f"there is no line {device.line!r}"
        yield Finding((*path, "line"), reason, "add a [[line]] of that name")
    if device.port in _lines_for_others(device, draft, specs):
        reason = f"{device.port!r} is a Modbus line already"
        yield Finding((*path, "port"), reason, "give each its own, or write line = …")


def _unknown_spec(path: Path, name: str, specs: Specs) -> Finding:
    near = difflib.get_close_matches(name, list(specs), n=1)
    remedy = f"did you mean {near[0]!r}?" if near else "`edge-agent decode --list` shows them"
    return Finding(path, f"there is no firmware spec {name!r}", remedy)


def _wants(device: Device, spec: LoadedSpec) -> _Wants:
    if device.replay:
        return _Wants(("replay",), tagless="a replayed device")
    match spec.spec.link:
        case BleWire():
            return _Wants(("address", "name"))
        case SerialWire():
            return _Wants(("port",), tagless="a serial device")
        case ModbusWire():
            return _Wants(("line", "host", "port"), ("unit",), tagless="a Modbus device")
        case SharedWire():
            return _Wants(())


def _place(path: Path, device: Device, spec: LoadedSpec) -> Iterator[Finding]:
    wants, name = _wants(device, spec), spec.spec.device
    given = [key for key in _PLACES if getattr(device, key)]
    places = [key for key in given if key in wants.one]
    if len(places) != 1:
        said = " and ".join(places) if places else "not"
        reason = f"{device.alias!r} ({name}) says {said} where it is"
        yield Finding(path, reason, f"write {' or '.join(wants.one)}, one place")
    for key in given:
        if key not in (*wants.one, *wants.also):
            yield Finding((*path, key), f"{key!r} is no place of a {name}", "take the key out")
    if wants.tagless and not device.asset_tag:
        reason = f"{wants.tagless} cannot say who it is, and {device.alias!r} has no asset tag"
        yield Finding(path, reason, 'write asset_tag = "…", as it is written on the device')


def _modbus(device: Device, specs: Specs) -> ModbusWire | None:
    spec = specs.get(device.spec)
    link = spec.spec.link if spec else None
    return link if isinstance(link, ModbusWire) else None


def _same_unit(draft: Draft, specs: Specs) -> Iterator[Finding]:
    """Devices that would answer each other's requests."""
    lines = {line.name: line for line in draft.lines.values()}

    def address(device: Device) -> tuple[str, int] | None:
        link, line = _modbus(device, specs), lines.get(device.line)
        place = device.host or device.port or (line and (line.host or line.port))
        return (place, device.unit or link.unit) if link and place else None

    return twice(draft.devices, "device", "unit", address)


def _lines_for_others(device: Device, draft: Draft, specs: Specs) -> set[str]:
    """Ports that this device cannot have for they are Modbus lines; it may share one as Modbus."""
    named = {line.port for line in draft.lines.values()}
    if not _modbus(device, specs):
        named |= {one.port for one in draft.devices.values() if _modbus(one, specs)}
    return named - {""}


def _speed(draft: Draft, specs: Specs) -> Iterator[Finding]:
    """A serial line has one speed: its devices' specs agree, or the line says it."""
    for number, line in draft.lines.items():
        if line.port:
            on_it = [one for one in draft.devices.values() if one.line == line.name]
            yield from _one_speed(("line", number), line, on_it, specs)
    for number, device in draft.devices.items():
        on_it = [one for one in draft.devices.values() if one.port == device.port]
        if device.port and on_it[0] is device:
            own = Line(name=device.alias, port=device.port)
            yield from _one_speed(("device", number, "port"), own, on_it, specs)


def _one_speed(
    path: Path, line: Line, devices: Sequence[Device], specs: Specs
) -> Iterator[Finding]:
    links = [link for link in (_modbus(device, specs) for device in devices) if link]
    for key in ("baud", "parity", "stop_bits"):
        wanted = sorted({str(getattr(link, key)) for link in links})
        if getattr(line, key) is None and len(wanted) > 1:
            reason = f"devices of line {line.name!r} want different {key}: {', '.join(wanted)}"
            yield Finding(path, reason, f"set them all alike and write {key} = … in a [[line]]")
