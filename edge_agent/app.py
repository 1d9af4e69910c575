"""The process: lock, store, agent, control socket, in this order; and back again on a signal.

Rule: what is refused is refused before the store is touched; what has started waits for nobody.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping

from edge_agent.agent import begin
from edge_agent.config.remote import Remote
from edge_agent.config.settings import Config
from edge_agent.control.channel import ControlServer
from edge_agent.model.errors import StoreCorruptError, StoreError
from edge_agent.process import logs, systemd
from edge_agent.process.limits import limits_of
from edge_agent.process.lock import lock
from edge_agent.remote.configuring import Trials
from edge_sync.store import Store
from firmware_specs.spec.types import LoadedSpec

HEARTBEAT_S = 10.0
_log = logging.getLogger(__name__)


Setup = tuple[Config, Mapping[str, LoadedSpec]]
"""A checked configuration and the specs by name."""
Parse = Callable[[str], Setup]
"""What a text says, in the place of the box's own file.

Raises:
    ExceptionGroup: of `FileError`: all that is wrong with it.
"""


async def run(own: Setup, base: str, parse: Parse) -> None:
    """Run the agent until SIGTERM or SIGINT; anew whenever its configuration changes.

    Args:
        own: what the box's own file says.
        base: digest of that file.
        parse: for the configurations that the region gives.

    Raises:
        LockedError: another agent holds the state folder.
        StoreError: the buffer cannot be opened.
        OSError: the state folder cannot be made or written.
    """
    stop = _stop_on_signals()
    config, _ = own
    with lock(config.state_dir):
        remote = Remote(config.state_dir, base)
        async with await Store.open(config.buffer, limits_of(config)) as store:
            while not stop.is_set():
                await _live(own, remote, parse, store, stop)


async def _live(
    own: Setup, remote: Remote, parse: Parse, store: Store, stop: asyncio.Event
) -> None:
    """Once from start to stop; a configuration that does not even start is taken back."""
    (config, specs), trial = in_force(own, remote, parse)
    logs.set_up(config.log)
    again = asyncio.Event()
    trials = Trials(remote, lambda text: parse(text)[0], again.set, trial)
    try:
        await _serve(config, specs, store, trials, (stop, again))
    except Exception as error:
        if remote.read().trial is None:
            raise
        _log.exception("a configuration from the region does not start and is taken back")
        remote.write(remote.read().taken_back(f"it does not start ({type(error).__name__})"))


def in_force(own: Setup, remote: Remote, parse: Parse) -> tuple[Setup, str]:
    """What the agent is to start with, and the id of the command that has it tried.

    Raises:
        OSError: the state folder cannot be written.
    """
    before = remote.read()
    state = before.started()
    if state != before:
        remote.write(state)
    if state.given is None:
        return own, ""
    try:
        return parse(state.given.text), state.trial.command if state.trial else ""
    except ExceptionGroup as group:
        reason = "; ".join(map(str, group.exceptions))
        _log.error("the region's configuration is not accepted any more: %s", reason)
        if state.trial is None:
            return own, ""
        remote.write(state.taken_back(reason))
        return in_force(own, remote, parse)


async def _serve(
    config: Config,
    specs: Mapping[str, LoadedSpec],
    store: Store,
    trials: Trials,
    ends: tuple[asyncio.Event, ...],
) -> None:
    agent = await begin(config, specs, store, trials)
    try:
        group = config.gateway.control_group
        async with ControlServer(config.state_dir, agent.answers, group):
            systemd.notify("READY=1")
            await _beat_until(ends, store)
    finally:
        if ends[0].is_set():
            systemd.notify("STOPPING=1")
        await agent.stop()


async def _beat_until(ends: tuple[asyncio.Event, ...], store: Store) -> None:
    """Tell the watchdog that we live: that the loop turns, and that the store answers."""
    limit = systemd.watchdog_seconds()
    every = limit / 3 if limit else HEARTBEAT_S
    waits = [asyncio.create_task(end.wait()) for end in ends]
    try:
        while not any(end.is_set() for end in ends):
            done, _ = await asyncio.wait(waits, timeout=every, return_when="FIRST_COMPLETED")
            if not done:
                await _beat(store)
    finally:
        for wait in waits:
            wait.cancel()


async def _beat(store: Store) -> None:
    if store.damage:
        raise StoreCorruptError(f"the buffer is damaged, a start repairs it: {store.damage}")
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
