"""constraints.txt names all that is installed for us, in the version the tests run with."""

import re
from importlib.metadata import distribution
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.support.distributions import closure

EXTRAS = ("demo", "dev", "export", "simulators", "test")


def pinned(root: Path) -> dict[str, str]:
    lines = (root / "constraints.txt").read_text()
    pairs = re.findall(r"^([\w.-]+)==(\S+)$", lines, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pairs}


def test_the_extras_are_those_of_setup_cfg() -> None:
    assert sorted(distribution("edge-gateway").metadata.get_all("Provides-Extra", [])) == [*EXTRAS]


def test_every_dependency_is_pinned_to_the_version_in_use(root: Path) -> None:
    used = closure(distribution("edge-gateway"), EXTRAS)
    versions = {canonicalize_name(dist.name): dist.version for dist in used if dist.name != "pip"}
    assert sorted(versions.items() - pinned(root).items()) == []
