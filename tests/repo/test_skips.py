"""REQUIRE_SERVICES=1: what may be skipped, and what then fails."""

from __future__ import annotations

from collections.abc import Iterable
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


def run(project: pytest.Pytester, sources: Iterable[str]) -> pytest.RunResult:
    """Run them together: each in a file of its own, in one start of pytest."""
    main = project.path / "main"
    for number, source in enumerate(sources):
        (main / "tests" / f"test_{number}.py").write_text(source)
    options = ("-p", "no:cacheprovider", "--continue-on-collection-errors", f"--rootdir={main}")
    return project.runpytest_subprocess(*options, str(main))


def test_a_skip_fails_where_services_are_required(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.path / "shared").mkdir()
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    ended = run(project, SKIPS.values())
    assert ended.ret != pytest.ExitCode.OK
    ended.assert_outcomes(failed=2, errors=3)  # in the tests; by the mark, the fixture, the module


def test_a_skip_is_a_skip_elsewhere(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUIRE_SERVICES", raising=False)
    run(project, SKIPS.values()).assert_outcomes(skipped=len(SKIPS))


def test_absent_data_may_be_skipped_and_an_expected_failure_is_no_skip(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    run(project, (WANTS_SHARED, FAILS_AS_EXPECTED)).assert_outcomes(skipped=1, xfailed=1)
