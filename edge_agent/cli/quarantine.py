"""`edge-agent quarantine`: what could not be sent, and why; a record whole."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from edge_agent.cli.common import add_config, add_json, answer, load, show_json, show_table
from edge_agent.config.settings import Config
from edge_agent.control.answered import QuarantineReply
from edge_agent.control.asked import Quarantine
from edge_agent.model.buffer import Aside


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    acts = parser.add_subparsers(dest="act", metavar="ACT")
    listing = acts.add_parser("list", help="all of them (what is done when nothing is said)")
    show = acts.add_parser("show", help="one, as it was stored")
    show.add_argument("row", type=int, help="its number in the list")
    for act in (parser, listing, show):
        add_config(act)
        add_json(act)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    config = load(options.config).config
    if options.act == "show":
        (row,) = answer(config, Quarantine(row=options.row), QuarantineReply).rows
        _show_whole(row, json=options.json)
        return 0
    rows = tuple(everything(config))
    if options.json:
        show_json(rows)
        return 0
    show_table(
        ("number", "lane", "sequence", "octets", "why"),
        [(one.id, one.lane, one.sequence, one.octets, one.reason) for one in rows],
    )
    return 0


def everything(config: Config) -> Iterator[Aside]:
    """All that is in quarantine, without their payloads."""
    after = 0
    while rows := answer(config, Quarantine(after=after), QuarantineReply).rows:
        yield from rows
        after = rows[-1].id


def _show_whole(row: Aside, *, json: bool) -> None:
    if json:
        show_json(row)
        return
    print(f"{row.lane} {row.sequence}: {row.reason}")
    print(row.payload.decode(errors="backslashreplace"))
