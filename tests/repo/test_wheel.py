"""The wheel holds everything and runs elsewhere, with no more than it says it needs.

An editable install hides three mistakes: a package missing from `packages`, a data file missing
from `package_data`, a dependency missing from `install_requires`. So the wheel is built and
installed in an environment of its own. To stay offline and quick that environment does not fetch
its dependencies: it gets links to just those distributions that the wheel's metadata names,
directly or through others, out of the environment that runs the tests.
"""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from tests.support.distributions import closure
from tests.support.tree import own_files

PACKAGES = {
    "edge_agent": "edge_agent",
    "edge_drivers": "drivers/edge_drivers",
    "edge_signal": "signal/edge_signal",
    "edge_simulators": "simulators/edge_simulators",
    "edge_sync": "sync/edge_sync",
    "firmware_specs": "firmware_specs",
}


def call(*command: str | Path, cwd: Path) -> str:
    """Run and return what was printed; a failure shows all of it."""
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}"
    return ended.stdout


@pytest.fixture(scope="module")
def source(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a commit of the whole tree would hold; no remains of earlier builds."""
    copy = tmp_path_factory.mktemp("source")
    for path in own_files(root):
        (copy / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy / path.relative_to(root))
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    call(sys.executable, "-m", "pip", "wheel", ".", *options, "-w", folder, cwd=source)
    return next(folder.glob("*.whl"))


def files_on_disk(source: Path) -> set[str]:
    return {
        f"{package}/{path.relative_to(source / folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in (source / folder).rglob("*")
        if path.is_file()
    }


def test_the_wheel_holds_every_file_of_the_packages(source: Path, wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    manuals = {f"{package}/README.md" for package in PACKAGES}
    wanted = files_on_disk(source) - manuals
    assert sorted(wanted - packed) == []
    assert sorted(packed - wanted) == []


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel and what it asks for."""

    python: Path
    elsewhere: Path

    def run(self, program: str, *arguments: str) -> str:
        return call(self.python.with_name(program), *arguments, cwd=self.elsewhere)


def link(dist: Distribution, folder: Path) -> None:
    """Make this distribution importable from the folder."""
    tops = {file.parts[0] for file in dist.files or ()} - {"..", "__pycache__"}
    for top in tops:
        if not (folder / top).exists():
            (folder / top).symlink_to(Path(str(dist.locate_file(top))))


def install(wheel: Path, extras: Iterable[str], folder: Path) -> Installed:
    environment, linked, elsewhere = folder / "venv", folder / "linked", folder / "elsewhere"
    linked.mkdir()
    elsewhere.mkdir()
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    call(*pip, "--no-deps", "--no-index", wheel, cwd=elsewhere)
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "linked.pth").write_text(f"{linked}\n")
    ours = next(iter(Distribution.discover(name="edge-gateway", path=[str(site)])))
    for dist in closure(ours, extras):
        link(dist, linked)
    return Installed(python, elsewhere)


@pytest.fixture(scope="module")
def gateway(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, [], tmp_path_factory.mktemp("gateway"))


@pytest.fixture(scope="module")
def technician(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, ["simulators"], tmp_path_factory.mktemp("technician"))


def test_what_is_not_asked_for_is_not_there(gateway: Installed) -> None:
    """Else the tests below would show nothing."""
    code = "import importlib.util as u; print(u.find_spec('pytest'), u.find_spec('bumble'))"
    assert gateway.run("python", "-c", code) == "None None\n"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_imported_from_the_wheel(technician: Installed, package: str) -> None:
    place = technician.run("python", "-c", f"import {package}; print({package}.__file__)")
    assert str(technician.python.parents[1]) in place


@pytest.mark.parametrize("program", ["edge-agent", "edge-region"])
def test_a_program_of_the_gateway_says_how_it_is_used(gateway: Installed, program: str) -> None:
    assert f"usage: {program}" in gateway.run(program, "--help")


def test_the_simulator_says_how_it_is_used(technician: Installed) -> None:
    assert "usage: edge-simulator" in technician.run("edge-simulator", "--help")


def test_the_packaged_specs_are_found(gateway: Installed) -> None:
    assert gateway.run("edge-agent", "decode", "--list").strip()
