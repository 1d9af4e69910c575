"""`edge-agent doctor`: find what is wrong with this box, and say what to do.

Exit status 0 when nothing fails (there may be warnings), 1 when something does.
"""

from __future__ import annotations

import argparse

from edge_agent.answering.examination import Level, Result, examine
from edge_agent.answering.told import guarded
from edge_agent.cli.common import Loaded, add_config, add_json, load, show_json, show_table
from edge_agent.model.errors import FileError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Examine and show."""
    try:
        loaded = load(options.config)
    except* FileError as group:
        results = [
            Result("config", Level.FAIL, str(one).removesuffix(f"; {one.remedy}"), one.remedy)
            for one in _leaves(group)
        ]
    else:
        results = [
            *_accepted(options.config, loaded),
            *examine(loaded.config, loaded.specs),
            *guarded(loaded.config.state_dir),
        ]
    if options.json:
        show_json(results)
    else:
        _show(results)
    return 1 if any(one.level is Level.FAIL for one in results) else 0


def _leaves(group: ExceptionGroup[FileError]) -> list[FileError]:
    return [one for one in group.exceptions if isinstance(one, FileError)]


def _accepted(file: object, loaded: Loaded) -> list[Result]:
    devices = len(loaded.config.devices)
    return [
        Result("config", Level.OK, f"{file} is accepted, {devices} devices"),
        Result("specs", Level.OK, f"{len(loaded.specs)} are known"),
    ]


def _show(results: list[Result]) -> None:
    show_table(
        ("", "check", "found", "what to do"),
        [(one.level.upper(), one.check, one.said, one.remedy) for one in results],
    )
