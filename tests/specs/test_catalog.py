"""Specs are found in the package, in a folder, through entry points; each has vectors."""

import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from edge_agent.cli.vectors import check_file, read_file
from edge_agent.model.errors import SpecError
from firmware_specs import catalog

DEVICES = Path(catalog.__file__).parent / "devices"
SPECS = sorted(path.stem for path in DEVICES.glob("*.toml"))

TALLY = """\
format = 1
device = "tally"
title = { en = "Tally counter", zh = "计数器" }
sources = { maker = "The maker's leaflet" }

[link]
type = "shared"

[parts.count]
title = "How often the button was pressed"
source = "maker page 2"
event = "count"
fields = [{ name = "presses", type = "u16" }]
"""
TALLY_VECTORS = """[{"id": "tally-1", "device/profile": "tally",
  "characteristic or protocol": "count",
  "hex": "0201", "expected": {"presses": 258}, "source": "leaflet", "origin": "external"}]"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tally.toml").write_text(TALLY)
    (tmp_path / "tally.vectors.json").write_text(TALLY_VECTORS)
    return tmp_path


@contextmanager
def refusal(told: str) -> Generator[None]:
    """Exactly one refusal, that says so."""
    with pytest.raises(ExceptionGroup) as refused:
        yield
    (error,) = refused.value.exceptions
    assert isinstance(error, SpecError)
    assert re.search(told, str(error)), str(error)


@pytest.mark.parametrize("device", SPECS)
def test_every_spec_has_vectors_and_they_pass(device: str) -> None:
    vectors = DEVICES / f"{device}.vectors.json"
    results = check_file(vectors, catalog.find_all())
    assert results
    assert not [(r.vector.id, r.outcome, r.why) for r in results if r.outcome != "passed"]


@pytest.mark.parametrize("device", SPECS)
def test_every_vector_says_where_it_is_from(device: str) -> None:
    for vector in read_file(DEVICES / f"{device}.vectors.json").vectors:
        assert vector.source, vector.id
        assert vector.origin, vector.id


def test_no_vectors_without_a_spec() -> None:
    assert {path.name.removesuffix(".vectors.json") for path in DEVICES.glob("*.json")} == set(
        SPECS
    )


def test_names_and_aliases_mean_one_spec() -> None:
    seen: dict[str, str] = {}
    for device, loaded in catalog.find_all().items():
        for name in {device, *map(str.casefold, loaded.spec.aliases)}:
            assert seen.setdefault(name, device) == device


def test_a_spec_carries_the_digest_of_its_text() -> None:
    loaded = catalog.find("heart-rate")
    assert loaded.ref == f"heart-rate@{loaded.digest[:12]}"
    assert len(loaded.digest) == 64


def test_an_unknown_device_is_named_with_the_known_ones() -> None:
    with refusal(r"there is no such spec.*heart-rate"):
        catalog.find("toaster")


def test_a_folder_goes_before_the_package(tmp_path: Path) -> None:
    text = (DEVICES / "xy-md02.toml").read_text().replace("0.1", "0.01")
    (tmp_path / "xy-md02.toml").write_text(text)
    assert catalog.find("xy-md02", tmp_path).digest != catalog.find("xy-md02").digest


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with refusal("is no folder; create it or correct `specs_dir`"):
        catalog.find_all(tmp_path / "nowhere")


def test_the_file_is_named_as_its_device(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(TALLY)
    with refusal(r"other.toml: device: is tally, the file is other.toml"):
        catalog.find("other", tmp_path)


def test_what_is_no_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tally.toml").write_bytes(b"\xff")
    with refusal(r"is no UTF-8.*save it as UTF-8"):
        catalog.find("tally", tmp_path)


def test_a_bad_spec_hinders_no_other(folder: Path) -> None:
    (folder / "bad.toml").write_text("format = 2")
    found = catalog.find_all(folder)
    assert found.refused.keys() == {"bad"}
    assert {"tally", "heart-rate"} <= found.keys()
    with refusal(r"bad.toml: format: is 2, not 1"):
        found.use("bad")


def test_a_bad_spec_in_a_folder_does_not_give_way_to_the_packages(folder: Path) -> None:
    (folder / "heart-rate.toml").write_text("format = 2")
    assert "heart-rate" not in catalog.find_all(folder)
    with refusal(r"heart-rate.toml: format: is 2, not 1"):
        catalog.find("heart-rate", folder)


def test_an_entry_point_brings_specs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = folder / "tally_specs"
    package.mkdir()
    (package / "__init__.py").touch()
    (folder / "tally.toml").rename(package / "tally.toml")
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    point = EntryPoint("tally", "tally_specs", catalog.ENTRY_POINTS)

    def points(*, group: str) -> list[EntryPoint]:
        return [point] if group == catalog.ENTRY_POINTS else []

    monkeypatch.setattr(catalog, "entry_points", points)
    catalog.forget()
    try:
        assert catalog.find("tally").spec.title.en == "Tally counter"
    finally:
        monkeypatch.undo()
        catalog.forget()


def test_two_files_in_an_empty_folder_are_a_new_device(folder: Path) -> None:
    """Through the real command, in a process of its own: nothing is installed or registered."""
    command = [sys.executable, "-m", "edge_agent", "decode", "--specs-dir", str(folder)]
    decoded = subprocess.run([*command, "tally", "count", "02 01"], capture_output=True, text=True)
    assert decoded.returncode == 0, decoded.stderr
    assert '"presses":{"raw":258' in decoded.stdout
    vectors = [*command, "--vectors", str(folder / "tally.vectors.json")]
    checked = subprocess.run(vectors, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    assert "1 passed, 0 failed, 0 not covered" in checked.stdout
