"""What the manual says is so: its commands are understood, and nothing is left out of it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from edge_simulators.__main__ import parser
from edge_simulators.control import check_schedule
from edge_simulators.faults import MEANING, parse_fault
from edge_simulators.workshop import KINDS

README = Path(__file__).parents[2] / "simulators" / "README.md"
ALIASES = ["strap", "cuff", "meter", "ecg", "oximeter", "fridge", "dispenser", "room"]


def commands() -> list[str]:
    text = README.read_text(encoding="utf-8")
    return re.findall(r"^\$ edge-simulator (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_manual_is_understood(command: str) -> None:
    words = shlex.split(command)
    if words[0] == "fault":
        assert words[2] in ALIASES
        parse_fault(words[3:])
        return
    options = parser().parse_args(words)
    for fault in options.fault:
        check_schedule(fault, ALIASES)


def test_the_manual_leaves_nothing_out() -> None:
    text = README.read_text(encoding="utf-8")
    options = {
        option for option in re.findall(r"--[a-z-]+", parser().format_help()) if option != "--help"
    }
    for word in (*KINDS, *MEANING, *options):
        assert f"`{word}`" in text or f" {word}" in text, word
