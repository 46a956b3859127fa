"""Small changes of our solutions: which there are, which a check may accept, what need not be tried again."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from praktikum.mistakes import mutants
from praktikum.mistakes.catalogue import Answer
from praktikum.mistakes.changes import changes, difference
from praktikum.mistakes.mutants import SURVIVORS
from praktikum.mistakes.observe import Bench
from praktikum.solution import solved

from .conftest import ROOT, read_course
from .helpers import contents, run
from .test_mistakes import catalogued, edit

SOLUTION = """def attend(q, k, dim=-1):
    {begin}
    with torch.no_grad():
        scores = q @ k.mT
    if dim < 0:
        scores = scores[..., :2].softmax(dim, dtype=q.dtype)
    return torch.zeros(2, device=q.device) + scores.sum()
    {end}
"""
MARKED = SOLUTION.format(begin="### BEGIN SOLUTION", end="### END SOLUTION")
MADE = changes(MARKED)
LISTED = "## double\n\nA sum is as good.\n\n```diff\n- return 2 * x\n+ return 2 {} x\n```\n"


@pytest.mark.parametrize(
    "change",
    [
        "with __import__('contextlib').nullcontext():",
        "scores = (k.mT) @ (q)",
        "scores = (q @ k.mT).data",
        "scores = q @ k",
        "scores = (k.mT)",
        "scores = q @ (k.mT).swapaxes(-2, -1)",
        "scores = (q) * (k.mT)",
        "if dim > 0:",
        "if not dim < 0:",
        "if dim < 1:",
        "scores = scores[..., :].softmax(dim, dtype=q.dtype)",
        "scores = scores[..., :2].softmax(dim)",
        "scores = scores[..., :2].softmax(dtype=q.dtype)",
        "scores = scores[..., :2]",
        "return torch.empty(2, device=q.device) + scores.sum()",
        "return torch.zeros(2) + scores.sum()",
        "return (torch.zeros(2, device=q.device) + scores.sum()).float()",
        "return torch.zeros(2, device=q.device) - scores.sum()",
        "return torch.zeros(2, device=q.device) + scores.mean()",
        "return torch.zeros(2, device=q.device) + scores",
        "pass",
    ],
)
def test_small_changes(change: str) -> None:
    assert change in {difference(solved(MARKED), text)[1][0] for text in MADE}


def test_only_the_solution_changes_and_all_that_comes_is_python() -> None:
    assert len(MADE) == len(set(MADE))
    for text in MADE:
        compile(text, "change", "exec")
        assert text.startswith("def attend(q, k, dim=-1):\n")


def test_the_words_of_an_error_do_not_change() -> None:
    cell = 'def f(x):\n    ### BEGIN SOLUTION\n    raise ValueError(f"{x + 1} is wrong")\n    ### END SOLUTION\n'
    come = {difference(solved(cell), text)[1] for text in changes(cell)}
    assert come == {("pass",), ('raise TypeError(f"{x + 1} is wrong")',)}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The small course, with a check of ``double`` at a number where a sum and a power are the same."""
    course = catalogued(tmp_path / "course")
    edit(course / "notebooks_src" / "01_second.md", "double(3), 6", "double(2), 4")
    edit(course / "notebooks_src" / "01_second.md", '    same(lambda: double(-2.5), -5.0, "double(-2.5)")\n', "")
    (course / "tests").mkdir()
    return course


def test_a_survivor_is_a_hole_or_stands_in_the_list(course: Path) -> None:
    before = contents(course / "notebooks_src")
    done = run(course, "mutants", "double")
    assert done.returncode == 1
    assert all(f"\n    - return 2 * x\n    + return 2 {sign} x\n" in done.stderr for sign in ("+", "**"))
    assert re.search(r"notebooks_src/01_second.md:\d+: the check of double accepts this change", done.stderr)
    (course / SURVIVORS).write_text(LISTED.format("**"), encoding="utf-8")
    done = run(course, "mutants", "01_second")
    assert "return 2 + x" in done.stderr and "return 2 ** x" not in done.stderr
    assert re.findall(r"^(\w+): \d+ in", done.stdout, re.M) == ["triple"]  # what is known is not tried again
    (course / SURVIVORS).write_text(LISTED.format("+") + LISTED.format("**"), encoding="utf-8")
    done = run(course, "mutants", "double")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"double: \d+ changes, 2 survive\n\d+ changes of 1 solutions\n", done.stdout)
    assert contents(course / "notebooks_src") == before


def test_a_better_check_needs_a_shorter_list(course: Path) -> None:
    (course / SURVIVORS).write_text(LISTED.format("+"), encoding="utf-8")
    edit(course / "notebooks_src" / "01_second.md", "double(2), 4", "double(3), 6")
    done = run(course, "mutants", "double")
    assert done.returncode == 1
    assert done.stderr == f"{SURVIVORS}:6: double: this change does not survive: delete it\n"


def test_a_change_needs_a_reason(course: Path) -> None:
    (course / SURVIVORS).write_text(LISTED.replace("A sum is as good.", ""), encoding="utf-8")
    done = run(course, "mutants", "double")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{SURVIVORS}:6: say above these changes why the text is kept\n")


def test_an_interrupted_run_goes_on(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    original = Bench.run

    def stopped(self: Bench, answers: Sequence[Answer], *options: Any) -> dict[str, Any]:
        if sum(tried) >= 10:
            raise KeyboardInterrupt
        tried.append(len(answers))
        return original(self, answers, *options)

    monkeypatch.setattr(mutants, "BATCH", 5)
    monkeypatch.setattr(Bench, "run", stopped)
    with pytest.raises(KeyboardInterrupt):
        mutants.mutants(course, ["double"])
    assert len(json.loads((course / mutants.OUTCOMES).read_text())) == sum(tried)


def test_a_name_that_is_not_there(course: Path) -> None:
    done = run(course, "mutants", "doubble")
    assert (done.returncode, done.stderr) == (1, "there is no exercise and no section 'doubble'\n")


def test_the_solution_itself_must_be_accepted(course: Path) -> None:
    edit(course / "notebooks_src" / "01_second.md", "double(2), 4", "double(2), 5")
    done = run(course, "mutants", "double")
    assert done.returncode == 1 and "the check does not accept our own double\n" in done.stderr


def test_every_change_in_the_list_of_the_course_can_be_made() -> None:
    listed = mutants.read_survivors(ROOT / SURVIVORS)
    known = {exercise.get("exercise"): exercise for section in read_course() for exercise in section.exercises}
    for name in {survivor.exercise for survivor in listed}:
        made = {difference(solved(known[name].source), text) for text in changes(known[name].source)}
        assert {survivor.difference for survivor in listed if survivor.exercise == name} <= made, name
