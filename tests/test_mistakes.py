"""Catalogues of mistakes: what the builder makes of them, what it refuses, what it need not run again."""

from __future__ import annotations

import bz2
import json
import os
import re
import shutil
from base64 import b85decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from praktikum.__main__ import main
from praktikum.build import build, check
from praktikum.course import read_course
from praktikum.errors import BuildError
from praktikum.mistakes import observe
from praktikum.mistakes.catalogue import Answer
from praktikum.mistakes.observe import Bench, alike
from praktikum.names import names_of
from praktikum.store import read_json

from .helpers import contents, copy_course
from .test_kit import KIT

CATALOGUE = """# Mistakes

## double

### square

Это квадрат, а нужно удвоить.

```python
def double(x):
    return x**2
```

### one-more

К числу прибавлена единица, а нужно удвоить.

```python
def double(x):
    return x + 1
```

```python
def double(x):
    return 1 + x
```

### generic

```python
def double(x):
    return 0
```

### right

```python
def double(x):
    return x + x
```
"""
CHECK = """@check("double")
def _():
    same(lambda: double(3), 6, "double(3)")
    same(lambda: double(-2.5), -5.0, "double(-2.5)")
"""


def catalogued(folder: Path) -> Path:
    """The small course with the kit, and with a catalogue for its second section."""
    course = copy_course(folder)
    first, second = (course / "notebooks_src" / name for name in ("00_first.md", "01_second.md"))
    text = first.read_text(encoding="utf-8")
    first.write_text(
        re.sub(r'(?<=name="kit"\n).*?(?=\n```)', lambda _: KIT, text, count=1, flags=re.S), encoding="utf-8"
    )
    edit(second, '@check("double")\ndef _():\n    assert double(3) == 6\n', CHECK)
    (course / "notebooks_src" / "mistakes").mkdir()
    catalogue_of(course).write_text(CATALOGUE, encoding="utf-8")
    return course


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = catalogued(tmp_path_factory.mktemp("mistakes") / "course")
    build(course)
    return course


@pytest.fixture
def course(built_once: Path, tmp_path: Path) -> Path:
    """A built course of two sections, the second with a catalogue."""
    return Path(shutil.copytree(built_once, tmp_path / "course"))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """The answers that are run from now on."""
    found: list[Answer] = []
    original = Bench.run

    def run(self: Bench, answers: Sequence[Answer], environment: Any) -> dict[str, Any]:
        found.extend(answers)
        return original(self, answers, environment)

    monkeypatch.setattr(Bench, "run", run)
    return found


def catalogue_of(course: Path) -> Path:
    return course / "notebooks_src" / "mistakes" / "01_second.md"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def table_in(course: Path, folder: str = "notebooks") -> dict[str, Any]:
    cells = read_json(course / folder / "01_second.ipynb")["cells"]
    (cell,) = [cell for cell in cells if cell["id"] == "mistakes"]
    (packed,) = re.findall(r'^mistakes\("(.+)"\)$', "".join(cell["source"]), re.MULTILINE)
    return json.loads(bz2.decompress(b85decode(packed)))


def test_sentences_and_observations_are_joined(course: Path) -> None:
    assert table_in(course) == table_in(course, "solutions")
    assert table_in(course) == {
        "double": {
            "square": ["Это квадрат, а нужно удвоить.", [["double(3)", 9.0]]],
            "one-more": ["К числу прибавлена единица, а нужно удвоить.", [["double(3)", 4.0]]],
        }
    }
    rows = json.loads((course / "solutions/observations/01_second.json").read_text(encoding="utf-8"))
    assert [row[1:] for row in rows] == [
        ["double", "square", "double(3)", 9.0, 1e-06],
        ["double", "one-more", "double(3)", 4.0, 1e-06],
        ["double", "one-more", "double(3)", 4.0, 1e-06],
        ["double", "generic", "double(3)", 0.0, 1e-06],
        ["double", "right", "✅", None, 0.0],
    ]


def test_nothing_changed_runs_nothing(course: Path, ran: list[Answer]) -> None:
    assert build(course) == [] and check(course) == [] and ran == []


def test_a_changed_sentence_runs_nothing_and_changes_one_line_of_each_notebook(
    course: Path, ran: list[Answer], capsys: pytest.CaptureFixture
) -> None:
    before = {path: path.read_text(encoding="utf-8").splitlines() for path in course.rglob("*.ipynb")}
    edit(catalogue_of(course), "Это квадрат", "Это x в квадрате")
    stale = ("notebooks/01_second.ipynb", "solutions/01_second.ipynb", "solutions/manifest.json")
    assert check(course) == [f"{name} is stale" for name in stale]
    build(course)
    assert ran == [] and "executed" not in capsys.readouterr().out
    assert table_in(course)["double"]["square"][0] == "Это x в квадрате, а нужно удвоить."
    for path, lines in before.items():
        now = path.read_text(encoding="utf-8").splitlines()
        changed = [new for old, new in zip(lines, now, strict=True) if old != new and "mistakes(" in new]
        assert len(changed) == (path.stem == "01_second")


def test_a_changed_answer_is_run_alone(course: Path, ran: list[Answer], capsys: pytest.CaptureFixture) -> None:
    edit(catalogue_of(course), "return x**2", "return x * x")
    stale = "solutions/observations/01_second.json is stale: 1 answers have not been run"
    assert stale in check(course)
    build(course)
    assert {answer.source for answer in ran} == {"def double(x):\n    return x * x"}
    assert "executed" not in capsys.readouterr().out and check(course) == []


def test_a_changed_check_runs_the_answers_to_its_exercise(course: Path, ran: list[Answer]) -> None:
    edit(course / "notebooks_src" / "01_second.md", "double(-2.5)", "double(-4.5)")
    edit(course / "notebooks_src" / "01_second.md", "-5.0", "-9.0")
    edit(course / "notebooks_src" / "01_second.md", 'double(-2.5)"', 'double(-4.5)"')
    assert "solutions/observations/01_second.json is stale: 5 answers have not been run" in check(course)
    build(course)
    assert len({answer.line for answer in ran}) == 5 and check(course) == []


def test_what_the_answers_do_not_stand_on_runs_nothing(course: Path, ran: list[Answer]) -> None:
    edit(course / "notebooks_src" / "01_second.md", "seven = 7", "seven = 8")
    edit(course / "notebooks_src" / "01_second.md", "### Double", "### Twice")
    edit(course / "notebooks_src" / "01_second.md", "return 2 * x", "return x * 2")
    build(course)
    assert ran == []


def test_check_knows_a_lost_or_edited_file_of_observations(course: Path) -> None:
    path = course / "solutions/observations/01_second.json"
    rows = path.read_text(encoding="utf-8")
    path.write_text(rows.replace("9.0", "8.0"), encoding="utf-8")
    assert "notebooks/01_second.ipynb is stale" in check(course)
    path.unlink()
    assert any("answers have not been run" in line for line in check(course))
    build(course)
    assert path.read_text(encoding="utf-8") == rows and check(course) == []
    stray = path.with_name("05_gone.json")
    stray.write_text("[]")
    assert check(course) == ["solutions/observations/05_gone.json is orphaned: it has no source"]


def test_without_fork_sentences_are_built_and_changed_checks_are_refused(course: Path, monkeypatch) -> None:
    monkeypatch.delattr(os, "fork")
    edit(catalogue_of(course), "Это квадрат", "Это x в квадрате")
    build(course)
    assert "в квадрате" in table_in(course)["double"]["square"][0]
    edit(catalogue_of(course), "return x**2", "return x * x")
    before = contents(course)
    with pytest.raises(
        BuildError, match=r"01_second\.md or their checks have changed: build these on Linux, macOS or WSL"
    ):
        build(course)
    assert contents(course) == before


def answer(body: str, before: str = "") -> str:
    return f"```python\n{before}def double(x):\n    {body}\n```\n"


# what is planted: (what is replaced in the catalogue, by what, which line of the result is named, words)
PLANTED = {
    "a mistake that the check accepts": ("return x**2", "return 2 * x", "2 * x", "accepts this answer (square)"),
    "a generic answer that the check accepts": ("return 0", "return 2 * x", "2 * x", "accepts this answer (generic)"),
    "a right answer that it refuses": (
        "return x + x", "return x + 3.5", "3.5", "refuses this right answer: double(3): 6.5",
    ),
    "two mistakes that look the same": (
        "return x + 1",
        "return 3 * x",
        "return 3",
        "'square' of line 9 and 'one-more' look the same to the check (double(3): 9.0)",
    ),
    "a generic answer that looks like a mistake": ("return 0", "return 9", "return 9", "is told 'square' of line 9"),
    "no answer": (answer("return x**2"), "", "### square", "no answer leads to this sentence"),
    "no sentence": ("Это квадрат, а нужно удвоить.\n", "", "### square", "say in a paragraph"),
    "two paragraphs": ("Это квадрат,", "Это\n\nквадрат,", "квадрат,", "one paragraph"),
    "a sentence behind the answer": (
        "### generic", "И ещё.\n\n### generic", "И ещё.", "one paragraph, before its answers",
    ),
    "a long sentence": ("Это квадрат", "Это квадрат" * 20, "### square", "characters are told, more than 200"),
    "random numbers": (
        "return 0", "import random\n    return random.random()", "import random", "told different things",
    ),
    "another hash": ("return 0", "return hash('a') % 997", "hash", "told different things"),
    "an endless loop": ("return 0", "while True:\n        pass", "while", "does not end within 2 s"),
    "a process that dies": ("return 0", "import os; os._exit(0)", "os._exit", "its process dies"),
    "a cell that stops": (
        answer("return 0"), answer("return 0", "1 / 0\n"), "1 / 0", "the cell stops: ZeroDivisionError",
    ),
    "an unsolved answer": ("return 0", "raise NotImplementedError", "NotImpl", "gets no observation, but ⏳"),
    "an unknown exercise": ("## double", "## doubel", "## doubel", "no exercise 'doubel'"),
    "a heading without its space": ("## double", "##double", "##double", "with one space"),
    "a mistake before any exercise": ("## double\n", "", "### square", "below no exercise"),
    "an answer below no mistake": ("### square\n\nЭто квадрат, а нужно удвоить.\n", "", "x**2", "below no mistake"),
    "a name with capitals": ("### square", "### Square", "### Square", "small Latin letters"),
    "a name twice": ("### one-more", "### square", 14, "a heading 'square' already, in line 5"),
    "an open fence": ("    return x + x\n```\n", "    return x + x\n", "x + x", "never closed"),
    "a fence with attributes": (
        answer("return 0"), answer("return 0").replace("python", 'python wrong="x"'), 'wrong="x"', "plain fence",
    ),
    "no Python": ("return x**2", "return x*", "return x*", "no Python"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", PLANTED)
def test_planted(course: Path, mistake: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    old, new, place, words = PLANTED[mistake]
    edit(catalogue_of(course), old, new)
    lines = catalogue_of(course).read_text(encoding="utf-8").splitlines()
    number = place if isinstance(place, int) else 1 + [place in line for line in lines].index(True)
    heading = lines[number - 1].startswith("##") or "paragraph" in words or "fence" in words or "Python" in words
    if not heading:  # an answer is named by the line of its fence
        number = max(n for n, line in enumerate(lines[:number], 1) if line.startswith("```python"))
    before = contents(course)
    monkeypatch.chdir(course)
    monkeypatch.setattr(observe, "TIMEOUT", 2)
    assert main(["build"]) == 1
    assert contents(course) == before
    *messages, end = capsys.readouterr().err.splitlines()
    assert end == "nothing was written"
    wanted = [m for m in messages if m.startswith(f"notebooks_src/mistakes/01_second.md:{number}: ") and words in m]
    assert len(wanted) == 1 and len(messages) <= 6, messages


def test_a_catalogue_of_no_section(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    catalogue_of(course).rename(catalogue_of(course).with_name("03_gone.md"))
    monkeypatch.chdir(course)
    assert main(["build"]) == 1
    assert "notebooks_src/mistakes/03_gone.md:1: there is no section of this name" in capsys.readouterr().err


def test_the_listing_for_an_author(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(course)
    assert main(["mistakes", "double"]) == 0
    listed = capsys.readouterr().out
    assert "double: 2 mistakes in 3 answers, 1 generic, 1 right" in listed
    assert "    9.0  square, line 9: Это квадрат, а нужно удвоить.\n" in listed
    assert "    0.0  generic, line 30: (generic words)\n" in listed and "accepted: right, line 37" in listed
    edit(catalogue_of(course), "return x**2", "return 9.0003")
    edit(catalogue_of(course), "return x + 1", "return 9")
    assert main(["mistakes", "double"]) == 0
    assert "9.0003 ≈ the line above  square" in capsys.readouterr().out
    assert main(["mistakes", "triple"]) == 1
    assert "has answers to 'triple'" in capsys.readouterr().err


def test_alike() -> None:
    assert alike(1.0, 1.0 + 5e-7, 1e-6) and not alike(1.0, 1.1, 1e-6) and not alike(1.0, True, 1e-6)
    assert alike(float("nan"), float("nan"), 0.0) and alike(float("inf"), float("inf"), 1e-6)
    assert not alike(float("inf"), 1.0, 1e-6) and alike([[2], [0], 1.0, 1], [[2], [0], 1.0, 1], 0.0)
    assert not alike([1], [1, 2], 1.0) and not alike("a", "b", 1.0) and alike(None, None, 0.0)


def test_a_comprehension_binds_nothing_in_its_cell() -> None:
    """The symbol table of Python 3.12 says that it does, and digests must be the same in each Python."""
    bound, needed = names_of(
        "import math\ntotals = [math.log(x) for x in sizes]\n\n\ndef f(a=start):\n    return y + z\n"
    )
    assert bound == {"math", "totals", "f"} and {"sizes", "start", "y", "z"} <= needed and "x" not in needed


def test_answers_run_together_are_told_what_they_are_told_alone(course: Path) -> None:
    """What one does to the names of the notebook is undone for the next; one that ends the process ends the rest."""
    (bench,) = read_course(course).benches
    sources = ["double = len\nsame = None", "def double(x):\n    return x**2", "import os\nos._exit(0)", "double = abs"]
    answers = [Answer("double", "generic", source, 0) for source in sources]
    alone, together = (bench.run(answers, observe.FIRST, together=number)["answers"] for number in (1, 4))
    assert together == [*alone[:2], None, None]
    assert alone[1][2:4] == ["double(3)", 9] and alone[2] is None and alone[3][2:4] == ["double(3)", 3]
