"""A page as PDF, exactly to scale, its font embedded; needs reportlab (extra `export`).

What is written on sheets is in the packaged font (docs/decisions/107). A line with any other
character, such as a clinic's name, is in the reader's own Song type, which PDF names and does not
embed.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import Any

from edge_agent.export.libraries import library
from edge_signal.sheets.page import Anchor, Area, Item, Page, Strokes, Words

FONT = "EdgeSheetSans"
OTHER_FONT = "STSong-Light"
POINTS_PER_MM = 72 / 25.4


def pdf(page: Page) -> bytes:
    """The whole file; the same page gives the same octets.

    Raises:
        ExportError: reportlab is not installed.
    """
    known = _fonts()
    canvas = library("reportlab.pdfgen.canvas").Canvas(
        "", pagesize=(page.width * POINTS_PER_MM, page.height * POINTS_PER_MM), invariant=1
    )
    canvas.setTitle(page.title)
    canvas.scale(POINTS_PER_MM, POINTS_PER_MM)
    canvas.setLineJoin(1)
    for item in page.items:
        _draw(canvas, item, page.height, known)
    canvas.showPage()
    octets: bytes = canvas.getpdfdata()
    return octets


def _draw(canvas: Any, item: Item, height: float, known: frozenset[int]) -> None:  # noqa: ANN401
    match item:
        case Strokes(lines, ink):
            path = canvas.beginPath()
            for line in lines:
                (x, y), *others = line.tolist()
                path.moveTo(x, height - y)
                for x, y in others:
                    path.lineTo(x, height - y)
            canvas.setStrokeColor(_colour(ink.colour))
            canvas.setLineWidth(ink.width)
            canvas.drawPath(path)
        case Area():
            canvas.setFillColor(_colour(item.colour))
            bottom = height - item.y - item.height
            canvas.rect(item.x, bottom, item.width, item.height, stroke=0, fill=1)
        case Words():
            canvas.setFillColor(_colour(item.colour))
            own = all(ord(one) in known for one in item.text)
            canvas.setFont(FONT if own else OTHER_FONT, item.size)
            getattr(canvas, _WRITE[item.anchor])(item.x, height - item.y, item.text)


_WRITE = {
    Anchor.START: "drawString",
    Anchor.MIDDLE: "drawCentredString",
    Anchor.END: "drawRightString",
}


def _colour(text: str) -> Any:  # noqa: ANN401  reportlab has no types
    return library("reportlab.lib.colors").HexColor(text)


@cache
def _fonts() -> frozenset[int]:
    """The characters of our own font, both fonts being registered with reportlab."""
    metrics = library("reportlab.pdfbase.pdfmetrics")
    with as_file(files("edge_agent.export") / "fonts" / "edge-sheet-sans.ttf") as file:
        font = library("reportlab.pdfbase.ttfonts").TTFont(FONT, str(file))
    metrics.registerFont(font)
    metrics.registerFont(library("reportlab.pdfbase.cidfonts").UnicodeCIDFont(OTHER_FONT))
    return frozenset(font.face.charToGlyph)
