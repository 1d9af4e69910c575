"""What a chain has learnt, as octets that may lie on a disk: plain values, a version and a digest.

Nothing is ever made of such octets but numbers, texts, arrays and the few records named here: they
are filled into a fresh chain of the same make, and only where its attributes have these names. What
is the same as in a fresh chain (filters, kernels) is not written.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np

from edge_signal.candidates import Candidate
from edge_signal.labels import Family
from edge_signal.values import Beat, BeatKind, Block, Flag, Quality, Rate, Reason

FORM = b"edge_signal state 1\n"
DIGEST = 32
LARGEST = 4_000_000
"""Octets; twelve leads at 1000 a second take 60,000."""

_RECORDS: dict[str, type[Any]] = {
    one.__name__: one for one in (Beat, Block, Candidate, Family, Quality, Rate)
}
_ENUMS: dict[str, type[StrEnum]] = {one.__name__: one for one in (BeatKind, Flag, Reason)}
_MANY: dict[str, type[Any]] = {one.__name__: one for one in (list, tuple, set, deque)}
_DTYPES = ("<f8", "<i8", "|b1")
_SAME = {"same": None}


class StateError(ValueError):
    """These octets are no state of this chain; it has to start afresh."""


def sealed(state: object) -> bytes:
    """A state (what `learnt` gave, and plain values) as octets."""
    body = zlib.compress(msgspec.msgpack.encode(state))
    return FORM + hashlib.sha256(body).digest() + body


def unsealed(octets: bytes) -> Any:  # noqa: ANN401  whatever was sealed
    """What was sealed.

    Raises:
        StateError: another form, damaged, or too large.
    """
    if not octets.startswith(FORM):
        raise StateError("the state is of another form")
    digest, body = octets[len(FORM) : len(FORM) + DIGEST], octets[len(FORM) + DIGEST :]
    if hashlib.sha256(body).digest() != digest:
        raise StateError("the state is damaged")
    unpacked = zlib.decompressobj()
    plain = unpacked.decompress(body, LARGEST)
    if not unpacked.eof:
        raise StateError("the state is too large")
    return msgspec.msgpack.decode(plain)


def learnt(now: Any, fresh: Any) -> Any:  # noqa: ANN401  plain values, nested
    """What differs from a fresh one of the same make.

    Raises:
        TypeError: it holds what cannot be written.
    """
    make = _make(now)
    if now is None or make in (bool, int, float, str):
        return now
    if isinstance(now, StrEnum):
        return {"enum": [make.__name__, str(now)]}
    if make is np.ndarray:
        return _array(now, fresh)
    if issubclass(make, np.generic):
        return now.item()
    if _MANY.get(make.__name__) is make:
        return _many(now, fresh)
    if _RECORDS.get(make.__name__) is make:
        told = {one.name: learnt(getattr(now, one.name), None) for one in fields(make)}
        return {"record": [make.__name__, told]}
    if is_dataclass(make) and now == fresh:
        return _SAME
    if make is not _make(fresh) or not hasattr(now, "__dict__"):
        raise TypeError(f"a {make.__name__} cannot be kept")
    return _attributes(now, fresh)


def refill(fresh: Any, state: Any) -> Any:  # noqa: ANN401  as `learnt`
    """The fresh one with what was learnt; what can be filled is filled in place.

    Raises:
        StateError: it is not of this make.
        KeyError, TypeError, ValueError: it was never made by `learnt`.
    """
    make = _make(state)
    if make is not dict:
        return state
    what, told = next(iter(state.items()))
    match what:
        case "same":
            return fresh
        case "enum":
            return _ENUMS[told[0]](told[1])
        case "array":
            return _arrayed(*told)
        case "record":
            return _RECORDS[told[0]](**{name: refill(None, told[1][name]) for name in told[1]})
        case "many":
            return _gathered(fresh, *told)
        case "object":
            return _filled(fresh, told)
        case _:
            raise StateError(f"a state holds no {what!r}")


def _make(one: Any) -> type[Any]:  # noqa: ANN401
    make: type[Any] = one.__class__
    return make


def _within(one: Any) -> dict[str, Any]:  # noqa: ANN401
    attributes: dict[str, Any] = one.__dict__
    return attributes


def _array(now: Any, fresh: Any) -> Any:  # noqa: ANN401
    make = _make(fresh)
    if make is np.ndarray and np.array_equal(now, fresh):
        return _SAME
    if now.dtype.str not in _DTYPES:
        raise TypeError(f"an array of {now.dtype} cannot be kept")
    return {"array": [now.dtype.str, list(now.shape), now.tobytes()]}


def _arrayed(dtype: str, shape: list[int], octets: bytes) -> Any:  # noqa: ANN401
    if dtype not in _DTYPES:
        raise StateError(f"a state holds no arrays of {dtype!r}")
    return np.frombuffer(octets, dtype).reshape(shape).copy()


def _many(now: Any, fresh: Any) -> Any:  # noqa: ANN401
    """In the order they have; each against the fresh one at its place, where there are as many."""
    make, count = _make(now), len(now)
    others = fresh if _is_tuple(fresh, count) else [None] * count
    items = sorted(now) if make is set else now
    told = [learnt(one, other) for one, other in zip(items, others, strict=True)]
    return {"many": [make.__name__, told, now.maxlen if make is deque else None]}


def _gathered(fresh: Any, name: str, told: list[Any], most: int | None) -> Any:  # noqa: ANN401
    others = fresh if _is_tuple(fresh, len(told)) else [None] * len(told)
    items = [refill(other, one) for other, one in zip(others, told, strict=True)]
    return deque(items, most) if name == "deque" else _MANY[name](items)


def _is_tuple(one: Any, count: int) -> bool:  # noqa: ANN401
    make = _make(one)
    return make is tuple and len(one) == count


def _attributes(now: Any, fresh: Any) -> Any:  # noqa: ANN401
    """Those that are not the very same object (a function, a design) in both."""
    before = _within(fresh)
    told = {
        name: learnt(value, before.get(name))
        for name, value in _within(now).items()
        if value is not before.get(name, ...)
    }
    return {"object": told} if told else _SAME


def _filled(fresh: Any, told: dict[str, Any]) -> Any:  # noqa: ANN401
    for name, state in told.items():
        if name not in _within(fresh):
            raise StateError(f"a {_make(fresh).__name__} has no {name!r}")
        setattr(fresh, name, refill(getattr(fresh, name), state))
    return fresh
