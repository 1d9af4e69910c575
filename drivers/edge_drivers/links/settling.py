"""When a Modbus RTU line may be asked, and which of its answers may be believed. Pure.

An RTU answer has no number, so one that comes after its time-out looks like the answer to the next
question (decision 043). Therefore after a time-out nothing is asked before the line has been silent
for `quiet` seconds, and the next answer of the unit that was late is believed only if as long a
silence follows it: if octets follow, it was the old answer, and what follows is the new one.
Otherwise only the pause between frames is kept.

Moments are seconds of any steady clock.
"""

from __future__ import annotations


class Settling:
    """What one line's silence says.

    Args:
        quiet: seconds of silence after a time-out; 0 where answers are numbered (TCP).
        pause: seconds of silence between frames; 0 for TCP.
    """

    def __init__(self, quiet: float, pause: float) -> None:
        self.quiet = quiet
        self._pause = pause
        self._unsettled = False
        self._heard = 0.0
        self._late: set[int] = set()

    def hear(self, now: float) -> None:
        """Octets came."""
        self._heard = now

    def give_up(self, unit: int, now: float) -> None:
        """This unit was asked and did not answer in time: its answer may come yet."""
        if self.quiet:
            self._late.add(unit)
            self._unsettled = True
            self._heard = now

    def left(self, now: float) -> float:
        """How long the line must still be silent before anything is asked; 0: it may be now."""
        silence = self.quiet if self._unsettled else self._pause
        left = max(0.0, self._heard + silence - now) if silence else 0.0
        self._unsettled = self._unsettled and left > 0
        return left

    def doubts(self, unit: int) -> bool:
        """Whether an answer of this unit counts only if `quiet` seconds of silence follow it."""
        return unit in self._late

    def judge(self, unit: int, answered: float) -> bool:
        """Whether nothing followed the answer that came at `answered`: it is to be believed.

        To be asked `quiet` seconds after it; if something followed, the line is unsettled again.
        """
        if self._heard > answered:
            self._unsettled = True
            return False
        self._late.discard(unit)
        return True
