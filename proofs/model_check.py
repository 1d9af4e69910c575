"""`./edge model-check`: explore everything; the exit status says whether all of it holds."""

from __future__ import annotations

import argparse
import sys
import time

from checker import explore
from scenarios import CONTROLS, SMALL, WHOLE


def main() -> int:
    """Print a line for each scenario, then the controls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="what the default tests explore")
    holds = True
    for scenario in SMALL if parser.parse_args().small else WHOLE:
        began = time.monotonic()
        found = explore(scenario.model, scenario.faults)
        holds = holds and not found.violation
        said = found.violation or f"holds; {', '.join(sorted(found.outcomes))}"
        seconds = time.monotonic() - began
        print(f"{scenario!s:<48}{found.states:>9} states{seconds:>7.0f} s  {said}", flush=True)
        for what in found.trace:
            print(f"    {what}")
    for name, scenario in CONTROLS.items():
        found = explore(scenario.model, scenario.faults)
        holds = holds and bool(found.violation)
        print(f"control, a machine that {name}: {found.violation or 'NOT FOUND OUT'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
