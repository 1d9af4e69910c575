"""What is drawn on a page: strokes, areas and words, in millimetres from its top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


class Ink(NamedTuple):
    """How a stroke looks.

    Attributes:
        colour: `#rrggbb`.
        width: mm.
    """

    colour: str
    width: float


class Anchor(StrEnum):
    """Which part of the words is at their place."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """Lines of one ink; each has the shape (n, 2): x, y."""

    lines: tuple[Points, ...]
    ink: Ink


@dataclass(frozen=True, slots=True)
class Area:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text.

    Attributes:
        x, y: where its baseline is.
        text: Chinese or English.
        size: of the font, mm.
        anchor: which part of it is at x.
        colour: `#rrggbb`.
    """

    x: float
    y: float
    text: str
    size: float = 3.0
    anchor: Anchor = Anchor.START
    colour: str = "#000000"


Item = Strokes | Area | Words


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page, drawn from the first item to the last.

    Attributes:
        width, height: mm; A4 landscape is 297 by 210.
        title: what it is, for the file's own description.
        items: what is on it.
    """

    title: str
    items: tuple[Item, ...]
    width: float = 297.0
    height: float = 210.0


def segment(x1: float, y1: float, x2: float, y2: float) -> Points:
    """A straight line."""
    return np.array([[x1, y1], [x2, y2]])
