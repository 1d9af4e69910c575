"""Whose commands this gateway takes, and who acts on them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from edge_agent.config.settings import Config
from edge_agent.model.commands import CommandHandler
from edge_agent.model.errors import FileError
from edge_agent.model.times import Measured
from edge_agent.remote.publishing import address_of
from edge_sync.commands import Terms
from edge_sync.keys import Keyring, read_keyring

_log = logging.getLogger(__name__)


def terms(
    config: Config, handlers: Mapping[str, CommandHandler], now: Callable[[], Measured]
) -> Terms:
    """What the publisher's inbox is told.

    Args:
        config: the agent's.
        handlers: who acts, by the command's kind.
        now: what time it is, as far as anybody knows.
    """
    return Terms(address_of(config).path, _keyring(config.region.command_keys_file), handlers, now)


def _keyring(file: str) -> Keyring:
    """The configured keys; none, which takes no command, while they cannot be read."""
    try:
        return read_keyring(Path(file)) if file else Keyring({})
    except FileError as error:
        _log.error("no command is taken: %s", error)
        return Keyring({})
