"""Octets with expected values, from outside: does what we decode agree with them?

A file is a list of vectors, or `{"names": …, "vectors": […]}`; `firmware_specs/vectors.schema.json`
says how. The names of `expected` may be other people's: `names`, of the file and of the file beside
the spec, say which field each is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from edge_agent.cli.decoding import decode
from edge_agent.cli.lookup import UnknownError
from edge_agent.cli.matching import Names, mismatches
from edge_agent.cli.output import encode
from edge_agent.model.errors import ConfigError
from firmware_specs.spec.types import LoadedSpec

_NO_NAMES: Names = MappingProxyType({})


class Vector(msgspec.Struct, frozen=True):
    """Octets and what they must say."""

    id: str
    hex: str
    expected: dict[str, Any]
    device: str = msgspec.field(name="device/profile")
    part: str = msgspec.field(name="characteristic or protocol")
    source: str = ""
    origin: str = ""
    note: str = ""


class VectorFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The vectors of one spec.

    Attributes:
        names: what they call something, to our field or an aspect of it.
        vectors: the vectors.
    """

    vectors: list[Vector]
    names: dict[str, str | tuple[str, ...]] = {}


class Result(msgspec.Struct, frozen=True):
    """What became of a vector.

    Attributes:
        vector: the vector.
        outcome: `passed`, `failed`, or `not-covered` when no spec knows its device and part.
        why: of a failure: each name with what was expected and what was got.
    """

    vector: Vector
    outcome: str
    why: tuple[str, ...] = ()


def read_file(file: Path) -> VectorFile:
    """The vectors in a file.

    Raises:
        ConfigError: it cannot be read, or holds something else.
    """
    try:
        held = msgspec.json.decode(file.read_bytes(), type=list[Vector] | VectorFile)
    except OSError as error:
        remedy = "name a file of vectors that is there and may be read"
        reason = f"cannot be read: {error.strerror}"
        raise ConfigError(str(file), "", reason, remedy) from error
    except msgspec.DecodeError as error:
        remedy = "see firmware_specs/vectors.schema.json, and any vectors file beside a spec"
        raise ConfigError(str(file), "", f"holds no vectors: {error}", remedy) from error
    return held if isinstance(held, VectorFile) else VectorFile(held)


def check_file(file: Path, specs: Mapping[str, LoadedSpec]) -> list[Result]:
    """What becomes of each vector of a file.

    Raises:
        ConfigError: it cannot be read, or holds something else.
    """
    held = read_file(file)
    return [check(vector, specs, held.names) for vector in held.vectors]


def check(vector: Vector, specs: Mapping[str, LoadedSpec], names: Names = _NO_NAMES) -> Result:
    """Decode a vector and hold the result against what it expects.

    Args:
        vector: the vector.
        specs: the catalogue.
        names: of the vector's file, which go before those beside the spec.
    """
    decoded = decode(vector.device, vector.part, vector.hex, specs, _register(vector))
    if isinstance(decoded.error, UnknownError):
        return Result(vector, "not-covered", (str(decoded.error),))
    beside = _beside(specs[decoded.spec.device].origin) if decoded.spec else _NO_NAMES
    why = tuple(mismatches(vector.expected, decoded, {**beside, **names}))
    return Result(vector, "failed" if why else "passed", why)


@cache
def _beside(origin: str) -> Names:
    """The names in the vectors file beside a spec; none where there is no such file."""
    file = Path(origin).with_suffix(".vectors.json")
    return read_file(file).names if file.is_file() else _NO_NAMES


def _register(vector: Vector) -> int | None:
    """Which register a Modbus reply answers: the octets do not say it, the vector may."""
    register = vector.expected.get("register")
    return int(register, 0) if isinstance(register, str) else register


def report(results: Sequence[Result], *, as_json: bool) -> Iterator[str]:
    """One line a vector, then the counts."""
    for result in results:
        yield _json(result) if as_json else _text(result)
    counts = Counter(result.outcome for result in results)
    summary = {name: counts[name] for name in ("passed", "failed", "not-covered")}
    if as_json:
        yield encode({"type": "summary", **summary})
    else:
        yield ", ".join(f"{count} {name.replace('-', ' ')}" for name, count in summary.items())


def _json(result: Result) -> str:
    return encode(
        {
            "type": "vector",
            "id": result.vector.id,
            "outcome": result.outcome,
            "why": list(result.why),
        }
    )


def _text(result: Result) -> str:
    why = "".join(f"\n    {line}" for line in result.why)
    vector = result.vector
    return f"{result.outcome:<11}  {vector.id}  ({vector.device}, {vector.part}){why}"
