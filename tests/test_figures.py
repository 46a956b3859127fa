"""Drawings and stops: what the builder makes of them, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from praktikum.build import build, check
from praktikum.carry import carry
from praktikum.errors import BuildError
from praktikum.store import read_json

from .conftest import ROOT
from .helpers import contents, copy_course
from .test_build import edit

SOURCE, FIGURES, PNG = "notebooks_src/01_second.md", "notebooks_src/figures/01_second.py", "01_second/seven_circles.png"
DRAWING = """from drawing import Canvas

COLOR = "#2b6cb0"


def seven_circles(seven):
    canvas = Canvas(3, 1)
    for place in range(seven):
        canvas.circle(0.3 + 0.4 * place, 0.5, place, COLOR, 0.15)
    return canvas.figure
"""
STOP = '<!-- #region stop="half" -->\nHalf of it is done.\n<!-- #endregion -->\n'


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small course with a drawing and a stop."""
    folder = copy_course(tmp_path_factory.mktemp("drawn") / "course")
    (folder / "notebooks_src/figures").mkdir()
    (folder / "notebooks_src/figures/drawing.py").write_bytes((ROOT / "notebooks_src/figures/drawing.py").read_bytes())
    (folder / FIGURES).write_text(DRAWING)
    image = "![Seven circles in a row](figures/01_second/seven_circles.png)"
    edit(folder / SOURCE, "Text of the section.", f"Text of the section.\n\n{image}\n\nText below it.")
    edit(folder / SOURCE, "Last text, and a number.", STOP + "\nLast text, and a number.")
    build(folder)
    return folder


@pytest.fixture
def drawn(drawn_once: Path, tmp_path: Path) -> Path:
    course = tmp_path / "course"
    for path, content in contents(drawn_once).items():
        (course / path.relative_to(drawn_once)).parent.mkdir(parents=True, exist_ok=True)
        (course / path.relative_to(drawn_once)).write_bytes(content)
    return course


def cell(course: Path, folder: str, identity: str) -> dict:
    (found,) = [cell for cell in read_json(course / folder / "01_second.ipynb")["cells"] if cell["id"] == identity]
    return found


def test_a_drawing_is_seen_before_anything_is_run(drawn: Path) -> None:
    stub, solution = (cell(drawn, folder, "drawing-seven_circles") for folder in ("notebooks", "solutions"))
    title, line = "".join(stub["source"]).splitlines()
    assert title == "# @title Рисунок. Seven circles in a row"
    assert stub["outputs"] == solution["outputs"] and stub["outputs"][0]["output_type"] == "display_data"
    shown = subprocess.run(
        [sys.executable, "-c", f"from IPython.display import display\n{line}"], capture_output=True, text=True
    )
    assert shown.returncode == 0, shown.stderr
    assert (stub["execution_count"], isinstance(solution["execution_count"], int)) == (None, True)
    texts = [
        c["source"] for c in read_json(drawn / "notebooks/01_second.ipynb")["cells"] if c["cell_type"] == "markdown"
    ]
    assert ["Text of the section."] in texts and any("Text below it." in text[0] for text in texts)


def test_a_changed_drawing_is_drawn_anew_and_nothing_runs(drawn: Path, capsys: pytest.CaptureFixture) -> None:
    before = cell(drawn, "solutions", "drawing-seven_circles")
    edit(drawn / FIGURES, "0.15", "0.2")
    assert f"notebooks_src/figures/{PNG} is stale: what makes it was changed" in check(drawn)
    assert set(build(drawn)) == {
        f"wrote notebooks_src/figures/{PNG}",
        "wrote notebooks/01_second.ipynb",
        "wrote solutions/01_second.ipynb",
        "wrote solutions/manifest.json",
    }
    assert "executed" not in capsys.readouterr().out
    assert cell(drawn, "solutions", "drawing-seven_circles") != before
    assert build(drawn) == check(drawn) == []


def test_what_the_chapter_computes_changes_its_drawing(drawn: Path) -> None:
    edit(drawn / SOURCE, "seven = 7", "seven = 6")
    assert f"wrote notebooks_src/figures/{PNG}" in build(drawn)
    edit(drawn / SOURCE, "print(first())", "print(first() + 1)")  # a cell that it does not stand on
    assert f"wrote notebooks_src/figures/{PNG}" not in build(drawn)


def test_a_drawing_that_was_lost_or_is_no_more(drawn: Path) -> None:
    png = drawn / "notebooks_src/figures" / PNG
    content = png.read_bytes()
    png.unlink()
    assert f"notebooks_src/figures/{PNG} is missing" in check(drawn)
    build(drawn)
    assert png.read_bytes() == content
    png.with_name("other.png").write_bytes(content)
    assert check(drawn) == ["notebooks_src/figures/01_second/other.png is orphaned: it has no source"]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (SOURCE, "seven_circles.png", "eight.png", "01_second.py has no function that draws 01_second/eight.png"),
        (SOURCE, "01_second/seven", "00_first/seven", "this drawing belongs to another section"),
        (SOURCE, "![Seven", "Look: ![Seven", "no drawing of this section, alone in its paragraph"),
        (SOURCE, 'name="seven"', "", "no cell of notebooks_src/01_second.md with a name binds 'seven'"),
        (FIGURES, "range(seven)", "range(eight)", "seven_circles cannot be drawn: NameError: name 'eight'"),
        (FIGURES, "def seven", "def other(seven):\n    pass\n\n\ndef seven", "shows this drawing: other"),
        (FIGURES, "range(seven)", "range(seven", "the code does not parse"),
        (FIGURES, "Canvas(3, 1)", "Canvas(10, 10)", "bytes, 20000 is the limit: draw less"),
        (SOURCE, "seven = 7", "seven = 7\ncircles = [0] * 9", ""),
    ],
)
def test_what_is_wrong_with_a_drawing(drawn: Path, file: str, old: str, new: str, said: str) -> None:
    if "limit" in said:
        edit(drawn / FIGURES, "range(seven)", "range(seven * 60)")
        edit(drawn / FIGURES, "0.3 + 0.4 * place, 0.5", "place * 7 % 9.7, place * 11 % 9.9")
    edit(drawn / file, old, new)
    if not said:
        build(drawn)
        return
    before = contents(drawn / "notebooks")
    with pytest.raises(BuildError, match=said.replace("(", "\\(")):
        build(drawn)
    assert contents(drawn / "notebooks") == before


def test_drawings_come_with_an_update(drawn: Path) -> None:
    """Also to one whose editor has dropped all outputs."""
    new = read_json(drawn / "notebooks/01_second.ipynb")
    old = json.loads(json.dumps(new))
    for there in old["cells"]:
        there.update({"outputs": []} if there["cell_type"] == "code" else {})
    (shown,) = [c for c in carry(old, new).notebook["cells"] if c["id"] == "drawing-seven_circles"]
    assert shown["outputs"] == cell(drawn, "notebooks", "drawing-seven_circles")["outputs"]


def test_a_stop_says_which_cells_to_run(drawn: Path) -> None:
    text = "".join(cell(drawn, "notebooks", "stop-half")["source"])
    assert text.startswith("Half of it is done.\n\n**Продолжить завтра.**")
    assert text.splitlines()[-1] == "- начало: «Из раздела 0: kit»"


def test_a_stop_after_which_training_is_needed_is_none(drawn: Path) -> None:
    edit(drawn / SOURCE, "### Triple", '```python tags=["nbval-ignore-output"]\nmodel = 1\n```\n\n### Triple')
    edit(drawn / SOURCE, "print(time.time())", "print(time.time(), model)")
    with pytest.raises(BuildError, match="this stop is none: below it cells need model, which line"):
        build(drawn)
