"""Counts what the link carries, day by day; of the count a kill costs a minute's part."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from edge_agent.model.errors import StoreError
from edge_agent.model.seams import Mark
from edge_sync import allowance
from edge_sync.allowance import Limits
from edge_sync.portions import Portion
from edge_sync.store import Store

log = logging.getLogger(__name__)
MARK: Final = "link-octets"
SAVE_S: Final = 60.0


class Meter:
    """Says what may go.

    Args:
        store: where the count is kept.
        limits: of the link's use.
        now: the site's local time.
    """

    def __init__(self, store: Store, limits: Limits, now: Callable[[], datetime]) -> None:
        self._store = store
        self._limits = limits
        self._now = now
        self._spent = allowance.Spent()
        self._seen = 0
        self._saved = float("-inf")

    @property
    def octets(self) -> int:
        """What the link has carried today."""
        return self._spent.octets

    async def begin(self) -> None:
        """Go on from what was kept.

        Raises:
            StoreError: it cannot be read.
        """
        self._spent = allowance.spent_of(await self._store.mark("", MARK))

    def connected(self) -> None:
        """A new connection has carried nothing yet."""
        self._seen = 0

    def read(self, carried: int) -> None:
        """So much has the present connection carried so far."""
        self._spent = allowance.add(self._spent, max(0, carried - self._seen), self._now())
        self._seen = max(carried, self._seen)

    async def keep(self, monotonic: float) -> None:
        """Keep the count, once a minute, where a budget needs it."""
        if not self._limits.octets or monotonic - self._saved < SAVE_S:
            return
        self._saved = monotonic
        try:
            await self._store.deliver([], marks=[Mark("", MARK, self._spent.text())])
        except StoreError as error:
            log.warning("the count of octets is not kept: %s", error)

    def may_go(self, portion: Portion) -> bool:
        """Whether the link may be used for a portion now."""
        if self._limits == Limits():
            return True
        return allowance.may_go(portion, self._limits, self._spent, self._now())
