"""What every simulated device has: a place in the clinic, a clock of its own, a way to be hurt."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from edge_simulators.faults import Fault, FaultError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A device's place in the clinic.

    Attributes:
        alias: under which people and logs know it.
        journals: folder of the journals; None keeps none.
        resident: who wears or uses it, when it is one person.
        seed: of its physiology; the same seed gives the same values.
    """

    alias: str
    journals: Path | None = None
    resident: str | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a device is reached.

    Attributes:
        spec: the firmware spec that describes it.
        key: under which the gateway will know it (`DeviceIdentity.key`).
        link: the wire and where: what the agent's configuration needs.
        line: the same, as one line for people.
        asset_tag: what a person wrote on it, when it cannot say itself who it is.
        slots: its user slots: number to resident.
    """

    spec: str
    key: str
    link: dict[str, str | int]
    line: str
    asset_tag: str = ""
    slots: dict[str, str] | None = None


class SimulatedDevice(Protocol):
    """A device that is started, reached, hurt and stopped."""

    @property
    def place(self) -> Place:
        """Where it is in the clinic."""
        ...

    def reach(self) -> Reach:
        """How it is reached; known once it has been started."""
        ...

    async def start(self) -> None:
        """Switch it on."""
        ...

    async def stop(self) -> None:
        """Switch it off and close its journal."""
        ...

    async def inflict(self, fault: Fault) -> None:
        """Let something go wrong.

        Raises:
            FaultError: it cannot happen to this device.
        """
        ...


class DeviceClock:
    """A device's own clock: a wall time without a zone, and as wrong as it is told to be."""

    def __init__(self) -> None:
        self.skew = timedelta()

    def now(self) -> datetime:
        """What the device believes, to the second."""
        return (_local() + self.skew).replace(microsecond=0)

    def set(self, told: datetime) -> None:
        """Somebody tells it the time."""
        self.skew = told - _local()


def _local() -> datetime:
    """The wall time here, without a zone."""
    return datetime.now(UTC).astimezone().replace(tzinfo=None)


class Contact:
    """Whether a device touches the body."""

    def __init__(self) -> None:
        self._lost_until = 0.0

    def lose(self, seconds: float) -> None:
        """Lose it for so long."""
        self._lost_until = asyncio.get_running_loop().time() + seconds

    def made(self) -> bool:
        """Whether there is contact."""
        return asyncio.get_running_loop().time() >= self._lost_until


def cannot(place: Place, fault: Fault) -> FaultError:
    """The refusal of a fault that does not happen to a device."""
    return FaultError(f"{fault.kind} cannot happen to {place.alias}")
