"""The commands, one module each: `add_arguments(parser)` and `run(options) -> int`.

A module is imported only when its command is given, so that `--help` answers at once on a slow box.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "run": "run the agent until it is told to stop",
        "status": "how the running agent is",
        "devices": "how each configured device is",
        "scan": "who is on the air, and which spec fits and why",
        "pair": "bring a device in: put it into pairing mode near the box, confirm, done",
        "unpair": "drive a paired device no more, and forget its bond",
        "bonds": "with which devices the radio has exchanged keys",
        "bind": "say whose a device's readings are from now on",
        "unbind": "a device's readings are nobody's from now on",
        "bindings": "whose is which device now",
        "buffer": "what waits to be sent, and what that costs the disk",
        "fsck": "check that the whole buffer is what was written",
        "quarantine": "what could not be sent, and why",
        "requeue": "send what could not be sent once more",
        "orders": "what is in a dispenser; settle an order of which nobody knows the end",
        "export": "write what waits to be sent on a stick, sealed for the region",
        "import-receipts": "let go of what a stick's receipts say the region has",
        "verify-audit": "check that nothing was changed in the audit chain",
        "doctor": "find what is wrong with this box, and say what to do",
        "decode": "say what octets of a device mean",
        "waveform": "write a recording out: WFDB, EDF+, DICOM, an ECG sheet as PDF or SVG",
        "trend": "blood pressure or glucose over days: averages, ranges, what does not suffice",
        "schema": "print a JSON Schema: of the configuration or of records",
    }
)


def module_of(command: str) -> str:
    """The module of a command."""
    return f"edge_agent.cli.{command.replace('-', '_')}"


def parser_for(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; only the command that is given knows its arguments."""
    parser = argparse.ArgumentParser(
        prog="edge-agent",
        description="The edge gateway: brings health devices to the region's record.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    given = next((one for one in arguments if not one.startswith("-")), "")
    for name, sentence in COMMANDS.items():
        command = commands.add_parser(name, help=sentence, description=f"{sentence.capitalize()}.")
        if name == given:
            import_module(module_of(name)).add_arguments(command)
    return parser
