"""The rows of the table: what is done to a village, when. Data."""

from __future__ import annotations

from dataclasses import dataclass

YEARS = 7 * 365
CARD_MS = 30
"""A durable commit is about 4.5 block writes on ext4, so this is a card of 150 writes a second."""


@dataclass(frozen=True, slots=True)
class Act:
    """At `at` seconds, a method of a part of `Village`, by its name."""

    at: float
    name: str
    arguments: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        name: on the command line.
        title: for people.
        seconds: how long the devices make readings; what is still to come after is drained.
        acts: in order; the agent is started by one of them. From the last one on nothing is
            disturbed: the time to drain counts from there.
        runs: how many are wanted.
        needs_root: it cannot be done without.
        polled: Modbus devices beside the clinic's, each read once a second; with the clinic's own
            it is some 100 readings a second.
    """

    name: str
    title: str
    seconds: float
    acts: tuple[Act, ...]
    runs: int = 20
    needs_root: bool = False
    polled: int = 60

    @property
    def needs_shim(self) -> bool:
        """Whether the agent's clock or its writes are disturbed."""
        return any(act.name.startswith("hardware.") for act in self.acts)


UP = Act(0, "agent.start")


def _row(
    name: str, title: str, seconds: float, *acts: Act, runs: int = 20, needs_root: bool = False
) -> Row:
    return Row(name, title, seconds, acts, runs, needs_root)


def _link(at: float, state: str) -> Act:
    return Act(at, "link.set", (state,))


ROWS = (
    _row("calm", "no fault", 20, UP),
    _row("cut", "TCP cut for 30 s", 45, UP, _link(8, "cut"), _link(38, "open")),
    _row("hole-30", "black hole for 30 s", 45, UP, _link(8, "hole"), _link(38, "open")),
    _row("hole-180", "black hole for 180 s", 195, UP, _link(8, "hole"), _link(188, "open"), runs=3),
    _row(
        "boot-offline", "boot offline, SIGKILL after 30 s, restart online", 45,
        _link(0, "cut"), UP, Act(30, "agent.kill"), _link(30, "open"), Act(31, "agent.start"),
    ),
    _row("kill", "SIGKILL online", 25, UP, Act(10, "agent.kill"), Act(11, "agent.start")),
    _row("term", "SIGTERM", 25, UP, Act(10, "agent.term"), Act(11, "agent.start")),
    _row(
        "kill-offline", "SIGKILL in the outage, restart offline", 45,
        UP, _link(8, "cut"), Act(18, "agent.kill"), Act(19, "agent.start"), _link(35, "open"),
    ),
    _row(
        "broker-kills", "broker SIGKILL, 50 times", 90,
        UP, *(Act(8 + 1.5 * n, "broker.kill") for n in range(50)),
    ),
    _row(
        "region-locked", "the region's database cannot be written for 20 s", 35,
        UP, Act(8, "region.lock"), Act(28, "region.unlock"),
    ),
    _row(
        "refusing", "a broker that refuses (ACL) for 20 s", 35,
        UP, Act(8, "broker.refuse"), Act(28, "broker.allow"),
    ),
    _row(
        "forgetting", "a broker that acknowledges and forgets for 15 s", 35,
        UP, Act(8, "region.forget"), Act(23, "region.start"),
    ),
    _row(
        "disk-full", "disk full for 15 s", 35,
        Act(0, "agent.disk.small"), UP, Act(8, "agent.disk.fill"), Act(23, "agent.disk.free"),
        needs_root=True,
    ),
    _row(
        "sync-error", "I/O error on fdatasync, five times", 30,
        UP, Act(8, "hardware.fail", (2,)), Act(12, "hardware.fail", (3,)),
    ),
    _row("slow-card", "a card of 150 writes a second", 30, Act(0, "hardware.slow", (CARD_MS,)), UP),
    _row(
        "clock", "the clock steps by +7, then -7 years", 35,
        UP, Act(8, "hardware.step", (YEARS,)), Act(16, "hardware.step", (-YEARS,)),
        Act(24, "hardware.step", (0,)),
    ),
    _row("outage", "13 hours offline at 2 readings a second, at once", 30,
         Act(0, "agent.offline", (13, 2)), UP, runs=3),
    _row("twin", "two agents under one gateway's name", 35, UP, Act(8, "twin.start")),
)  # fmt: skip
BY_NAME = {row.name: row for row in ROWS}
