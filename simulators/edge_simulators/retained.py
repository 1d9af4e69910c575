"""What a dispenser remembers without power, and what truly fell out of it."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from edge_simulators.journal import boot_ns

FULL = 60
WRAP = 1 << 32
SEQUENCES = 1 << 16


@dataclass(frozen=True, slots=True)
class Past:
    """An order as the device knows it; `result` is 0 while it moves.

    Attributes:
        sequence, tag, channel, amount: as it was told; channel from 1.
        result: 1 done, 2 partial, 3 nothing moved, 4 refused.
        moved: packs that passed the sensor for it.
    """

    sequence: int
    tag: int = 0
    channel: int = 0
    amount: int = 0
    result: int = 0
    moved: int = 0


def _new_past() -> Past:
    """Of a new memory: a random sequence, so that a reset is noticed."""
    return Past(secrets.randbelow(SEQUENCES))


@dataclass(frozen=True, slots=True)
class Retained:
    """What survives a loss of power.

    Attributes:
        restarts: how often it was started.
        stock: packs in each channel.
        dispensed: packs that ever left each channel, modulo 2^32.
        past: the last order.
    """

    restarts: int = 0
    stock: tuple[int, ...] = (FULL,) * 4
    dispensed: tuple[int, ...] = (0,) * 4
    past: Past = field(default_factory=_new_past)

    def handed_out(self, channel: int) -> Retained:
        """One pack fewer in a channel, counted from 0; an empty one is filled first."""
        stock, dispensed = list(self.stock), list(self.dispensed)
        stock[channel] = (stock[channel] or FULL) - 1
        dispensed[channel] = (dispensed[channel] + 1) % WRAP
        return replace(self, stock=tuple(stock), dispensed=tuple(dispensed))


@dataclass(slots=True)
class Memory:
    """The retained values in a small file, replaced whole, so that a kill leaves no half of them.

    Beside it, `<name>.drops.jsonl` is the truth that no device has: a line for each pack that fell.
    """

    path: Path
    retained: Retained = field(default_factory=Retained)

    def load(self) -> None:
        """Read them, if there are any."""
        if self.path.exists():
            said = json.loads(self.path.read_text(encoding="utf-8"))
            past = Past(**said["past"]) if "past" in said else _new_past()
            self.retained = Retained(
                said["restarts"], tuple(said["stock"]), tuple(said["dispensed"]), past
            )

    def keep(self, retained: Retained) -> None:
        """Replace them."""
        self.retained = retained
        draft = self.path.with_suffix(".new")
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(retained)), encoding="utf-8")
        draft.replace(self.path)

    def fell(self, channel: int, **order: int) -> None:
        """A pack fell out of a channel, counted from 1; for which order, or for none."""
        line = {"at": boot_ns(), "channel": channel, **order}
        with self.path.with_suffix(".drops.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
