"""Make the font that sheets embed in PDF: those of `edge_signal.sheets.words`, advice, ASCII.

    python bench/sheet_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

Takes Noto Sans CJK SC (SIL Open Font License 1.1), keeps what is written on sheets, and turns its
curves into TrueType's, the only ones that a PDF writer embeds everywhere. The licence wants another
name for what is changed: Edge Sheet Sans. Needs fonttools.
"""

from __future__ import annotations

import string
import sys
from pathlib import Path
from typing import Any

from ecg_records import tool
from edge_signal.advice import advice
from edge_signal.sheets.words import WORDS
from edge_signal.values import Reason

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "edge_agent" / "export" / "fonts" / "edge-sheet-sans.ttf"
ORIGINAL = "Noto Sans CJK SC"
NAME = "Edge Sheet Sans"
ALWAYS = (
    string.printable[:95]
    + "°\u2013\u2014·≥≤±µ年月日时分秒男女岁省市县区乡镇村卫生室院站所社服务中心"
)
ADVICE = "".join(
    advice(reason, f"ecg-lead-{lead}").zh
    for reason in Reason
    for lead in ("i", "ii", "iii", "v1", "unknown")
)
ERROR = 1.0


def main(source: str) -> None:
    """Write the font."""
    collection: Any = tool("fontTools.ttLib").TTCollection(source)
    font: Any = next(one for one in collection if one["name"].getDebugName(1) == ORIGINAL)
    wanted = sorted({*ALWAYS, *"".join(part for pair in WORDS.values() for part in pair), *ADVICE})
    cmap, glyphs = font.getBestCmap(), font.getGlyphSet()
    names: dict[int, str] = {ord(one): cmap[ord(one)] for one in wanted}
    order = [".notdef", *dict.fromkeys(names.values())]
    builder: Any = tool("fontTools.fontBuilder").FontBuilder(font["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    builder.setupGlyf({name: _quadratic(glyphs[name]) for name in order})
    builder.setupHorizontalMetrics({name: font["hmtx"][name] for name in order})
    builder.setupHorizontalHeader(ascent=font["hhea"].ascent, descent=font["hhea"].descent)
    builder.setupNameTable({"familyName": NAME, "styleName": "Regular", "psName": "EdgeSheetSans"})
    builder.setupOS2(sTypoAscender=font["OS/2"].sTypoAscender, fsType=0)
    builder.setupPost()
    builder.save(TARGET)
    print(f"{TARGET.relative_to(ROOT)}: {len(order)} glyphs, {TARGET.stat().st_size} octets")


def _quadratic(glyph: Any) -> Any:  # noqa: ANN401  fonttools has no types
    pen: Any = tool("fontTools.pens.ttGlyphPen").TTGlyphPen(None)
    glyph.draw(tool("fontTools.pens.cu2quPen").Cu2QuPen(pen, ERROR, reverse_direction=True))
    return pen.glyph()


if __name__ == "__main__":
    main(sys.argv[1])
