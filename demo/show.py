"""What a person sees: one line for what arrives at the region, and the verdict as a table. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promise import Count, Key

Record = Mapping[str, Any]
MOST_VALUES = 3
"""Of one frame, on the screen."""
STREAM_EVERY = 5
"""Of a stream's segments only each so many'th is shown."""


class Story:
    """Tells records as sentences; streams only now and then.

    Args:
        aliases: device key to alias.
        subjects: subject by device and slot; filled as bindings arrive.
    """

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._aliases = aliases
        self._subjects: dict[tuple[str, str], str] = {}
        self._segments: dict[str, int] = {}

    def tell(self, record: Record) -> Iterator[str]:
        """Lines for one record; none for what would only fill the screen."""
        alias = self._aliases.get(record.get("device", ""), "gateway")
        match record["type"]:
            case "frame":
                yield from self._frame(alias, record)
            case "gap":
                yield f"{alias:11} gap: {record['reason']}, recorded with its bounds"
            case "status" if record["link"] in ("connected", "refused"):
                yield f"{alias:11} {record['link']}"
            case "binding":
                slot = record.get("slot", "")
                self._subjects[record["device"], slot] = record["subject"]
                yield f"{alias:11} user slot {slot} is {record['subject']}"
            case _:
                return

    def _frame(self, alias: str, frame: Record) -> Iterator[str]:
        words = [_words(one) for one in frame.get("observations", ())]
        words[MOST_VALUES:] = (
            [f"{len(words) - MOST_VALUES} more"] if len(words) > MOST_VALUES else []
        )
        words += [f"{w['count']} samples of {w['rate']} Hz" for w in frame.get("waveforms", ())]
        if not words or (frame["name"].startswith("live:") and not self._due(alias)):
            return
        subject = self._subjects.get((frame["device"], frame.get("slot", "")), "")
        yield f"{alias:11} {'; '.join(words)}{f'  → {subject}' if subject else ''}"

    def _due(self, alias: str) -> bool:
        self._segments[alias] = self._segments.get(alias, 0) + 1
        return self._segments[alias] % STREAM_EVERY == 1


def _words(observation: Record) -> str:
    parts = observation.get("components") or [observation]
    values = "/".join(str(p.get("value") or p.get("text") or p.get("absent", "-")) for p in parts)
    unit = parts[0].get("unit", "")
    channel = observation.get("channel")
    kind = f"{observation['kind']} {channel}" if channel else observation["kind"]
    doubt = " (questionable)" if "questionable" in observation.get("status", ()) else ""
    return f"{kind} {values} {unit}".rstrip() + doubt


def table(verdict: Mapping[Key, Count], aliases: Mapping[str, str]) -> Iterator[str]:
    """The verdict, a line per class, device and part, and a sum per class."""
    yield _row("class", "device, what", "made", "recorded", "in a gap", "lost", "doubled")
    for kept in ("stored", "acknowledged", "live"):
        lines = [(key, count) for key, count in sorted(verdict.items()) if key[0] == kept]
        for (_, device, part), count in lines:
            yield _count("", f"{aliases.get(device, device)}, {part}", count)
        what = "all" if lines else "no device of this class here"
        yield _count(kept, what, _sum(count for _, count in lines))


def _count(kept: str, what: str, count: Count) -> str:
    lost, doubled = len(count.lost), len(count.doubled)
    return _row(kept, what, count.made, count.recorded, count.covered, lost, doubled)


def _row(kept: str, what: str, *columns: object) -> str:
    return f"{kept:13}{what:34}" + "".join(f"{column!s:>10}" for column in columns)


def _sum(counts: Iterator[Count]) -> Count:
    total = Count()
    for count in counts:
        total.made += count.made
        total.recorded += count.recorded
        total.covered += count.covered
        total.lost += count.lost
        total.doubled += count.doubled
    return total
