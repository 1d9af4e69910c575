"""Libraries that only writing out needs, loaded when it does."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from edge_agent.model.errors import ExportError


def library(name: str) -> Any:  # noqa: ANN401  most have no types
    """A module of the extra `export`.

    Raises:
        ExportError: it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        whole = name.partition(".")[0]
        raise ExportError(
            f"{whole} is not installed: pip install 'edge-gateway[export]'"
        ) from error
