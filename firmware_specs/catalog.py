"""Where specs are found: in this package, in a configured folder, and through entry points.

A folder's spec goes before one of the same name from an entry point, and that before the package's,
so a technician can mend a spec on the spot, without reinstalling.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from edge_agent.model.errors import SpecError
from firmware_specs.spec.parse import parse
from firmware_specs.spec.types import LoadedSpec

ENTRY_POINTS = "edge_gateway.specs"
"""Group of entry points; each names a package whose `*.toml` files are specs."""


def load(path: Path) -> LoadedSpec:
    """The spec in a file.

    Raises:
        SpecError: it cannot be read, or cannot be accepted.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise SpecError(
            str(path), "", f"cannot be read: {error}", "mend its permissions"
        ) from error
    return load_octets(octets, str(path), path.stem)


def load_octets(octets: bytes, origin: str, stem: str) -> LoadedSpec:
    """The spec in a file's octets.

    Args:
        octets: the file.
        origin: what to call it in refusals.
        stem: the file's name without `.toml`, which must be the device's.

    Raises:
        SpecError: it cannot be accepted.
    """
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        raise SpecError(origin, "", f"is no UTF-8: {error}", "save it as UTF-8") from error
    spec = parse(text, origin)
    if spec.device != stem:
        remedy = f"name the file `{spec.device}.toml` or the device `{stem}`"
        raise SpecError(origin, "device", f"is {spec.device}, the file is {stem}.toml", remedy)
    return LoadedSpec(spec, hashlib.sha256(octets).hexdigest(), origin)


def find_all(specs_dir: Path | None = None) -> dict[str, LoadedSpec]:
    """All specs by device name.

    Raises:
        SpecError: one of them cannot be accepted.
    """
    return {**_packaged(), **_plugged(), **(_in_folder(specs_dir) if specs_dir else {})}


def find(device: str, specs_dir: Path | None = None) -> LoadedSpec:
    """The spec of a device by its name.

    Raises:
        SpecError: there is none, or it cannot be accepted.
    """
    known = find_all(specs_dir)
    if device not in known:
        where = f"add {device}.toml to {specs_dir or 'the folder of specs'}, or use one of: "
        raise SpecError(device, "", "there is no such spec", where + ", ".join(sorted(known)))
    return known[device]


def forget() -> None:
    """Look again at the package and the entry points, which are otherwise read once."""
    _packaged.cache_clear()
    _plugged.cache_clear()


@cache
def _packaged() -> dict[str, LoadedSpec]:
    return _by_device(_specs_in(files("firmware_specs") / "devices"))


@cache
def _plugged() -> dict[str, LoadedSpec]:
    found: dict[str, LoadedSpec] = {}
    for point in entry_points(group=ENTRY_POINTS):
        found |= _by_device(_specs_in(files(point.module)))
    return found


def _in_folder(folder: Path) -> dict[str, LoadedSpec]:
    if not folder.is_dir():
        raise SpecError(str(folder), "", "is no folder", "create it or correct `specs_dir`")
    return _by_device(load(path) for path in sorted(folder.glob("*.toml")))


def _specs_in(folder: Traversable) -> Iterator[LoadedSpec]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(".toml"):
            yield load_octets(item.read_bytes(), str(item), item.name.removesuffix(".toml"))


def _by_device(specs: Iterator[LoadedSpec]) -> dict[str, LoadedSpec]:
    return {loaded.spec.device: loaded for loaded in specs}
