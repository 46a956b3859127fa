"""What ``pytest --nbval`` must not let pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from praktikum.spare import repeated, standing_under, touched_by

from .conftest import ROOT

KIT = "_results = {}"
EXERCISE, SOLVED = "def f(x):\n    raise NotImplementedError", "def f(x):\n    return x"
TRAINING = "losses = [train(step) for step in range(3)]"


def run_nbval(folder: Path, *sources: str) -> subprocess.CompletedProcess[str]:
    """Run pytest, with the project's conftest, on a notebook whose cells claim to have printed ``42``."""
    outputs = [new_output("stream", name="stdout", text="42\n")]
    cells = [new_code_cell(source, outputs=outputs, execution_count=n) for n, source in enumerate(sources, 1)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "example.ipynb")
    shutil.copy(ROOT / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "--nbval-cell-timeout=4", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=environment)


def test_outputs_are_compared(tmp_path: Path) -> None:
    assert run_nbval(tmp_path, "print(42)").returncode == 0
    assert run_nbval(tmp_path, "print(43)").returncode == 1


def test_cells_after_a_dead_kernel_are_failures(tmp_path: Path) -> None:
    done = run_nbval(tmp_path, "import os; os._exit(1)", "print(42)")
    assert done.returncode == 1
    assert "2 failed" in done.stdout and "xfailed" not in done.stdout


def cells(*sources: str) -> list[dict]:
    return [{"cell_type": "code", "source": source, "metadata": {}} for source in sources]


GIVEN = "def train(step):\n    return step / 2"


@pytest.mark.parametrize(
    ("given", "below", "spared"),
    [
        ((GIVEN,), ("print(losses[0])", "print(1)"), {2, 3, 4, 5}),
        ((GIVEN,), ("print(f(losses))",), set()),  # what stands on an exercise needs it
        (("def train(step):\n    return f(step)",), ("print(losses[0])",), set()),
        (("def train(step):\n    return len(_results)",), ("print(losses[0])",), set()),
        ((GIVEN, "print(f(train))"), ("print(losses[0])",), {4, 5}),  # handing over is not changing
        ((GIVEN, "train.rate = f(1)"), ("print(losses[0])",), set()),
        (("from helpers import *",), ("print(1)",), set()),
        ((GIVEN,), ("losses = []", "print(f(losses))"), {2, 3}),  # the name is bound anew
    ],
)
def test_a_stub_spares_what_its_solution_does_on_the_same_code(
    given: tuple[str, ...], below: tuple[str, ...], spared: set[int]
) -> None:
    stub = cells(KIT, EXERCISE, *given, TRAINING, *below)
    twin = cells(KIT, SOLVED, *given, TRAINING, *below)
    assert repeated(stub, twin) == spared


def test_what_a_function_changes_is_changed_by_its_callers() -> None:
    given = "table = {}\n\n\ndef run(name):\n    table[name] = 1"
    calls = ("run('a')", "print(table)")
    assert repeated(cells(KIT, EXERCISE, given, *calls), cells(KIT, SOLVED, given, *calls)) == {2, 3, 4}
    own = (*calls, "print(f(table))")
    assert repeated(cells(KIT, EXERCISE, given, *own), cells(KIT, SOLVED, given, *own)) == {4}


def test_a_cell_that_a_learner_has_changed_runs() -> None:
    stub = cells(KIT, EXERCISE, GIVEN, TRAINING.replace("3", "4"))
    assert repeated(stub, cells(KIT, SOLVED, GIVEN, TRAINING)) == set()


def test_stubs_beside_their_solutions_run_less(tmp_path: Path) -> None:
    shutil.copy(ROOT / "conftest.py", tmp_path)
    for folder, exercise in (("notebooks", EXERCISE), ("solutions", SOLVED)):
        sources = cells(KIT, exercise, GIVEN, TRAINING)
        made = [new_code_cell(cell["source"]) for cell in sources]
        (tmp_path / folder).mkdir()
        nbformat.write(new_notebook(cells=made), tmp_path / folder / "example.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "--collect-only", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for folders, said in (((".",), "6/8 tests collected (2 deselected)"), (("notebooks",), "4 tests collected")):
        done = subprocess.run([*command, *folders], cwd=tmp_path, capture_output=True, text=True, env=environment)
        assert said in done.stdout


@pytest.mark.parametrize(
    ("wanted", "run"),
    [
        ("rows", {0, 1, 3}),
        ("copy", {5}),
        ("fill", {0, 1}),
        ("total", {0, 1, 3, 4}),
        ("twice", {6, 7}),
        ("other", set()),
    ],
)
def test_an_answer_waits_only_for_the_cells_on_which_it_stands(wanted: str, run: set[int]) -> None:
    """Those that make a name, change its value, or are needed by these; not those that only read it."""
    sources = [
        "rows = [1]",
        "def fill(x):\n    rows.append(x)",
        "print(rows)",
        "fill(2)",
        "total = sum(rows)",
        "copy = [1]",
        "def twice():\n    return 2 * once",
        "once = 1",
    ]
    assert standing_under({wanted}, touched_by(sources)) == run
