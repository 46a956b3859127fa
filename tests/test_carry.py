"""Whatever a learner has done to a notebook and whatever has become of its section: no answer is lost."""

from __future__ import annotations

import copy
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from praktikum.build import build
from praktikum.carry import PREVIOUS, carry
from praktikum.learner import recorded

from .helpers import DISK, copy_course, killed_at, run
from .learners import (
    Notebook,
    add,
    answer,
    as_colab_saves,
    cell,
    load,
    new_cell,
    save,
    source,
    stub,
    without_ids,
    without_metadata,
)

NOTEBOOK = "notebooks/02_many.ipynb"
EXERCISES = ("alpha", "beta", "gamma", "delta")


def many(exercises: tuple[str, ...], prose: str) -> str:
    """The source of a section."""
    parts = ["---\njupyter:\n  praktikum:\n    title: Many\n    minutes: 5\n    outcomes:\n      - answer\n---"]
    parts.append('```python carry="00_first:kit"\n```')
    for name in exercises:
        parts.append(f"### The {name}\n\n{prose}: {name}.")
        parts.append(f"```python\ngiven_{name} = 1\n```")
        body = f'    """{name}"""\n    ### BEGIN SOLUTION\n    return "{name}"\n    ### END SOLUTION'
        parts.append(f'```python exercise="{name}" stars=1 minutes=1\ndef {name}():\n{body}\n```')
        parts.append(f'```python check="{name}"\n@check("{name}")\ndef _():\n    assert {name}() == "{name}"\n```')
        parts.append(f'<!-- #region hint="{name}" -->\nThink of {name}.\n<!-- #endregion -->')
        parts.append(f'Why {name}? ❓\n\n<!-- #region answer="why-{name}" -->\nBecause.\n<!-- #endregion -->')
    return "\n\n".join(parts) + "\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built course with a section of four exercises."""
    folder = copy_course(tmp_path_factory.mktemp("carry") / "course")
    (folder / "notebooks_src" / "02_many.md").write_text(many(EXERCISES, "Text"), encoding="utf-8")
    done = run(folder, "build")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module", autouse=True)
def nothing_is_executed() -> Iterator[None]:
    """Builds in this module leave the outputs of solutions empty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("praktikum.execute.execute", lambda notebooks: None)
        yield


def at(cells: list[dict], place: int, start: str = "") -> dict:
    """One of the cells that begin so; any cell if there is none left."""
    some = [cell for cell in cells if source(cell).startswith(start)] or cells
    return some[place % len(some)]


def edited(notebook: Notebook, history: list[tuple[str, int, int]]) -> Notebook:
    """Apply the edits; what the learner writes holds ‹0›, ‹1›, …, in given cells «0», «1», …"""
    for number, (what, place, other) in enumerate(history):
        cells = notebook["cells"]
        if what == "answer":
            one = at(cells, place, "# Упражнение")
            one["source"] = source(one).splitlines()[0] + f"\ndef f():\n    return '‹{number}›'"
        elif what == "bare answer":
            at(cells, place, "# Упражнение")["source"] = f"def f():\n    return '‹{number}›'"
        elif what == "words":
            at(cells, place, "✏️")["source"] = f"✏️ ‹{number}›"
        elif what == "bare words":
            at(cells, place, "✏️")["source"] = f"‹{number}›"
        elif what == "add":
            cells.insert(place % (len(cells) + 1), new_cell(f"# ‹{number}›", ("code", "markdown", "raw")[other % 3]))
        elif what == "copy":
            one = copy.deepcopy(at(cells, place))
            one["source"] = source(one) + f"\n# ‹{number}›"
            cells.insert(other % (len(cells) + 1), one | {"id": f"copy{number}"})
        elif what == "delete" and len(cells) > 1:
            cells.pop(place % len(cells))
        elif what == "move":
            cells.insert(other % len(cells), cells.pop(place % len(cells)))
        elif what == "text" and "‹" not in source(at(cells, place)):
            one = at(cells, place)
            one["source"] = source(one) + f"\n«{number}»"
        elif what == "run":
            for one in cells:
                if one["cell_type"] == "code":
                    one["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1\n"}]
        elif what == "colab":
            notebook = as_colab_saves(notebook)
        elif what == "strip":
            notebook = without_metadata(notebook)
        elif what == "ids":
            notebook = without_ids(notebook)
    return notebook


def written(notebook: Notebook, marks: str) -> set[str]:
    """What the learner wrote, by its marks."""
    parts = "".join(source(cell) for cell in notebook["cells"]).split(marks[0])[1:]
    return {part.split(marks[1])[0] for part in parts}


EDITS = ("answer", "bare answer", "words", "bare words", "add", "copy", "delete", "move", "text", "run")
PLACES = st.integers(0, 40)
HISTORIES = st.tuples(
    st.lists(st.tuples(st.sampled_from(EDITS), PLACES, PLACES), min_size=1, max_size=12),
    st.lists(st.tuples(st.sampled_from(("colab", "strip", "ids", "run")), PLACES, PLACES), max_size=2),
    st.lists(st.tuples(st.sampled_from(EDITS), PLACES, PLACES), max_size=3),
).map(lambda parts: [edit for part in parts for edit in part])
VERSIONS = st.tuples(
    st.lists(st.sampled_from((*EXERCISES, "epsilon")), min_size=1, unique=True), st.sampled_from(("Text", "New text"))
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(history=HISTORIES, version=VERSIONS)
def test_every_answer_survives(course: Path, history: list[tuple[str, int, int]], version: tuple[list, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(course, Path(folder) / "course"))
        notebook = edited(load(root / NOTEBOOK), history)
        save(notebook, root / NOTEBOOK)
        before = (root / NOTEBOOK).read_bytes()
        (root / "notebooks_src" / "02_many.md").write_text(many(tuple(version[0]), version[1]), encoding="utf-8")
        build(root)
        new = load(root / NOTEBOOK)
        nbformat.validate(new)
        assert written(notebook, "‹›") <= written(new, "‹›"), "an answer or an added cell is not in the new notebook"
        backups = [load(path) for path in (root / "notebooks").glob(".backup/*")]
        lost = written(notebook, "«»") - written(new, "«»")
        assert all(lost <= written(backup, "«»") for backup in backups) and bool(lost) <= bool(backups)
        if version == (list(EXERCISES), "Text") and recorded(notebook):
            assert (root / NOTEBOOK).read_bytes() == before, "nothing has changed, but the file was touched"
        after = (root / NOTEBOOK).read_bytes()
        assert build(root) == []
        assert (root / NOTEBOOK).read_bytes() == after


def upgrade(root: Path, exercises: tuple[str, ...] = EXERCISES, prose: str = "New text") -> list[str]:
    (root / "notebooks_src" / "02_many.md").write_text(many(exercises, prose), encoding="utf-8")
    return build(root)


@pytest.fixture
def root(course: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(course, tmp_path / "course"))


@pytest.mark.parametrize(
    "spoil",
    [lambda nb: nb, as_colab_saves, without_metadata, without_ids, lambda nb: without_ids(without_metadata(nb))],
    ids=["as it is", "Colab", "no metadata", "new ids", "neither"],
)
def test_an_answer_goes_to_its_exercise_whatever_the_editor_did(root: Path, spoil) -> None:
    notebook = answer(load(root / NOTEBOOK), "beta", "def beta():\n    return 'mine'")
    cell(notebook, "answer-why-beta")["source"] = "✏️ **Ваш ответ:**\n\nmine"
    save(spoil(add(notebook, "check-beta", "print('added')")), root / NOTEBOOK)
    upgrade(root, ("gamma", "alpha", "beta"))
    new = load(root / NOTEBOOK)
    assert source(cell(new, "exercise-beta")) == "# Упражнение 2.3: beta\ndef beta():\n    return 'mine'"
    assert source(cell(new, "answer-why-beta")).endswith("mine")
    sources = [source(cell) for cell in new["cells"]]
    assert new["cells"][sources.index("print('added')") - 1]["id"] == "check-beta"
    assert "### 2.3. The beta\n\n**Упражнение** · ★ · 1 мин\n\nNew text: beta." in sources


def test_only_answers_need_no_backup_and_other_edits_do(root: Path) -> None:
    save(answer(load(root / NOTEBOOK), "beta", "mine = 1"), root / NOTEBOOK)
    assert f"{NOTEBOOK}: your answers and cells were carried over" in upgrade(root)
    assert not (root / "notebooks" / ".backup").exists()
    notebook = load(root / NOTEBOOK)
    cell(notebook, "check-beta")["source"] = "print('✅')"
    save(notebook, root / NOTEBOOK)
    (line,) = [line for line in upgrade(root, prose="Newer text") if "elsewhere" in line]
    (backup,) = (root / "notebooks" / ".backup").iterdir()
    assert line.endswith(f"notebooks/.backup/{backup.name}") and load(backup) == notebook
    assert "assert beta()" in source(cell(load(root / NOTEBOOK), "check-beta"))


def test_what_has_gone_is_kept_at_the_end_and_comes_back(root: Path) -> None:
    save(answer(load(root / NOTEBOOK), "beta", "mine = 1"), root / NOTEBOOK)
    upgrade(root, ("alpha",))
    *_, heading, gone = load(root / NOTEBOOK)["cells"]
    assert source(heading) == PREVIOUS and "mine = 1" in source(gone)
    upgrade(root, ("alpha",), "Newer text")
    assert [source(cell) for cell in load(root / NOTEBOOK)["cells"]].count(PREVIOUS) == 1
    upgrade(root)
    new = load(root / NOTEBOOK)
    assert source(cell(new, "exercise-beta")) == "# Упражнение 2.2: beta\nmine = 1"
    assert PREVIOUS not in [source(cell) for cell in new["cells"]]


def test_outputs_stay_where_the_code_is_the_same(root: Path) -> None:
    notebook = load(root / NOTEBOOK)
    said = [{"output_type": "stream", "name": "stdout", "text": ["✅ beta: верно\n"]}]
    cell(notebook, "check-beta").update(outputs=said, execution_count=3)
    save(notebook, root / NOTEBOOK)
    upgrade(root, ("beta", "alpha"))
    assert cell(load(root / NOTEBOOK), "exercise-beta")["outputs"] == []
    assert cell(load(root / NOTEBOOK), "check-beta")["outputs"] == said  # only its number has changed
    save(notebook, root / NOTEBOOK)
    upgrade(root, prose="Newer text")
    assert cell(load(root / NOTEBOOK), "check-beta")["outputs"] == said


@pytest.mark.parametrize(
    "broken", ["half a file", '{"cells": []}', '{"cells": 1}', '["no notebook"]', '{"cells": [1]}']
)
def test_a_file_that_is_no_notebook_is_kept_whole(root: Path, broken: str) -> None:
    (root / NOTEBOOK).write_text(broken)
    upgrade(root)
    (backup,) = (root / "notebooks" / ".backup").iterdir()
    assert backup.read_text() == broken
    assert len(load(root / NOTEBOOK)["cells"]) > 10


def test_cells_of_another_shape_do_not_stop_the_build(root: Path) -> None:
    notebook = answer(load(root / NOTEBOOK), "beta", "mine = 1")
    notebook["cells"] += [
        {"cell_type": "heading", "source": 7, "metadata": None},
        {"cell_type": "code", "source": "kept = 1", "metadata": {}, "outputs": []},
        {"source": ["kept = ", "2"], "metadata": {"praktikum": {"exercise": ["beta"]}}, "id": "ключ"},
        "no cell",
    ]
    save(notebook, root / NOTEBOOK)
    upgrade(root)
    new = load(root / NOTEBOOK)
    nbformat.validate(new)
    assert {"kept = 1", "kept = 2"} <= {source(cell) for cell in new["cells"]}
    assert "mine = 1" in source(cell(new, "exercise-beta"))


def test_what_was_copied_or_pasted_stays_through_every_version(root: Path) -> None:
    notebook = load(root / NOTEBOOK)
    given = next(one for one in notebook["cells"] if source(one) == "given_alpha = 1")
    other = cell(load(root / "notebooks" / "01_second.ipynb"), "exercise-double")
    place = notebook["cells"].index(given)
    for number, original in enumerate((given, cell(notebook, "check-alpha"), other)):
        notebook["cells"].insert(
            place + 1, copy.deepcopy(original) | {"id": f"c{number}", "source": f"mine = {number}"}
        )
    save(notebook, root / NOTEBOOK)
    for version in ("New text", "Newer text", "Newest text"):
        upgrade(root, ("beta", "alpha") if version == "Newer text" else EXERCISES, version)
        cells = load(root / NOTEBOOK)["cells"]
        place = next(number for number, one in enumerate(cells) if source(one) == "given_alpha = 1")
        assert [source(one) for one in cells[place + 1 : place + 4]] == ["mine = 2", "mine = 1", "mine = 0"], version


def test_added_cells_stay_in_their_exercise_when_others_come_and_go(root: Path) -> None:
    notebook = load(root / NOTEBOOK)
    heading = next(one for one in notebook["cells"] if "The beta" in source(one))
    notebook["cells"].insert(notebook["cells"].index(heading) + 1, new_cell("# mine"))
    save(add(notebook, "answer-why-alpha", "# about alpha"), root / NOTEBOOK)
    upgrade(root, ("alpha", "epsilon", "beta", "gamma"))
    cells = load(root / NOTEBOOK)["cells"]
    sources = [source(one) for one in cells]
    assert "The beta" in sources[sources.index("# mine") - 1]
    assert cells[sources.index("# about alpha") - 1]["id"] == "answer-why-alpha"


def test_words_beside_the_number_of_an_exercise_stay(root: Path) -> None:
    notebook = load(root / NOTEBOOK)
    cell(notebook, "exercise-beta")["source"] = "# Упражнение 2.2: beta — вернуться\nmine = 1"
    save(without_ids(without_metadata(notebook)), root / NOTEBOOK)
    upgrade(root, ("beta", "alpha"))
    assert source(cell(load(root / NOTEBOOK), "exercise-beta")) == "# Упражнение 2.1: beta — вернуться\nmine = 1"


def test_what_the_format_does_not_know_costs_no_answer(root: Path) -> None:
    notebook = answer(load(root / NOTEBOOK), "beta", "mine = '\ud83d'")
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": [], "errorDetails": {"actions": []}}
    for identity in ("exercise-beta", "check-beta"):
        cell(notebook, identity).update(outputs=[error], execution_count=1)
    add(notebook, "check-beta", "kept = 1")["cells"][-1]["metadata"]["tags"] = ["a", "a"]
    (root / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")
    assert any("elsewhere" in line for line in upgrade(root)), "what was left behind is in a backup"
    new = load(root / NOTEBOOK)
    nbformat.validate(new)
    assert "mine = " in source(cell(new, "exercise-beta")) and "kept = 1" in [source(one) for one in new["cells"]]


def test_answers_follow_a_section_to_its_new_name(root: Path) -> None:
    save(answer(load(root / NOTEBOOK), "beta", "mine = 1"), root / NOTEBOOK)
    (root / "notebooks_src" / "02_many.md").rename(root / "notebooks_src" / "03_many.md")
    report = build(root)
    assert f"notebooks/03_many.ipynb: your answers and cells were carried over from {NOTEBOOK}" in report
    assert "mine = 1" in source(cell(load(root / "notebooks" / "03_many.ipynb"), "exercise-beta"))


def test_an_old_stub_is_no_answer_whatever_its_line_ends(root: Path) -> None:
    notebook = load(root / NOTEBOOK)
    for one in notebook["cells"]:
        one["source"] = source(one).replace("\n", "\r\n") + "\r\n"
    save(notebook, root / NOTEBOOK)
    (root / "notebooks_src" / "02_many.md").write_text(
        many(EXERCISES, "Text").replace('"""beta"""', '"""better"""'), encoding="utf-8"
    )
    build(root)
    assert "better" in source(cell(load(root / NOTEBOOK), "exercise-beta"))


def test_the_kernel_that_was_chosen_and_the_rights_of_the_file_stay(root: Path) -> None:
    notebook = answer(load(root / NOTEBOOK), "beta", "mine = 1")
    notebook["metadata"]["kernelspec"] = {"name": "mine", "display_name": "Mine", "language": "python"}
    real = save(notebook, root / "elsewhere" / "02.ipynb")
    real.chmod(0o600)
    (root / NOTEBOOK).unlink()
    (root / NOTEBOOK).symlink_to(real)
    upgrade(root)
    assert (root / NOTEBOOK).is_symlink() and real.stat().st_mode & 0o777 == 0o600
    assert load(real)["metadata"]["kernelspec"]["name"] == "mine" and "New text" in real.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_build_killed_at_any_moment_loses_nothing(root: Path) -> None:
    notebook = answer(load(root / NOTEBOOK), "beta", "mine = '‹0›'")
    cell(notebook, "check-beta")["source"] = "print('«1»')"
    save(notebook, root / NOTEBOOK)
    (root / "notebooks_src" / "02_many.md").write_text(many(EXERCISES, "New text"), encoding="utf-8")
    moment = 0
    while killed_at(moment, lambda: build(root), DISK):
        kept = [load(path) for path in [root / NOTEBOOK, *(root / "notebooks").glob(".backup/*.ipynb")]]
        assert written(kept[0], "‹›") == {"0"}, "the answer left the notebook"
        assert any(written(one, "«»") == {"1"} for one in kept), "the other edit is nowhere"
        moment += 1
    assert moment > 5
    assert "New text" in (root / NOTEBOOK).read_text(encoding="utf-8") and build(root) == []


def test_the_answer_carried_is_not_touched_in_the_arguments() -> None:
    old, new = answer(stub("00_start"), "mean", "mine = 1"), stub("00_start")
    before = copy.deepcopy((old, new))
    carry(old, new)
    assert (old, new) == before
