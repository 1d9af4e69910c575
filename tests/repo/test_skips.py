"""REQUIRE_SERVICES=1: what may be skipped, and what then fails."""

from __future__ import annotations

from pathlib import Path

import pytest

SKIPS = {
    "in a test": "def test_it(): import pytest; pytest.skip('no radio')",
    "by a mark": "import pytest\n@pytest.mark.skip(reason='later')\ndef test_it(): pass",
    "in a fixture": (
        "import pytest\n@pytest.fixture\ndef radio(): pytest.skip('no radio')\n"
        "def test_it(radio): pass"
    ),
    "of a module": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass",
    "that only claims it": (
        "import pytest\ndef test_it(): pytest.skip('the data in ../shared is absent')"
    ),
}
WANTS_SHARED = "def test_it(shared): assert shared.is_dir()"
FAILS_AS_EXPECTED = "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False"


@pytest.fixture
def project(pytester: pytest.Pytester, root: Path) -> pytest.Pytester:
    """A project in a folder of its own, `<tmp>/main`, with our conftest."""
    main = pytester.mkdir("main")
    (main / "tests").mkdir()
    (main / "tests" / "support").symlink_to(root / "tests" / "support")
    (main / "tests" / "conftest.py").write_text((root / "tests" / "conftest.py").read_text())
    (main / "pytest.ini").write_text(
        f"[pytest]\npythonpath = . {root / 'demo'}\naddopts = --import-mode=importlib\n"
    )
    pytester.chdir()
    return pytester


def run(project: pytest.Pytester, source: str) -> pytest.RunResult:
    main = project.path / "main"
    (main / "tests" / "test_it.py").write_text(source)
    return project.runpytest_subprocess("-p", "no:cacheprovider", f"--rootdir={main}", str(main))


@pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS.keys())
def test_a_skip_fails_where_services_are_required(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (project.path / "shared").mkdir()
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    assert run(project, source).ret != pytest.ExitCode.OK


@pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS.keys())
def test_a_skip_is_a_skip_elsewhere(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.delenv("REQUIRE_SERVICES", raising=False)
    run(project, source).assert_outcomes(skipped=1)


def test_absent_shared_data_may_be_skipped(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    run(project, WANTS_SHARED).assert_outcomes(skipped=1)


def test_an_expected_failure_is_no_skip(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    run(project, FAILS_AS_EXPECTED).assert_outcomes(xfailed=1)
