"""`edge-agent schema`: JSON Schemas, for editors and for those who read what we send."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("kind", choices=sorted(SCHEMAS), help="of what")


def run(options: argparse.Namespace) -> int:
    """Print it."""
    print(text(options.kind), end="")
    return 0


def text(kind: str) -> str:
    """The schema as the repository keeps it."""
    return json.dumps(SCHEMAS[kind](), indent=1, ensure_ascii=False) + "\n"


def _config() -> dict[str, Any]:
    from edge_agent.config import settings

    return settings.json_schema()


def _record() -> dict[str, Any]:
    from edge_agent.model import forms

    return forms.json_schema()


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = MappingProxyType(
    {"config": _config, "record": _record}
)
