"""`edge-agent status`: how the running agent is."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, load, show_json, show_table
from edge_agent.control import channel
from edge_agent.control.answered import StatusReply
from edge_agent.control.asked import Status


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show; 1 when no agent runs."""
    config = load(options.config).config
    reply = channel.ask(config.state_dir, Status(), StatusReply)
    if options.json:
        show_json(reply)
    else:
        _show(reply)
    return 0


def _show(reply: StatusReply) -> None:
    print(f"gateway  {reply.gateway} at {reply.site}, process {reply.process}")
    print(f"running  {reply.seconds:.0f} s")
    print(f"broker   {reply.broker}")
    receipt = "none yet" if reply.receipt is None else f"the last {reply.receipt:.0f} s ago"
    print(f"waiting  {reply.waiting} records for the region's receipt; {receipt}")
    print(f"link     {reply.carried / 1e6:.1f} MB today")
    print(f"clock    {reply.clock}, within {reply.clock_uncertainty:g} s")
    print(f"devices  {reply.connected} of {reply.devices} connected")
    if radio := reply.radio:
        print(f"radio    {radio.name}: {radio.connected} of {radio.limit} connections;", end=" ")
        print(f"failed {radio.reconnect}, scan anew {radio.restart_scan},", end=" ")
        print(f"power cycled {radio.power_cycle} times")
    for told in reply.advice:
        print(f"signal   {told}")
    for warning in reply.warnings:
        print(f"WARNING  {warning}")
    troubled = [task for task in reply.tasks if task.failure]
    if troubled:
        show_table(
            ("task", "restarts", "last failure"),
            [(task.name, task.restarts, task.failure) for task in troubled],
        )
