"""Where specs are found: in this package, in a configured folder, and through entry points.

A folder's spec goes before one of the same name from an entry point, and that before the package's,
so a technician can mend a spec on the spot, without reinstalling. A spec that cannot be accepted
hinders no other: it is refused when somebody asks for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

from msgspec.structs import replace

from edge_agent.model.errors import SpecError
from firmware_specs.spec.parse import parse
from firmware_specs.spec.problems import Problem, refusal
from firmware_specs.spec.types import LoadedSpec, Spec
from firmware_specs.spec.wires import BleWire

ENTRY_POINTS = "edge_gateway.specs"
"""Group of entry points; each names a package whose `*.toml` files are specs."""
COMMON = "gatt-common"
"""The spec whose parts with `every` belong to every Bluetooth device, such as the battery, and its
clock to every one that dates what it measures."""


class Catalog(dict[str, LoadedSpec]):
    """Specs by device name.

    Attributes:
        refused: what was refused in the others, by the device name that their file has. Such a name
            is not among the specs, though a spec of lower rank may have it.
    """

    def __init__(
        self,
        specs: Mapping[str, LoadedSpec] = MappingProxyType({}),
        refused: Mapping[str, ExceptionGroup[SpecError]] = MappingProxyType({}),
    ) -> None:
        super().__init__(specs)
        self.refused = dict(refused)

    def over(self, other: Catalog) -> Catalog:
        """Both, this one going before the other where they have the same name."""
        names = {*self, *self.refused}
        below = {name: loaded for name, loaded in other.items() if name not in names}
        wrong = {name: error for name, error in other.refused.items() if name not in names}
        return Catalog({**below, **self}, {**wrong, **self.refused})

    def use(self, device: str) -> LoadedSpec:
        """The spec of a device.

        Raises:
            ExceptionGroup: of `SpecError`: there is none, or it cannot be accepted.
        """
        if device in self.refused:
            raise self.refused[device]
        if device not in self:
            known = ", ".join(sorted(self))
            remedy = f"add {device}.toml to the folder of specs, or use one of: {known}"
            raise refusal(device, [Problem("", "there is no such spec", remedy)])
        return self[device]


def load(path: Path) -> LoadedSpec:
    """The spec in a file.

    Raises:
        ExceptionGroup: of `SpecError`: it cannot be read, or cannot be accepted.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        problem = Problem("", f"cannot be read: {error.strerror}", "mend its permissions")
        raise refusal(str(path), [problem]) from error
    return load_octets(octets, str(path), path.stem)


def load_octets(octets: bytes, origin: str, stem: str) -> LoadedSpec:
    """The spec in a file's octets.

    Args:
        octets: the file.
        origin: what to call it in refusals.
        stem: the file's name without `.toml`, which must be the device's.

    Raises:
        ExceptionGroup: of `SpecError`, all that is wrong with it.
    """
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        problem = Problem("", f"is no UTF-8: {error}", "save it as UTF-8")
        raise refusal(origin, [problem]) from error
    spec = parse(text, origin)
    if spec.device != stem:
        remedy = f"name the file `{spec.device}.toml` or the device `{stem}`"
        problem = Problem("device", f"is {spec.device}, the file is {stem}.toml", remedy)
        raise refusal(origin, [problem])
    if not isinstance(spec.link, BleWire):
        return LoadedSpec(spec, hashlib.sha256(octets).hexdigest(), origin)
    common, shared = _common()
    digest = hashlib.sha256(octets + shared).hexdigest()
    return LoadedSpec(_with(spec, common), digest, origin)


def find_all(specs_dir: Path | None = None) -> Catalog:
    """All specs by device name, and beside them what was refused.

    Raises:
        ExceptionGroup: of `SpecError`: `specs_dir` is no folder.
    """
    ours = _plugged().over(_packaged())
    return _in_folder(specs_dir).over(ours) if specs_dir else ours


def find(device: str, specs_dir: Path | None = None) -> LoadedSpec:
    """The spec of a device by its name.

    Raises:
        ExceptionGroup: of `SpecError`: there is none, or it cannot be accepted.
    """
    return find_all(specs_dir).use(device)


def forget() -> None:
    """Look again at the package and the entry points, which are otherwise read once."""
    _packaged.cache_clear()
    _plugged.cache_clear()


@cache
def _common() -> tuple[Spec, bytes]:
    """The values that many devices have."""
    octets = (files("firmware_specs") / "devices" / f"{COMMON}.toml").read_bytes()
    return parse(octets.decode(), COMMON), octets


def _with(spec: Spec, common: Spec) -> Spec:
    """A Bluetooth device's spec with what is read from every such device, as far as it has none.

    One that dates its readings, and does not say how its clock is set, has the common clock.
    """
    told = {(part.service, part.characteristic) for part in spec.parts.values()}
    more = {
        name: part
        for name, part in common.parts.items()
        if part.every and name not in spec.parts and (part.service, part.characteristic) not in told
    }
    clock = spec.clock
    if clock is None and common.clock and any(part.time for part in spec.parts.values()):
        clock = common.clock
        named = (clock.read, *(way.part for way in clock.settings))
        more |= {name: common.parts[name] for name in named if name not in spec.parts}
    return replace(spec, parts={**spec.parts, **more}, clock=clock)


@cache
def _packaged() -> Catalog:
    return _specs_in(files("firmware_specs") / "devices")


@cache
def _plugged() -> Catalog:
    found = Catalog()
    for point in entry_points(group=ENTRY_POINTS):
        found = _specs_in(files(point.module)).over(found)
    return found


def _in_folder(folder: Path) -> Catalog:
    if not folder.is_dir():
        problem = Problem("", "is no folder", "create it or correct `specs_dir`")
        raise refusal(str(folder), [problem])
    return _gathered((path.stem, partial(load, path)) for path in folder.glob("*.toml"))


def _specs_in(folder: Traversable) -> Catalog:
    return _gathered(
        (stem, partial(_load_item, item, stem))
        for item in folder.iterdir()
        if (stem := item.name.removesuffix(".toml")) != item.name
    )


def _load_item(item: Traversable, stem: str) -> LoadedSpec:
    return load_octets(item.read_bytes(), str(item), stem)


def _gathered(loads: Iterable[tuple[str, Callable[[], LoadedSpec]]]) -> Catalog:
    found = Catalog()
    for stem, load_one in sorted(loads, key=lambda one: one[0]):
        try:
            found[stem] = load_one()
        except* SpecError as refused:
            found.refused[stem] = refused
    return found
