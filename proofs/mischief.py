"""Bad luck for a dispenser and its wire, drawn by a seed: at each message, and now and then."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

from edge_simulators.faults import Fate, Fault, FaultKind, Passage, Tampering, cut_short
from edge_simulators.registers import LineDevice

LATE_S = (0.1, 0.4)
"""Beyond the time-out, within the time that a device without a sequence register settles in."""
AWAY_S = 6.0
"""Longer than patience lasts."""
_PAUSE_S = 0.15
_EVENTS: tuple[tuple[FaultKind, float, float, int], ...] = (
    ("restart", 0.02, 0.2, 30),
    ("jam-after", 0, 3, 30),
    ("door", 0.05, 0.2, 15),
    ("drop", 0.02, 0.1, 15),
    ("slow", 0.05, 0.1, 9),
    ("vanish", AWAY_S, AWAY_S, 1),
)
"""What happens to the device, from and to which amount, and how often among all of these."""


class BadWire(Tampering):
    """A wire on which each message has bad luck with some probability.

    Attributes:
        counts: what happened, how often.
    """

    __slots__ = ("_random", "chance", "counts")

    def __init__(self, random: Random, chance: float) -> None:
        super().__init__(cut_short)
        self._random = random
        self.chance = chance
        self.counts = Counter[str]()

    def fate(self) -> Fate:
        """Of a write: lost, late, carried out and unanswered, answered wrongly."""
        if self._random.random() >= self.chance:
            return Fate()
        name, fate = self._random.choice(
            (
                ("write lost", Fate(lost=True)),
                ("write late", Fate(late=self._random.uniform(*LATE_S))),
                ("echo lost", Fate(unanswered=True)),
                ("echo wrong", Fate(misechoed=True)),
            )
        )
        self.counts[name] += 1
        return fate

    def passage(self, octets: bytes) -> Passage:
        """Of an answer: lost, late, cut short, twice."""
        if self._random.random() >= self.chance / 2:
            return Passage(octets)
        name, passage = self._random.choice(
            (
                ("answer lost", Passage(octets, copies=0)),
                ("answer late", Passage(octets, delay=LATE_S[0])),
                ("answer cut short", Passage(cut_short(octets), fault="garbled")),
                ("answer twice", Passage(octets, copies=2)),
            )
        )
        self.counts[name] += 1
        return passage


async def befall(device: LineDevice, random: Random, counts: Counter[str], often: float) -> None:
    """Let things happen to a device, for ever; `often` of 1 is about five a second."""
    weights = [weight for *_, weight in _EVENTS]
    while True:
        await asyncio.sleep(random.expovariate(often / _PAUSE_S))
        kind, least, most, _ = random.choices(_EVENTS, weights)[0]
        amount = random.uniform(least, most)
        await device.inflict(Fault(kind, int(amount) if kind == "jam-after" else amount))
        counts[f"device: {kind}"] += 1
        if kind == "slow":
            await asyncio.sleep(_PAUSE_S)
            await device.inflict(Fault("slow", 0.003))
        if kind == "vanish":
            await asyncio.sleep(AWAY_S)
