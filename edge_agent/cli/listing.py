"""All devices and parts that the catalogue knows, for `edge-agent decode --list`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firmware_specs.spec.types import LoadedSpec, Part

Line = dict[str, object]


def listing(specs: Mapping[str, LoadedSpec]) -> list[Line]:
    """One object a part, in the order of names."""
    return [
        {
            "device": device,
            "title": loaded.spec.title.en,
            "aliases": list(loaded.spec.aliases),
            "spec": loaded.ref,
            "origin": loaded.origin,
            "part": name,
            "part_title": part.title,
            "where": where(part),
            "part_aliases": list(part.aliases),
        }
        for device, loaded in sorted(specs.items())
        for name, part in loaded.spec.parts.items()
    ]


def where(part: Part) -> str:
    """How the part is known on its wire."""
    if part.characteristic:
        return part.characteristic
    if part.registers:
        last = part.registers.address + part.registers.count - 1
        return f"FC{part.registers.function:02d} {part.registers.address}-{last}"
    return ""


def table(found: Sequence[Line]) -> str:
    """The listing for a person."""
    rows = [
        (str(i["device"]), str(i["part"]), str(i["where"]), str(i["part_title"])) for i in found
    ]
    rows.insert(0, ("DEVICE", "PART", "WHERE", "WHAT"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)).rstrip()
        for row in rows
    )
