"""What guards told and what goes on, in words for a technician."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from edge_agent.answering.examination import Level, Result
from edge_agent.control import channel
from edge_agent.control.answered import DevicesReply
from edge_agent.control.asked import Devices

SAID: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "swapped": (
            "temperature and humidity look swapped",
            "its registers are read in the wrong order: use a spec with the other, as rs-ws-n01",
        ),
        "silent": ("no reading for too long", "check power, cable and address of the sensor"),
        "temperature-high": ("it is too warm", "look at it, and move what is in it"),
        "temperature-low": ("it is too cold", "look at it, and move what is in it"),
        "humidity-high": ("it is too humid", "look at it"),
        "humidity-low": ("it is too dry", "look at it"),
        "door": ("its door is open", "shut it"),
        "mains": ("it has no mains", "check plug and fuse, and move what is in it"),
        "stock-out": ("a channel is empty", "fill it"),
        "stock-short": ("a channel will not last a week", "order what is in it"),
        "stock-expires": ("a batch expires soon", "use it first"),
        "stock-expired": ("a batch has expired", "take it out"),
    }
)


def said(name: str) -> tuple[str, str]:
    """A sentence for what a guard told of (`temperature-high:upper`), and what to do about it."""
    kind, _, where = name.partition(":")
    sentence, remedy = SAID.get(kind, (kind, "look at it"))
    return (f"{sentence} ({where})" if where else sentence), remedy


def guarded(state_dir: Path) -> Iterator[Result]:
    """What the guards of a running agent told of, mistakes of commissioning among it.

    An agent that is not there or does not answer has told nothing.
    """
    try:
        devices = channel.ask(state_dir, Devices(), DevicesReply).devices
    except (channel.NotRunningError, channel.RefusedError, OSError):
        return
    for device in devices:
        for name in device.told:
            sentence, remedy = said(name)
            level = Level.FAIL if name == "swapped" else Level.WARN
            yield Result(device.alias, level, sentence, remedy)
