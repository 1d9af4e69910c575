"""The seam of the record forms: from the buffer's row to what an envelope holds of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from edge_agent.model.codes import CODES, Code
from edge_sync.wire.context import Context

Form = Callable[[bytes, Context], bytes]
"""From a row's payload (the model's JSON) to one JSON value."""


def compact(payload: bytes, _context: Context) -> bytes:
    """The model's own JSON, as it is in the buffer."""
    return payload


def form(name: str, kinds: Mapping[str, Code] = CODES) -> Form:
    """The form of that name: `compact` or `fhir`.

    Args:
        name: its name.
        kinds: what each kind of value is called, those that specs declare included.

    Raises:
        ValueError: there is no such form.
    """
    if name == "compact":
        return compact
    if name == "fhir":
        from edge_sync.wire.fhir import bundle

        return partial(bundle, kinds=kinds)
    raise ValueError(f"form {name!r} is neither compact nor fhir")
