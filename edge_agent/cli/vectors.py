"""Octets with expected values, from outside: does what we decode agree with them?

A vector is `{id, "device/profile", "characteristic or protocol", hex, expected, …}`. The names of
`expected` are other people's; the specs' `synonyms` say which field each is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.cli.decoding import Decoded, decode
from edge_agent.cli.lookup import UnknownError
from edge_agent.cli.matching import mismatches
from edge_agent.cli.output import encode
from edge_agent.model.errors import ConfigError
from firmware_specs.spec.types import LoadedSpec


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


def read_file(file: Path) -> list[Vector]:
    """The vectors in a file.

    Raises:
        ConfigError: it cannot be read, or holds something else.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Vector])
    except (OSError, msgspec.DecodeError) as error:
        remedy = "give a JSON list of vectors as in tests/data/vectors"
        raise ConfigError(str(file), "", f"holds no vectors: {error}", remedy) from error


def check_file(file: Path, specs: Mapping[str, LoadedSpec]) -> list[Result]:
    """What becomes of each vector of a file.

    Raises:
        ConfigError: it cannot be read, or holds something else.
    """
    return [check(vector, specs) for vector in read_file(file)]


def check(vector: Vector, specs: Mapping[str, LoadedSpec]) -> Result:
    """Decode a vector and hold the result against what it expects."""
    decoded = decode(vector.device, vector.part, vector.hex, specs, _register(vector))
    if isinstance(decoded.error, UnknownError):
        return Result(vector, "not-covered", (str(decoded.error),))
    return _result(vector, decoded)


def _result(vector: Vector, decoded: Decoded) -> Result:
    why = tuple(mismatches(vector.expected, decoded))
    return Result(vector, "failed" if why else "passed", why)


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
