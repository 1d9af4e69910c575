"""`edge-agent`: the gateway's one command; `edge-agent COMMAND --help` tells more."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from edge_agent.cli import module_of, parser_for
from edge_agent.model.errors import EdgeError, FileError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 well, 1 not, 2 a file or option to be mended."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser_for(given).parse_args(given)
    module = import_module(module_of(options.command))
    try:
        return int(module.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except FileError as error:
        return _refuse([error], 2)
    except EdgeError as error:
        return _refuse([error], 1)
    except ExceptionGroup as group:
        files, others = group.split(FileError)
        if others or not files:
            raise
        return _refuse(files.exceptions, 2)


def _refuse(errors: Sequence[Exception], status: int) -> int:
    for error in errors:
        print(f"edge-agent: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
