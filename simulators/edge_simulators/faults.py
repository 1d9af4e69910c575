"""Faults on demand: what can go wrong with a device, as words that a technician types.

One language for the command line (`--fault "10 cuff vanish 5"`), the control socket and the tests:
the kind, then a number. What a kind does on each wire is in the device's module; what it does to
octets on their way is here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

FaultKind = Literal[
    "drop",
    "vanish",
    "garble",
    "duplicate",
    "delay",
    "clock",
    "battery",
    "probe-off",
    "jam",
    "door",
    "mains",
    "jam-after",
    "slow",
    "restart",
    "lost-write",
    "late-write",
    "lost-echo",
    "wrong-echo",
]

MEANING: dict[FaultKind, str] = {
    "drop": "SECONDS  the link is lost and told to both ends, and cannot be made again for so long",
    "vanish": "SECONDS  out of range or silent for so long; the other side must notice by itself",
    "garble": "COUNT    the next octet strings arrive damaged",
    "duplicate": "COUNT    the next octet strings are sent twice",
    "delay": "SECONDS  the next octet string leaves so much later",
    "clock": "SECONDS  the device's clock is wrong by so much",
    "battery": "PERCENT  the battery level",
    "probe-off": "SECONDS  finger out, electrodes off, no contact",
    "jam": "SECONDS  the dispenser's mechanism is stuck",
    "door": "SECONDS  the dispenser's or the refrigerator's door is open",
    "mains": "SECONDS  the refrigerator has no mains",
    "jam-after": "COUNT    the dispenser's next order jams after so many packs",
    "slow": "SECONDS  the dispenser takes so long for a pack",
    "restart": "SECONDS  the Modbus device has no power for so long",
    "lost-write": "COUNT    the next Modbus writes do not reach the device",
    "late-write": "SECONDS  the next Modbus write takes effect so much later, unanswered",
    "lost-echo": "COUNT    the next Modbus writes are carried out and not answered",
    "wrong-echo": "COUNT    the next Modbus writes are carried out and answered with other values",
}

ON_THE_WIRE: frozenset[FaultKind] = frozenset({"drop", "vanish", "garble", "duplicate", "delay"})
"""What can happen on any wire, whatever the device."""


class FaultError(ValueError):
    """Mend the command: it names what is wrong and what is possible."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        kind: which.
        amount: seconds, a count or per cent, as `MEANING` says.
    """

    kind: FaultKind
    amount: float


def parse_fault(words: list[str]) -> Fault:
    """A fault from its words, such as `["vanish", "5"]`; the number is 1 when it is left out.

    Raises:
        FaultError: no such fault, or no number.
    """
    if not words or len(words) > 2:
        raise FaultError("say KIND and NUMBER, such as: vanish 5")
    kind = next((k for k in get_args(FaultKind) if k == words[0]), None)
    if kind is None:
        raise FaultError(f"there is no fault {words[0]!r}; there are {', '.join(MEANING)}")
    try:
        amount = float(words[1]) if len(words) == 2 else 1.0
    except ValueError:
        raise FaultError(f"{words[1]!r} is no number") from None
    return Fault(kind, amount)


@dataclass(frozen=True, slots=True)
class Passage:
    """What becomes of octets on their way.

    Attributes:
        octets: as they arrive.
        copies: how often.
        delay: seconds later.
        fault: `garbled` when they are damaged.
    """

    octets: bytes
    copies: int = 1
    delay: float = 0.0
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a Modbus write.

    Attributes:
        lost: it does not reach the device.
        late: seconds after which it does, if it comes too late to be answered.
        unanswered: it is carried out and not answered.
        misechoed: its answer says something else.
    """

    lost: bool = False
    late: float = 0.0
    unanswered: bool = False
    misechoed: bool = False


@dataclass(slots=True)
class Tampering:
    """The faults that wait for the next octets.

    Attributes:
        damage: what damage looks like on this wire.
    """

    damage: Callable[[bytes], bytes]
    _garble: int = field(default=0, init=False)
    _duplicate: int = field(default=0, init=False)
    _delay: float = field(default=0.0, init=False)
    _fates: list[Fate] = field(default_factory=list[Fate], init=False)

    def inflict(self, fault: Fault) -> bool:
        """Let a fault wait; gives whether it is one of octets."""
        match fault.kind:
            case "garble":
                self._garble += int(fault.amount)
            case "duplicate":
                self._duplicate += int(fault.amount)
            case "delay":
                self._delay = fault.amount
            case "late-write":
                self._fates.append(Fate(late=fault.amount))
            case "lost-write" | "lost-echo" | "wrong-echo":
                self._fates += [_FATES[fault.kind]] * int(fault.amount)
            case _:
                return False
        return True

    def fate(self) -> Fate:
        """What becomes of the write that comes now."""
        return self._fates.pop(0) if self._fates else Fate()

    def passage(self, octets: bytes) -> Passage:
        """Let octets pass, and whatever waits for them happen."""
        delay, self._delay = self._delay, 0.0
        copies = 2 if self._duplicate else 1
        self._duplicate -= copies - 1
        if not self._garble:
            return Passage(octets, copies, delay)
        self._garble -= 1
        return Passage(self.damage(octets), copies, delay, "garbled")


_FATES: dict[str, Fate] = {
    "lost-write": Fate(lost=True),
    "lost-echo": Fate(unanswered=True),
    "wrong-echo": Fate(misechoed=True),
}


def cut_short(octets: bytes) -> bytes:
    """Damage where a checksum guards every bit (a radio, TCP): a device sends too little."""
    return octets[:-1]


def flip_bit(octets: bytes) -> bytes:
    """Damage on a bare line: one bit of the octet in the middle is wrong."""
    middle = len(octets) // 2
    return octets[:middle] + bytes([octets[middle] ^ 0x10]) + octets[middle + 1 :]
