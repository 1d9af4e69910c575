"""`edge-region`: the region's side as a program; `edge-region COMMAND --help` tells more.

Without a command it is the receiver: `edge-region mqtt://broker region.sqlite`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from edge_agent.model.errors import EdgeError

COMMANDS = {
    "receive": "edge_sync.region.cli.receive",
    "key": "edge_sync.region.cli.key",
    "send": "edge_sync.region.cli.send",
    "import": "edge_sync.region.cli.import_",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 well, 1 not, 2 an option to be mended."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    name = given.pop(0) if given and given[0] in COMMANDS else "receive"
    try:
        return int(import_module(COMMANDS[name]).run(given))
    except EdgeError as error:
        print(f"edge-region: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
