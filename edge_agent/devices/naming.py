"""What a person asks for when pairing: which address, spec and name; refused in words. Pure.

Rule: what a spec says of a device's name goes before what it says of services, which many have.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence

import msgspec

from edge_agent.config.settings import Address, Alias
from edge_agent.control.answered import Fit
from edge_agent.model.errors import CommandError
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import BleWire

BY_NAME = "its name"
"""How the reason of a fit by name begins."""


def check_address(address: str) -> None:
    """Refuse what is no Bluetooth address.

    Raises:
        CommandError: it is none.
    """
    if not _is(address, Address):
        raise CommandError(
            f"{address!r} is no Bluetooth address, like A4:C1:38:00:00:01; `edge-agent scan` shows"
            " them / 蓝牙地址不正确，请用 edge-agent scan 查看"
        )


def spec_for(wanted: str, fits: Sequence[Fit], specs: Mapping[str, LoadedSpec]) -> str:
    """The spec that a person wants, else the one that fits; by name before by service.

    Raises:
        CommandError: there is no such, or it is not of a Bluetooth device; none or several fit.
    """
    if wanted:
        return _wanted(wanted, specs)
    by_name = {fit.spec for fit in fits if fit.why.startswith(BY_NAME)}
    found = sorted(by_name or {fit.spec for fit in fits})
    if len(found) != 1:
        names = ", ".join(found) or "none"
        raise CommandError(
            f"which spec describes it? {names} may; say --spec NAME"
            " / 无法确定设备型号，请指定 --spec"
        )
    return found[0]


def alias_for(wanted: str, spec: str, taken: Collection[str]) -> str:
    """What it will be called: as wanted, else as the spec, with a number if that is taken.

    Raises:
        CommandError: somebody is called so, or nobody can be.
    """
    if not wanted:
        names = (spec, *(f"{spec}-{number}" for number in range(2, 1000)))
        return next(name for name in names if name not in taken)
    if not _is(wanted, Alias):
        raise CommandError(
            f"nothing can be called {wanted!r}: small letters, digits and -, like cuff-1"
            " / 名称只能由小写字母、数字和 - 组成，例如 cuff-1"
        )
    if wanted in taken:
        raise CommandError(f"there is a device {wanted!r} already / 该名称已被使用")
    return wanted


def _wanted(wanted: str, specs: Mapping[str, LoadedSpec]) -> str:
    known = {name: loaded for name, loaded in specs.items() if _is_ble(loaded)}
    if wanted in known:
        return known[wanted].spec.device
    near = difflib.get_close_matches(wanted, known, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else "`edge-agent decode --list` shows them"
    reason = "is not of a Bluetooth device" if wanted in specs else "is no firmware spec"
    raise CommandError(f"{wanted!r} {reason}; {remedy}")


def _is_ble(loaded: LoadedSpec) -> bool:
    return isinstance(loaded.spec.link, BleWire)


def _is(text: str, kind: object) -> bool:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return False
    return True
