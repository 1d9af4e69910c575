"""A page as SVG 1.1, exactly to scale: one user unit is one millimetre."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

import numpy as np

from edge_signal.sheets.page import Area, Item, Page, Points, Strokes, Words

FONTS = "'Noto Sans CJK SC', 'Noto Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"


def svg(page: Page) -> str:
    """The whole file."""
    width, height = f"{page.width:g}", f"{page.height:g}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" xml:space="preserve" font-family="{FONTS}">'
        f'<title>{escape(page.title)}</title><rect width="100%" height="100%" fill="#fff"/>'
    )
    return "\n".join((head, *map(_element, page.items), "</svg>", ""))


def _element(item: Item) -> str:
    match item:
        case Strokes(lines, ink):
            path = "".join(map(_path, lines))
            look = f'stroke="{ink.colour}" stroke-width="{ink.width:g}" stroke-linejoin="round"'
            return f'<path d="{path}" fill="none" {look}/>'
        case Area(x, y, width, height, colour):
            size = f'width="{width:g}" height="{height:g}"'
            return f'<rect x="{x:g}" y="{y:g}" {size} fill="{colour}"/>'
        case Words(x, y, text, size, anchor, colour):
            look = f'font-size="{size:g}" text-anchor="{anchor}" fill="{colour}"'
            return f'<text x="{x:g}" y="{y:g}" {look}>{escape(text)}</text>'


def _path(points: Points) -> str:
    """Hundredths of a millimetre, each point as its distance from the last."""
    whole = np.rint(points * 100).astype(np.int64)
    steps = np.diff(whole, axis=0)
    if len(whole) == 1:
        return ""
    start = f"M{whole[0, 0] / 100:g} {whole[0, 1] / 100:g}"
    return start + "l" + "".join(_steps(steps))


def _steps(steps: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Iterator[str]:
    for x, y in (steps / 100).tolist():
        yield f"{x:g} {y:g} "
