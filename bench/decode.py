"""Microseconds to decode an octet string of each part that has vectors, beside peers where known.

Octets are those of the specs' own vectors that decode without an error, and of the two Modbus
blocks; the best of five rounds, so that other people's load counts least.
"""

from __future__ import annotations

import timeit
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.resources import files

import msgspec

from edge_agent.cli.lookup import find_part
from edge_agent.model.errors import EdgeError
from edge_drivers import codec
from edge_simulators import modbus_bench
from figures import Figure, Outcome
from firmware_specs import catalog
from firmware_specs.spec.types import LoadedSpec
from peers import PEERS

ROUNDS = 5
SECONDS = 0.01
Key = tuple[str, str]
Samples = dict[Key, list[bytes]]


class _Vector(msgspec.Struct):
    hex: str
    device: str = msgspec.field(name="device/profile")
    part: str = msgspec.field(name="characteristic or protocol")


class _File(msgspec.Struct):
    vectors: list[_Vector]


def measure(_options: Namespace) -> Iterator[Outcome]:
    """One outcome for each spec."""
    specs = dict(catalog.find_all())
    bench = modbus_bench.SPEC
    specs[bench] = catalog.load_octets(modbus_bench.SPEC_TEXT.encode(), bench, bench)
    found = _samples(specs)
    found["xy-md02", "climate"] = [bytes.fromhex("013102B1")]
    found[bench, modbus_bench.PART] = [bytes(range(2 * modbus_bench.POINTS))]
    for device in sorted({device for device, _ in found}):
        parts = {part: octets for (its, part), octets in found.items() if its == device}
        yield _spec(specs[device], parts)


def _samples(specs: Mapping[str, LoadedSpec]) -> Samples:
    """Octets of the packaged vectors by spec and part."""
    found: Samples = {}
    for file in (files("firmware_specs") / "devices").iterdir():
        if file.name.endswith(".vectors.json"):
            for vector in msgspec.json.decode(file.read_bytes(), type=_File).vectors:
                _sort(vector, specs, found)
    return found


def _sort(vector: _Vector, specs: Mapping[str, LoadedSpec], found: Samples) -> None:
    try:
        place = find_part(vector.device, vector.part, specs)
        octets = bytes.fromhex(vector.hex)
        codec.compile(place.loaded.spec).decode(place.part, octets)
    except (EdgeError, ValueError):
        return  # no spec's, or one that is to be refused
    found.setdefault((place.loaded.spec.device, place.part), []).append(octets)


def _spec(loaded: LoadedSpec, parts: Mapping[str, list[bytes]]) -> Outcome:
    decoder = codec.compile(loaded.spec)
    figures: list[Figure] = []
    for part, octets in parts.items():
        ours = microseconds(partial(decoder.decode, part), octets)
        length = sum(map(len, octets)) / len(octets)
        figures.append(Figure(f"{part}, {length:.0f} octets", ours, "us"))
        for name, peer in PEERS.get((loaded.spec.device, part), {}).items():
            ratio = ours / microseconds(peer, octets)
            figures.append(Figure(f"{part}, beside {name}", ratio, "times"))
    return Outcome("decode", loaded.spec.device, tuple(figures))


def microseconds(decode: Callable[[bytes], object], octets: list[bytes]) -> float:
    """Of one octet string, the best round's mean."""

    def all_of_them() -> None:
        for one in octets:
            decode(one)

    timer = timeit.Timer(all_of_them)
    once = timer.timeit(1)
    number = max(1, int(SECONDS / max(once, 1e-7)))
    return min(timer.repeat(ROUNDS, number)) / number / len(octets) * 1e6
