"""Consent codes of a scale's users: a file of lines `NUMBER CODE`, which few may read."""

from __future__ import annotations

from pathlib import Path

from edge_agent.model.errors import LinkRefusedError

MOST_USER, MOST_CODE = 254, 9999
"""User Data Service 1.1, 3.4: 255 is an unknown user; codes have four digits."""


def consents(file: str) -> dict[int, int]:
    """Codes by user number; none without a file.

    Raises:
        LinkRefusedError: the file cannot be read, or a line of it; the line's words are not
            repeated, they may be a code.
    """
    found: dict[int, int] = {}
    for number, line in enumerate(_lines(file) if file else (), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        plain = len(words) == 2 and all(word.isdecimal() for word in words)
        user, code = map(int, words) if plain else (-1, -1)
        if not (0 <= user <= MOST_USER and 0 <= code <= MOST_CODE) or user in found:
            reason = f"line {number} is no user number and code, or the user's second one"
            raise LinkRefusedError(f"{file}: {reason}: write it as `1 1234`")
        found[user] = code
    return found


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no UTF-8"
        raise LinkRefusedError(f"{file}: {reason}: let it have lines `NUMBER CODE`") from error
