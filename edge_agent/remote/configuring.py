"""`configure`: the region gives a configuration, which must reach the region or is taken back.

    act: checked whole ─▶ on disk as the one on trial ─▶ the agent starts anew with it
    recover, in the agent so started: a receipt within N minutes ─▶ kept, *done*
                                      none                       ─▶ taken back, *not-done*

Whoever is killed in between finds on disk how far it was. What the command itself rests on stays
as it is: the state folder, the gateway's place in the topics, the keys that are believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from edge_agent.config.remote import Given, Remote, State, digest
from edge_agent.config.settings import Config
from edge_agent.model.commands import Command, Conclusion, Outcome
from edge_agent.model.errors import CommandError
from edge_agent.model.seams import Audit, Clock
from edge_agent.remote.publishing import address_of

MINUTES: Final = 5
MOST_MINUTES: Final = 60
_TOLD: Final = 1_000
"""Characters of what is wrong with a configuration, at most."""
MINUTE_S: Final = 60
_LOOK_S: Final = 0.2
Check = Callable[[str], Config]
"""A text as a configuration; raises an `ExceptionGroup` of `FileError`."""


class Trials:
    """What a handler of `configure` needs of the process around it.

    Args:
        remote: where the region's configurations are.
        check: checks a text whole, specs included.
        restart: have the agent start anew with what is in force then.
        running: id of the command whose configuration this agent tries; "" for none.
    """

    def __init__(
        self, remote: Remote, check: Check, restart: Callable[[], None], running: str = ""
    ) -> None:
        self.remote = remote
        self.check = check
        self.restart = restart
        self.running = running


class Configure:
    """Acts on `configure`: arguments `text` (TOML) and `minutes` (1 to 60, 5 when left out).

    Args:
        config: in force.
        trials: of this process.
        reached: whether the region has confirmed anything since the start.
        audit, clock: where it is written down, and when.
    """

    def __init__(
        self,
        config: Config,
        trials: Trials,
        reached: Callable[[], bool],
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._config = config
        self._trials = trials
        self._reached = reached
        self._audit = audit
        self._clock = clock

    async def act(self, command: Command) -> Conclusion:
        """Check and start anew; the agent so started says how it went.

        Raises:
            CommandError: it cannot be accepted, and nothing was changed.
        """
        text, minutes = _arguments(command.arguments)
        _same(self._config, _checked(self._trials.check, text))
        remote = self._trials.remote
        given = Given(command.id, text, remote.base, minutes)
        await self._move(remote.read().proposed(given), "tried", digest(text.encode()))
        return await self._start_anew()

    async def recover(self, command: Command) -> Conclusion:
        """How it went."""
        state = self._trials.remote.read()
        if state.trial and state.trial.command == command.id:
            return await self._judge(state, state.trial)
        if state.kept and state.kept.command == command.id:
            return Conclusion(Outcome.DONE)
        if state.refused == command.id:
            return Conclusion(Outcome.NOT_DONE, state.reason)
        return Conclusion(Outcome.NOT_DONE, "the agent ended before it was tried")

    async def _judge(self, state: State, trial: Given) -> Conclusion:
        if self._trials.running != trial.command:
            return await self._start_anew()
        name = digest(trial.text.encode())
        try:
            async with asyncio.timeout(trial.minutes * MINUTE_S):
                while not self._reached():  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            reason = f"the region was not reached within {trial.minutes} min"
            await self._move(state.taken_back(reason), "taken back", name)
            return await self._start_anew()
        await self._move(state.accepted(), "kept", name)
        return Conclusion(Outcome.DONE)

    async def _move(self, state: State, what: str, name: str) -> None:
        event = {"what": "configure", "configuration": name, "is": what}
        await self._audit.append(event, self._clock.now())
        try:
            await asyncio.to_thread(self._trials.remote.write, state)
        except OSError as error:
            raise CommandError(f"the state folder cannot be written: {error.strerror}") from error

    async def _start_anew(self) -> Conclusion:
        """Have the agent stopped, and this with it: the command stays open for the next one."""
        self._trials.restart()
        await asyncio.get_running_loop().create_future()
        raise AssertionError("the agent did not stop")


def _arguments(arguments: Mapping[str, str | int]) -> tuple[str, int]:
    text, minutes = arguments.get("text"), arguments.get("minutes", MINUTES)
    if not isinstance(text, str):
        raise CommandError("there is no text")
    if not isinstance(minutes, int) or not 1 <= minutes <= MOST_MINUTES:
        raise CommandError(f"minutes is none of 1 to {MOST_MINUTES}")
    return text, minutes


def _checked(check: Check, text: str) -> Config:
    try:
        return check(text)
    except ExceptionGroup as group:
        reasons = "; ".join(map(str, group.exceptions))
        raise CommandError(reasons[:_TOLD]) from group


def _same(now: Config, then: Config) -> None:
    """What a command rests on must stay.

    Raises:
        CommandError: it would not.
    """
    for what, of in _KEPT.items():
        if of(now) != of(then):
            raise CommandError(f"{what} cannot be changed from afar")


_KEPT: Final[Mapping[str, Callable[[Config], object]]] = {
    "gateway.state_dir": lambda config: config.state_dir,
    "the gateway's place in the topics": lambda config: (config.region.root, address_of(config)),
    "region.command_keys_file": lambda config: config.region.command_keys_file,
}
