"""What holds for tests and notebooks alike."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import matplotlib.font_manager  # noqa: F401  builds its font cache here, not on a kernel's stderr
import pytest

# With requirements.txt alone the notebooks are tested; the tests of the builder say that they need more.
MISSING = [name for name in ("distributed", "hypothesis", "playwright") if find_spec(name) is None]
INSTALL = f"tests/ needs {', '.join(MISSING)}: run `make test`, or pip install -r requirements-dev.txt"
collect_ignore = ["tests"] if MISSING else []


def pytest_configure(config: pytest.Config) -> None:
    """Raises UsageError if tests are asked for by name that cannot run here."""
    if not MISSING:
        return
    named = [config.invocation_params.dir / name.partition("::")[0] for name in config.args]
    if config.args_source == pytest.Config.ArgsSource.ARGS:
        if any(config.rootpath / "tests" in (path.resolve(), *path.resolve().parents) for path in named):
            raise pytest.UsageError(INSTALL)
    else:
        config.args = [name for name in config.args if name != "tests"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MISSING:
        terminalreporter.write_line(f"only the notebooks were tested: {INSTALL}", yellow=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """An expected failure is a failure: nbval marks so the cells after a kernel that died."""
    report = yield
    if report.skipped and hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"not run: {report.wasxfail}"
        del report.wasxfail
    return report
