"""What the import rules cannot say: the pure packages read no clock, no file, no chance.

The same octets must give the same values on any machine on any day; time and randomness come in
as arguments. Import-linter forbids whole modules; this test reads the source for the rest, such
as `datetime.now`, where the module is needed for its types.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PURE = (
    "edge_agent/model",
    "firmware_specs/spec",
    "drivers/edge_drivers/codec",
    "drivers/edge_drivers/dispensing",
    "signal/edge_signal",
    "sync/edge_sync/wire",
)
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
FORBIDDEN_ATTRIBUTES = {
    *("now", "utcnow", "today"),  # datetime, date
    *("uuid1", "uuid4", "urandom", "default_rng"),  # chance
    *("read_text", "read_bytes", "write_text", "write_bytes"),  # files
}


def offences(source: str) -> Iterator[str]:
    """Name what this source does and a pure module may not."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield f"line {node.lineno}: {name}()"
            case ast.Attribute(attr=name) if name in FORBIDDEN_ATTRIBUTES:
                yield f"line {node.lineno}: .{name}"
            case _:
                pass


def imports(source: str) -> Iterator[str]:
    """Each module that this source imports, by its full name."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case _:
                pass


@pytest.mark.parametrize("package", PURE)
def test_a_pure_package_reads_no_clock_no_file_and_no_chance(root: Path, package: str) -> None:
    modules = sorted((root / package).rglob("*.py"))
    assert modules, f"{package} is gone: mend PURE"
    found = [f"{m.relative_to(root)} {what}" for m in modules for what in offences(m.read_text())]
    assert not found


@pytest.mark.parametrize(
    ("source", "offence"),
    [
        ("datetime.now(UTC)", "line 1: .now"),
        ("clock = datetime.now", "line 1: .now"),
        ("date.today()", "line 1: .today"),
        ("open('x')", "line 1: open()"),
        ("Path('x').read_text()", "line 1: .read_text"),
        ("np.random.default_rng()", "line 1: .default_rng"),
    ],
)
def test_the_reader_of_the_source_sees(source: str, offence: str) -> None:
    assert list(offences(source)) == [offence]


def test_time_as_a_type_is_no_offence() -> None:
    assert not list(offences("from datetime import datetime\ndef at(t: datetime): return t.year"))


def test_the_model_imports_nothing_of_ours_and_little_else(root: Path) -> None:
    """It is at the bottom: the standard library, msgspec, and itself."""
    ours = {"edge_agent", "edge_drivers", "edge_signal", "edge_sync", "edge_simulators"}
    heavy = {"numpy", "scipy", "firmware_specs"}
    found = {
        name
        for module in (root / "edge_agent" / "model").rglob("*.py")
        for name in imports(module.read_text())
        if name.split(".")[0] in ours | heavy and not name.startswith("edge_agent.model")
    }
    assert not found


def test_importing_the_model_does_not_import_the_agent(root: Path) -> None:
    """`import edge_agent.model` runs `edge_agent/__init__.py`, so that holds no code."""
    assert not list(imports((root / "edge_agent" / "__init__.py").read_text()))
