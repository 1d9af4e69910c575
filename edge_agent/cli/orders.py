"""`edge-agent orders`: what is in a dispenser, and the orders of which nobody knows the end."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, answer, load, show_json, show_table
from edge_agent.control.answered import OrdersReply
from edge_agent.control.asked import LoadChannel, Orders, Request, SettleOrder, TrustRegisters


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    acts = parser.add_subparsers(dest="act", metavar="ACT")
    listing = acts.add_parser("list", help="channels, and orders that a person must settle")
    settle = acts.add_parser("settle", help="say what became of an order that nobody could tell")
    settle.add_argument("order", help="the order's id")
    settle.add_argument("--outcome", required=True, choices=("done", "partial", "not-done"))
    settle.add_argument(
        "--count", type=int, default=0, help="packs that came out, if not all or none"
    )
    loading = acts.add_parser("load", help="say what was put into a channel")
    loading.add_argument("alias", help="the dispenser")
    loading.add_argument("channel", type=int)
    loading.add_argument("--drug", required=True, help="code, as orders name it")
    loading.add_argument("--batch", required=True)
    loading.add_argument("--expires", required=True, metavar="DATE", help="last day, 2027-03-31")
    trust = acts.add_parser("trust", help="a dispenser was reset: believe its counters")
    trust.add_argument("alias", help="the dispenser")
    for act in (settle, loading, trust):
        act.add_argument("--who", required=True, help="who says so, as staff are known; is audited")
    for act in (parser, listing, settle, loading, trust):
        add_config(act)
        add_json(act)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    reply = answer(load(options.config).config, _asked(options), OrdersReply)
    if options.json:
        show_json(reply)
        return 0
    show_table(
        (
            "device",
            "channel",
            "drug",
            "batch",
            "expires",
            "open order",
            "packs",
            "what is not known",
        ),
        [
            (
                *(one.alias, one.channel, one.drug or "-", one.batch or "-", one.expires or "-"),
                *(one.order or "-", one.amount or "-", one.reason or "-"),
            )
            for one in reply.channels
        ],
    )
    return 0


def _asked(options: argparse.Namespace) -> Request:
    match options.act:
        case "settle":
            return SettleOrder(options.order, options.outcome, options.who, options.count)
        case "load":
            what = (options.drug, options.batch, options.expires, options.who)
            return LoadChannel(options.alias, options.channel, *what)
        case "trust":
            return TrustRegisters(options.alias, options.who)
        case _:
            return Orders()
