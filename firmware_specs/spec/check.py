"""What types cannot say about a spec: the checks across fields, parts, rules and the link."""

from __future__ import annotations

from collections.abc import Iterator

from firmware_specs.spec.problems import Problem
from firmware_specs.spec.types import Spec


def check_spec(spec: Spec) -> Iterator[Problem]:
    """Everything wrong with a spec, in the order of the file."""
    yield from ()
