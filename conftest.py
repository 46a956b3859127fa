"""What holds for tests and notebooks alike."""

from collections.abc import Iterator

import matplotlib.font_manager  # noqa: F401  builds its font cache here, not on a kernel's stderr
import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """An expected failure is a failure: nbval marks so the cells after a kernel that died."""
    report = yield
    if report.skipped and hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"not run: {report.wasxfail}"
        del report.wasxfail
    return report
