"""What the agent's tests share: a configuration that is accepted, and the specs of the package."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlite_utils  # noqa: F401  # pyright: ignore[reportUnusedImport] - loaded, files are made faster

from edge_agent.cli.common import Loaded, load
from tests.support.agent import HEAD, Configure


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """Where `configure` writes."""
    return tmp_path / "agent.toml"


@pytest.fixture
def configure(config_file: Path) -> Configure:
    """Write and load a configuration: `configure('[[device]]…', broker="mqtt://…")`."""

    def write(more: str = "", broker: str = "mqtt://127.0.0.1:1") -> Loaded:
        config_file.write_text(HEAD.format(broker=broker) + more)
        return load(config_file)

    return write
