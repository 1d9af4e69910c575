"""The loads that gateways are watched under: how their devices are started, what they make."""

from __future__ import annotations

from dataclasses import dataclass

from scene import HERE

BENCH_DEVICES = 50
BENCH = ("edge-simulator", "modbus-bench", "--units", str(BENCH_DEVICES))
DROP_AT = 3.0


def _out_of_step() -> tuple[str, ...]:
    """Each device away for a time of its own: the agent's jitter brings them back out of step."""
    words: list[str] = []
    for number in range(BENCH_DEVICES):
        words += ["--fault", f"{DROP_AT} bench-{number + 1} drop {1 + number / BENCH_DEVICES:g}"]
    return tuple(words)


@dataclass(frozen=True, slots=True)
class Load:
    """Devices that make points.

    Attributes:
        title: for people.
        devices: command that starts the simulated devices.
        rate: points a second that they make, at least.
    """

    title: str
    devices: tuple[str, ...]
    rate: float


IDLE = Load(
    "idle: one Modbus TCP device of 2 points at 1 Hz", ("edge-simulator", "xy-md02"), rate=2
)
STRAP = Load(
    "idle: one heart rate strap at 1 Hz over the virtual radio (bumble in the agent)",
    ("edge-simulator", "heart-rate"),
    rate=1,
)
POINTS = Load("1,000 points/s: 50 Modbus TCP devices of 20 points at 1 Hz, in step", BENCH, 1000)
SPREAD = Load(
    "1,000 points/s: 50 Modbus TCP devices of 20 points at 1 Hz, out of step",
    (*BENCH, *_out_of_step()),
    1000,
)
STREAMS = Load(
    "8 streaming devices: 4 ECG straps at 130/s and 4 heart rate straps, virtual radio",
    ("python", str(HERE / "straps.py")),
    rate=0,
)
