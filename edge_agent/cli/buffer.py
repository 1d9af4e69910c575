"""`edge-agent buffer`: what waits to be sent, by lane, and what that costs the disk."""

from __future__ import annotations

import argparse
import sys
import time

from edge_agent.cli.common import add_config, add_json, answer, load, show_json, show_table
from edge_agent.control.answered import BufferReply, GapReply
from edge_agent.control.asked import Buffer
from edge_agent.model.buffer import Usage

EVERY_S = 1.0
_CLEAR = "\x1b[H\x1b[2J"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)
    add_json(parser)
    parser.add_argument(
        "--follow", action="store_true", help="once a second, until Ctrl-C; the agent must run"
    )


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    config = load(options.config).config
    if not options.follow:
        _show(answer(config, Buffer(), BufferReply), json=options.json)
        return 0
    from edge_agent.control import channel

    try:
        while True:
            reply = channel.ask(config.state_dir, Buffer(), BufferReply)
            if sys.stdout.isatty():
                print(_CLEAR, end="")
            _show(reply, json=options.json)
            sys.stdout.flush()
            time.sleep(EVERY_S)
    except KeyboardInterrupt:
        return 0


def _show(reply: BufferReply, *, json: bool) -> None:
    if json:
        show_json(reply)
        return
    show_table(
        ("lane", "waiting", "octets", "first", "last sequence", "oldest"),
        [
            (one.lane, one.rows, one.octets, one.first or "-", one.last, one.oldest or "-")
            for one in reply.lanes
        ],
    )
    for line in (*_way(reply), *_disk(reply.usage)):
        print(line)
    if reply.gaps:
        print(f"\nthe latest {len(reply.gaps)} of {reply.usage.gaps} gap records that wait:")
        show_table(
            ("missing of", "from", "until", "why", "how many"),
            [
                (_of(one), one.since or "-", one.until or "-", one.reason, _many(one))
                for one in reply.gaps
            ],
        )


def _of(gap: GapReply) -> str:
    return " ".join(filter(None, (gap.device, gap.part))) or f"lane {gap.lane}"


def _many(gap: GapReply) -> str:
    return "-" if gap.count is None else str(gap.count)


def _way(reply: BufferReply) -> list[str]:
    usage = reply.usage
    if reply.in_flight is None:
        told = ["no agent runs: nothing is under way"]
    else:
        told = [f"{reply.in_flight} messages in flight, {reply.unreceipted} rows without a receipt"]
    if usage.held:
        told.append(f"{usage.held} records wait for their subject ({_mb(usage.held_octets)})")
    if usage.quarantine:
        told.append(f"{usage.quarantine} records could not be sent: edge-agent quarantine says why")
    former = f", after {usage.former} others" if usage.former else ""
    return [*told, f"epoch {reply.epoch}{former}"]


def _disk(usage: Usage) -> list[str]:
    reserve = "a reserve lies ready" if usage.reserve else "THE RESERVE IS SPENT: the disk is full"
    told = [
        f"the file has {_mb(usage.octets)}, {_mb(usage.free)} of it to be used again;"
        f" the disk has {_mb(usage.disk)} left, {reserve}"
    ]
    if usage.written and usage.payload:
        times = usage.written / usage.payload
        told.append(
            f"since the start {_mb(usage.payload)} of records cost {_mb(usage.written)} of writing"
            f" ({times:.1f} times); a commit takes {1000 * usage.commit_s:.1f} ms"
        )
    return told


def _mb(octets: int) -> str:
    return f"{octets / 1e6:.1f} MB"
