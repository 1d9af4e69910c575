"""Topics: `{root}/v1/` five administrative levels, site, gateway, then `up` or `down` and the lane.

The levels come first, so that each of the five subscribes to its own subtree. No person and no
device is ever named in a topic (law 7).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from edge_agent.model.errors import WireError
from edge_agent.model.records import Lane

VERSION: Final = "v1"
UP: Final = "up"
DOWN: Final = "down"
RECEIPT: Final = "receipt"
COMMAND: Final = "command"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_ROOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_DIGITS = {"province": 2, "city": 2, "county": 2, "township": 3, "village": 3}


class Address(msgspec.Struct, frozen=True):
    """Where a gateway is.

    Attributes:
        province, city, county: two digits each of GB/T 2260, `00` where there is none.
        township: three digits of GB/T 10114, `000` where there is none.
        village: three digits of the statistics bureau, `000` where there is none.
        site: the clinic or home: letters, digits, `.`, `_`, `-`; at most 63.
        gateway: the gateway's name in the site, of the same letters.

    Raises:
        ValueError: a part is not of its form.
    """

    province: str
    city: str
    county: str
    township: str
    village: str
    site: str
    gateway: str

    def __post_init__(self) -> None:
        for name, digits in _DIGITS.items():
            value = str(getattr(self, name))
            if not (len(value) == digits and value.isascii() and value.isdigit()):
                raise ValueError(f"{name} {value!r} is not {digits} digits")
        for name in ("site", "gateway"):
            if not _NAME.fullmatch(str(getattr(self, name))):
                raise ValueError(f"{name} {getattr(self, name)!r} is not of [A-Za-z0-9._-]")

    @property
    def path(self) -> str:
        """All levels, joined by slashes: the gateway's one name."""
        return "/".join(msgspec.structs.astuple(self))


def address(path: str) -> Address:
    """The address of a path.

    Raises:
        WireError: it is not one.
    """
    try:
        return Address(*path.split("/"))
    except (TypeError, ValueError) as error:
        raise WireError(f"gateway {path[:200]!r}: {error}") from error


def check_root(root: str) -> str:
    """The root as it is, when topics can begin with it.

    Raises:
        ValueError: it has a wildcard, an empty level, or another letter.
    """
    if not _ROOT.fullmatch(root):
        raise ValueError(f"topic root {root!r} is not levels of [A-Za-z0-9._-]")
    return root


def up(root: str, gateway: Address, lane: Lane) -> str:
    """Where a gateway publishes a lane."""
    return f"{root}/{VERSION}/{gateway.path}/{UP}/{lane}"


def down(root: str, gateway: Address, lane: str) -> str:
    """Where a gateway listens: `RECEIPT` or `COMMAND`."""
    return f"{root}/{VERSION}/{gateway.path}/{DOWN}/{lane}"


def subtree(root: str, *levels: str, lane: str = "+") -> str:
    """The filter for all that comes up from below an administrative level (`"42", "01"`)."""
    rest = ["+"] * (len(_DIGITS) + 2 - len(levels))
    return "/".join([root, VERSION, *levels, *rest, UP, lane])


def parse(root: str, topic: str) -> tuple[Address, str, str]:
    """A topic's gateway, direction and lane.

    Raises:
        WireError: it is not one of ours.
    """
    head = f"{root}/{VERSION}/"
    if not topic.startswith(head):
        raise WireError(f"topic {topic[:200]!r} is not under {head}")
    path, _, tail = topic[len(head) :].rpartition("/" + UP + "/")
    direction = UP
    if not path:
        path, _, tail = topic[len(head) :].rpartition("/" + DOWN + "/")
        direction = DOWN
    return address(path), direction, tail
