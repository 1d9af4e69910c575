"""How long a stock will last, from what was taken each day. Pure.

Method: mean and variance of a day's consumption, each day counting 5 % less than the one after it
(a half-life of 13.5 days: what was asked for last month says little of this month). The cautious
answer is the least number of days d by which the stock is used up with nine chances in ten at most
once: with the consumption of d days normal, of mean m*d and variance v*d,

    m*d + z*sqrt(v*d) = stock,   z = 1.2816 (one-sided 90 %)

The variance is taken to be no less than the mean (Poisson), for a few quiet days prove nothing.
Sources: exponentially weighted moments, Finch T, Incremental calculation of weighted mean and
variance (2009), section 9; (R, s) stock models with normal lead-time demand, Silver EA, Pyke DF,
Thomas DJ, Inventory and Production Management in Supply Chains (4th ed.), chapter 6.
"""

from __future__ import annotations

import math

import msgspec

KEPT = 0.95
"""What a day counts for beside the one after it."""
Z = 1.2816
LEAST_DAYS = 3
"""Whole days after which a forecast is made."""


class Demand(msgspec.Struct, frozen=True):
    """What was taken on whole days, the latest counting most.

    Attributes:
        days: how many.
        weight: sum of the days' weights.
        sum: weighted sum of packs.
        squares: weighted sum of their squares.
    """

    days: int = 0
    weight: float = 0.0
    sum: float = 0.0
    squares: float = 0.0

    def after(self, packs: float) -> Demand:
        """One more day."""
        return Demand(
            self.days + 1,
            KEPT * self.weight + 1,
            KEPT * self.sum + packs,
            KEPT * self.squares + packs * packs,
        )

    @property
    def mean(self) -> float:
        """Packs a day."""
        return self.sum / self.weight if self.weight else 0.0

    @property
    def variance(self) -> float:
        """Of the packs of a day; at least the mean."""
        if not self.weight:
            return 0.0
        return max(self.mean, self.squares / self.weight - self.mean**2)


class Supply(msgspec.Struct, frozen=True):
    """How many days a stock will last.

    Attributes:
        likely: at the mean consumption; infinite where nothing was taken.
        cautious: it is gone earlier in one case of ten.
    """

    likely: float
    cautious: float


def supply(demand: Demand, stock: int) -> Supply | None:
    """The forecast; None while too few days are known."""
    if demand.days < LEAST_DAYS:
        return None
    mean = demand.mean
    if mean == 0:
        return Supply(math.inf, math.inf)
    spread = Z * math.sqrt(demand.variance)
    root = (math.sqrt(spread**2 + 4 * mean * stock) - spread) / (2 * mean)
    return Supply(stock / mean, root**2)
