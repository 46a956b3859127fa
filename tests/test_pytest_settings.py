"""What ``pytest --nbval`` must not let pass."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from .conftest import ROOT


def run_nbval(folder: Path, *sources: str) -> subprocess.CompletedProcess[str]:
    """Run pytest, with the project's conftest, on a notebook whose cells claim to have printed ``42``."""
    outputs = [new_output("stream", name="stdout", text="42\n")]
    cells = [new_code_cell(source, outputs=outputs, execution_count=n) for n, source in enumerate(sources, 1)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "example.ipynb")
    shutil.copy(ROOT / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "--nbval-cell-timeout=4", "-q"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_outputs_are_compared(tmp_path: Path) -> None:
    assert run_nbval(tmp_path, "print(42)").returncode == 0
    assert run_nbval(tmp_path, "print(43)").returncode == 1


def test_cells_after_a_dead_kernel_are_failures(tmp_path: Path) -> None:
    done = run_nbval(tmp_path, "import os; os._exit(1)", "print(42)")
    assert done.returncode == 1
    assert "2 failed" in done.stdout and "xfailed" not in done.stdout
