"""The process: lock, store, agent, control socket, in this order; and back again on a signal.

Rule: what is refused is refused before the store is touched; what has started waits for nobody.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping

from edge_agent import systemd
from edge_agent.agent import begin
from edge_agent.config.settings import Config
from edge_agent.control import ControlServer
from edge_agent.lock import lock
from edge_agent.model.errors import StoreError
from edge_sync.store import Store
from firmware_specs.spec.types import LoadedSpec

HEARTBEAT_S = 10.0
_log = logging.getLogger(__name__)


async def run(config: Config, specs: Mapping[str, LoadedSpec]) -> None:
    """Run the agent until SIGTERM or SIGINT.

    Raises:
        LockedError: another agent holds the state folder.
        StoreError: the buffer cannot be opened.
        OSError: the state folder cannot be made or written.
    """
    stop = _stop_on_signals()
    with lock(config.state_dir):
        async with await Store.open(config.buffer) as store:
            await _serve(config, specs, store, stop)


async def _serve(
    config: Config, specs: Mapping[str, LoadedSpec], store: Store, stop: asyncio.Event
) -> None:
    agent = await begin(config, specs, store)
    try:
        group = config.gateway.control_group
        async with ControlServer(config.state_dir, agent.answers, group):
            systemd.notify("READY=1")
            await _beat_until(stop, store)
    finally:
        systemd.notify("STOPPING=1")
        await agent.stop()


async def _beat_until(stop: asyncio.Event, store: Store) -> None:
    """Tell the watchdog that we live: that the loop turns, and that the store answers."""
    limit = systemd.watchdog_seconds()
    every = limit / 3 if limit else HEARTBEAT_S
    while not stop.is_set():
        try:
            async with asyncio.timeout(every):
                await stop.wait()
        except TimeoutError:
            await _beat(store)


async def _beat(store: Store) -> None:
    try:
        await store.mark("", "heartbeat")
    except StoreError as error:  # unfed, the watchdog has us started anew
        _log.error("the store does not answer", exc_info=error)
    else:
        systemd.notify("WATCHDOG=1")


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
