"""Consent codes of a scale's users: a file that few may read, and whose words are not repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.devices.consents import consents
from edge_agent.model.errors import LinkRefusedError


def test_lines_are_users_and_codes(tmp_path: Path) -> None:
    file = tmp_path / "scale.users"
    file.write_text("# the family\n\n1 1234\n2 0042\n")
    assert consents(str(file)) == {1: 1234, 2: 42}
    assert consents("") == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [("1", 1), ("1 1234\n1 2345", 2), ("255 1234", 1), ("1 54321", 1), ("one 8765", 1)],
)
def test_what_is_no_user_and_code_is_refused_and_not_repeated(
    tmp_path: Path, text: str, line: int
) -> None:
    file = tmp_path / "scale.users"
    file.write_text(text)
    with pytest.raises(LinkRefusedError, match=rf"scale\.users: line {line} is no") as refused:
        consents(str(file))
    assert not {"2345", "54321", "8765"} & set(str(refused.value).split())


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(LinkRefusedError, match=r"scale\.users: No such file"):
        consents(str(tmp_path / "scale.users"))
    (tmp_path / "scale.users").write_bytes(b"1 \xff")
    with pytest.raises(LinkRefusedError, match="is no UTF-8"):
        consents(str(tmp_path / "scale.users"))
