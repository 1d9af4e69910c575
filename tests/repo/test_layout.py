"""The layout's promises: docs/decisions/001-layout-of-folders-and-packages.md."""

import ast
import configparser
import re
import signal
import sysconfig
from pathlib import Path

import pytest

from tests.support.tree import own_files

SOURCE_ROOTS = ("drivers", "signal", "sync", "simulators")
PACKAGE_ROOTS = ("edge_agent", "firmware_specs", *(f"{r}/edge_{r}" for r in SOURCE_ROOTS))
# A home or work folder of somebody's machine. Written so that this file does not match itself.
MACHINE_PATH = re.compile(r"/(?:work|root|home/[a-z]+|Users)/" + r"[\w.]")


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    return list(own_files(root))


def packages_on_disk(root: Path) -> list[str]:
    found = [init.parent for top in PACKAGE_ROOTS for init in (root / top).rglob("__init__.py")]
    inside = [str(folder.relative_to(root)) for folder in found]
    names = [
        name.removeprefix(f"{name.split('/')[0]}/") if name.startswith(SOURCE_ROOTS) else name
        for name in inside
    ]
    return sorted(name.replace("/", ".") for name in names)


def test_signal_is_the_standard_librarys() -> None:
    assert Path(signal.__file__ or "").parent == Path(sysconfig.get_path("stdlib"))


@pytest.mark.parametrize("name", [*SOURCE_ROOTS, "tests", "demo", "bench", "faults"])
def test_a_folder_with_an_everyday_name_is_no_package(root: Path, name: str) -> None:
    assert not (root / name / "__init__.py").exists()


def test_test_folders_are_no_packages(root: Path) -> None:
    assert not list((root / "tests").rglob("__init__.py"))


def test_setup_cfg_lists_every_package(root: Path) -> None:
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg")
    assert setup["options"]["packages"].split() == packages_on_disk(root)


def test_every_folder_of_modules_is_a_package(root: Path) -> None:
    """One without `__init__.py` works from the source tree and is missing from the wheel."""
    folders = {path.parent for top in PACKAGE_ROOTS for path in (root / top).rglob("*.py")}
    assert not [str(f.relative_to(root)) for f in folders if not (f / "__init__.py").exists()]


def test_every_top_level_folder_has_a_readme(root: Path, tracked: list[Path]) -> None:
    tops = {path.relative_to(root).parts[0] for path in tracked if path.parent != root}
    shown = {top for top in tops if not top.startswith(".")}
    assert not [top for top in sorted(shown) if not (root / top / "README.md").exists()]


def test_every_module_has_a_docstring(root: Path, tracked: list[Path]) -> None:
    modules = [path for path in tracked if path.suffix == ".py"]
    silent = [m for m in modules if not ast.get_docstring(ast.parse(m.read_text()))]
    assert not [str(module.relative_to(root)) for module in silent]


def test_no_file_names_a_path_of_somebodys_machine(root: Path, tracked: list[Path]) -> None:
    found: list[str] = []
    for path in tracked:
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{path.relative_to(root)}: {match[0]}…" for match in MACHINE_PATH.finditer(text)]
    assert not found


def test_links_between_documents_lead_somewhere(root: Path, tracked: list[Path]) -> None:
    broken: list[str] = []
    for page in (path for path in tracked if path.suffix == ".md"):
        prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose)
        local = [target for target in targets if "://" not in target and "mailto:" not in target]
        broken += [
            f"{page.relative_to(root)}: {t}" for t in local if not (page.parent / t).exists()
        ]
    assert not broken
