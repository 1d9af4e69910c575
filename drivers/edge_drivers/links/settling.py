"""When a Modbus RTU line may be asked, and which unit of it, and for how long. Pure.

An RTU answer has no number, so one that comes after its time-out looks like the answer to the next
question (decision 085). Rule of this file: a unit is not asked again while an answer of it may
still be on its way. It *owes* that answer until it comes, or until `latest` seconds after the
question, when no answer comes any more. How late it was becomes the unit's own time-out.

Besides, after a time-out nobody is asked before the line has been silent for `quiet` seconds, and
between frames there is always the pause of the standard.

Moments are seconds of any steady clock.
"""

from __future__ import annotations

MARGIN = 1.5
"""A unit that was late is waited for so many times longer than it took."""


class Settling:
    """What one line's silence says.

    Args:
        timeout: seconds to wait for an answer of a unit that was never late.
        quiet: seconds of silence after a time-out; 0 where answers are numbered (TCP).
        pause: seconds of silence between frames; 0 for TCP.
        latest: seconds after a question within which its answer comes, if it ever does.
    """

    def __init__(self, timeout: float, quiet: float, pause: float, latest: float) -> None:
        self.pause = pause
        self._timeout = timeout
        self._quiet = quiet
        self._latest = max(latest, timeout)
        self._unsettled = False
        self._heard = 0.0
        self._asked: dict[int, float] = {}
        self._slow: dict[int, float] = {}

    def timeout(self, unit: int) -> float:
        """How long to wait for this unit's answer."""
        return self._slow.get(unit, self._timeout)

    def hear(self, now: float, unit: int | None = None) -> None:
        """Octets came; where they are a whole answer that nobody waits for, of this unit."""
        self._heard = now
        if unit in self._asked:
            late = MARGIN * (now - self._asked.pop(unit))
            self._slow[unit] = min(self._latest, max(late, self.timeout(unit)))

    def give_up(self, unit: int, asked: float, now: float) -> None:
        """This unit was asked at `asked` and did not answer until now: its answer may come yet."""
        if self._quiet:
            self._asked[unit] = asked
            self.unsettle(now)

    def unsettle(self, now: float) -> None:
        """Nobody knows what is on the line: it must fall silent first."""
        self._unsettled = bool(self._quiet)
        self._heard = now

    def left(self, now: float) -> float:
        """How long the line must still be silent before anybody is asked; 0: it may be now."""
        silence = self._quiet if self._unsettled else self.pause
        left = max(0.0, self._heard + silence - now) if silence else 0.0
        self._unsettled = self._unsettled and left > 0
        return left

    def owes(self, unit: int, now: float) -> float:
        """How long an answer of this unit may still come; 0: it may be asked."""
        if unit not in self._asked:
            return 0.0
        left = self._asked[unit] + self._latest - now
        if left <= 0:
            del self._asked[unit]
        return max(0.0, left)
