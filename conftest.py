"""What holds for tests and notebooks alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  builds its font cache here, not on a kernel's stderr
import pytest

from praktikum.manifest import NOTEBOOKS, SOLUTIONS
from praktikum.reuse import DRAWING
from praktikum.spare import repeated

# With requirements.txt alone the notebooks are tested; the tests of the builder say that they need more.
MISSING = [
    name
    for name in ("anki", "cosmic_ray", "distributed", "genanki", "hypothesis", "playwright")
    if find_spec(name) is None
]
INSTALL = f"tests/ needs {', '.join(MISSING)}: run `make test`, or pip install -r requirements-dev.txt"
LONG = ("test_answers.py", "test_grade.py")  # what takes longest begins first
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A stub does not run again what its solved twin runs on the same code; the longest files come first."""
    cells: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if item.path.suffix == ".ipynb":
            cells.setdefault(item.path, []).append(item)
    spared = {item for item in items if item.path.parent.name == NOTEBOOKS and _shows_drawing(item)}
    for path, stub in cells.items():
        twin = cells.get(path.parent.with_name(SOLUTIONS) / path.name, [])
        if path.parent.name == NOTEBOOKS:
            places = repeated([item.cell for item in stub], [item.cell for item in twin])
            spared |= {stub[place] for place in places}
    if spared:
        config.hook.pytest_deselected(items=list(spared))
        items[:] = [item for item in items if item not in spared]
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def _shows_drawing(item: pytest.Item) -> bool:
    """True of a cell that shows a picture: a stub has its output before it has run, which nbval takes for a mistake."""
    return hasattr(item, "cell") and item.cell.get("id", "").startswith(DRAWING)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for processes that they have started."""
    return (os.cpu_count() or 1) + 1


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
