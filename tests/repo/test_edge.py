"""`./edge` and the documents: what is written can be run."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGES = ("README.md", "CONTRIBUTING.md")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run as from a bare login: no variables but a path and a home."""
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(cwd)}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=bare,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def commands(root: Path) -> set[str]:
    said = run(root / "edge", "help", cwd=root).stdout
    return set(re.findall(r"^\./edge ([\w-]+)", said, re.MULTILINE))


def test_help_names_every_command_and_every_command_is_there(root: Path) -> None:
    source = (root / "edge").read_text()
    cases = re.findall(r"^([\w| -]+)\)", source.partition("case $command in")[2], re.MULTILINE)
    there = {case.split(" | ")[0] for case in cases}
    assert commands(root) == there >= {"demo", "test", "check", "bench", "fuzz", "setup", "help"}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_commands_that_are_there(root: Path, page: str) -> None:
    named = set(re.findall(r"\./edge ([a-z]+[a-z-]*)", (root / page).read_text()))
    assert named
    assert named <= commands(root)


def test_make_has_the_same_names(root: Path) -> None:
    targets = re.findall(r"^([\w ]+):$", (root / "Makefile").read_text(), re.MULTILINE)
    assert set(targets[0].split()) < commands(root)


def test_help_runs_from_anywhere_and_through_a_link(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "edge of the link"
    link.symlink_to(root / "edge")
    ended = run(link, cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "./edge demo" in ended.stdout


def test_an_unknown_command_fails_and_says_which_there_are(root: Path, tmp_path: Path) -> None:
    ended = run(root / "edge", "dmeo", cwd=tmp_path)
    assert ended.returncode == 1
    assert "no such command: dmeo" in ended.stderr
    assert "./edge demo" in ended.stderr


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Path:
    """A tree with our `edge` and an environment whose Python only notes how it is called."""
    for name in ("edge", "setup.cfg", "pyproject.toml", "constraints.txt"):
        shutil.copy(root / name, tmp_path / name)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        '#!/bin/sh\necho "$*" >>"$0.log"\ncase $* in *pip*) [ ! -e "$0.fails" ] ;; esac\n'
    )
    python.chmod(0o755)
    return tmp_path


def installed(clone: Path) -> list[str]:
    """The extras of each installation so far."""
    log = (clone / ".venv" / "bin" / "python.log").read_text()
    return re.findall(r"-e .*\[(.*)\]", log)


def set_up(clone: Path, kind: str) -> int:
    return run(clone / "edge", "setup", kind, cwd=clone.parent).returncode


def test_set_up_is_done_once(clone: Path) -> None:
    assert [set_up(clone, "demo"), set_up(clone, "demo")] == [0, 0]
    assert installed(clone) == ["demo,simulators"]


def test_what_serves_the_tests_serves_the_demo(clone: Path) -> None:
    assert [set_up(clone, "test"), set_up(clone, "demo")] == [0, 0]
    assert installed(clone) == ["demo,dev,simulators,test"]


@pytest.mark.parametrize("name", ["setup.cfg", "constraints.txt"])
def test_set_up_is_done_again_when_its_files_change(clone: Path, name: str) -> None:
    set_up(clone, "test")
    with (clone / name).open("a") as file:
        file.write("# changed\n")
    set_up(clone, "test")
    assert len(installed(clone)) == 2


def test_set_up_that_failed_is_tried_again(clone: Path) -> None:
    fails = clone / ".venv" / "bin" / "python.fails"
    fails.touch()
    assert set_up(clone, "test") == 1
    fails.unlink()
    assert set_up(clone, "test") == 0
    assert len(installed(clone)) == 2


def test_ci_runs_the_readmes_command(root: Path) -> None:
    assert "./edge test" in (root / "README.md").read_text()
    assert "REQUIRE_SERVICES=1 ./edge test" in (root / ".ci" / "run").read_text()
