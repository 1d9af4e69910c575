"""`edge-agent decode DEVICE PART HEX`: what octets mean, as one JSON object a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from edge_agent.cli.decoding import decode
from edge_agent.cli.listing import listing, table
from edge_agent.cli.output import encode, lines
from edge_agent.cli.vectors import check_file, report
from edge_agent.model.errors import FileError
from firmware_specs import catalog
from firmware_specs.spec.types import LoadedSpec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.description = "Say what octets mean: one JSON object a line; exit status 1 on an error."
    parser.add_argument("device", nargs="?", metavar="DEVICE", help="spec name or any alias")
    parser.add_argument("part", nargs="?", metavar="PART", help="part, characteristic or alias")
    parser.add_argument("hex", nargs="*", metavar="HEX", help="octets; spaces and colons are fine")
    parser.add_argument(
        "--register",
        type=lambda text: int(text, 0),
        metavar="N",
        help="address of the first register that a Modbus reply answers",
    )
    parser.add_argument("--list", action="store_true", help="show all devices and parts known")
    parser.add_argument(
        "--vectors",
        type=Path,
        metavar="FILE",
        help="run a file of vectors: which pass, fail, are not covered",
    )
    parser.add_argument("--json", action="store_true", help="--list and --vectors as JSON")
    parser.add_argument("--specs-dir", type=Path, metavar="DIR", help="a folder of further specs")


def run(args: argparse.Namespace) -> int:
    """Do it.

    Returns:
        Exit status: 0, 1 when octets or vectors are in error, 2 when the question is.
    """
    status = 1
    try:
        status = _run(args)
    except* FileError as group:
        for error in group.exceptions:
            print(encode({"type": "error", "error": "spec", "message": str(error)}))
    return status


def _run(args: argparse.Namespace) -> int:
    specs = catalog.find_all(args.specs_dir)
    if args.device in specs.refused:
        specs.use(args.device)
    for error in _refusals(specs):
        print(f"edge-agent decode: not used: {error}", file=sys.stderr)
    if args.list:
        return _list(specs, as_json=args.json)
    if args.vectors:
        return _vectors(specs, args.vectors, as_json=args.json)
    if not (args.device and args.part and args.hex):
        print(
            "edge-agent decode: DEVICE PART HEX are needed, or --list, or --vectors FILE; "
            "see --help",
            file=sys.stderr,
        )
        return 2
    return _decode(specs, args)


def _refusals(specs: catalog.Catalog) -> Iterator[Exception]:
    for name in sorted(specs.refused):
        yield from specs.refused[name].exceptions


def _decode(specs: Mapping[str, LoadedSpec], args: argparse.Namespace) -> int:
    decoded = decode(args.device, args.part, " ".join(args.hex), specs, args.register)
    for line in lines(decoded):
        print(encode(line))
    return 1 if decoded.error else 0


def _list(specs: Mapping[str, LoadedSpec], *, as_json: bool) -> int:
    found = listing(specs)
    if as_json:
        for line in found:
            print(encode(line))
    else:
        print(table(found))
    return 0


def _vectors(specs: Mapping[str, LoadedSpec], file: Path, *, as_json: bool) -> int:
    results = check_file(file, specs)
    for line in report(results, as_json=as_json):
        print(line)
    return 1 if any(result.outcome == "failed" for result in results) else 0


def main() -> int:
    """The command on its own: `python -m edge_agent.cli.decode`."""
    parser = argparse.ArgumentParser(prog="edge-agent decode")
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
