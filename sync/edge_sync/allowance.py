"""What of the link may be used: octets a day, and hours in which history may go. Pure.

Alarms and results always go. While four fifths of the day's octets are gone, history waits for
tomorrow; when all are gone, so does all that is live. What waits stays in the buffer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from edge_agent.model.records import Lane
from edge_sync.portions import Portion

_ALWAYS: Final = (Lane.ALARM, Lane.RESULT)
_FOR_HISTORY: Final = 0.8


class Limits(msgspec.Struct, frozen=True):
    """What is allowed.

    Attributes:
        octets: a day, both ways; 0 for any number.
        hours: from which hour to which (exclusive) of the day history may go, such as (22, 6);
            None for all day.
    """

    octets: int = 0
    hours: tuple[int, int] | None = None


class Spent(msgspec.Struct, frozen=True):
    """What a day has cost so far.

    Attributes:
        day: as `2026-11-22`, in the site's zone.
        octets: that the link has carried.
    """

    day: str = ""
    octets: int = 0

    def text(self) -> str:
        """As it is kept."""
        return f"{self.day} {self.octets}"


def spent_of(text: str | None) -> Spent:
    """What `Spent.text` has told; nothing before the first day."""
    day, _, octets = (text or "").partition(" ")
    return Spent(day, int(octets)) if octets.isdigit() else Spent()


def add(spent: Spent, octets: int, now: datetime) -> Spent:
    """What is spent after so many octets more; a new day begins with nothing."""
    day = now.date().isoformat()
    return Spent(day, octets + (spent.octets if spent.day == day else 0))


def may_go(portion: Portion, limits: Limits, spent: Spent, now: datetime) -> bool:
    """Whether a portion may be sent now; `now` is the site's local time."""
    if portion.lane in _ALWAYS:
        return True
    if portion.history and not _is_within(limits.hours, now.hour):
        return False
    today = spent.octets if spent.day == now.date().isoformat() else 0
    most = limits.octets * (_FOR_HISTORY if portion.history else 1)
    return not limits.octets or today < most


def _is_within(hours: tuple[int, int] | None, hour: int) -> bool:
    if hours is None:
        return True
    first, last = hours
    return first <= hour < last if first < last else hour >= first or hour < last
