"""The builder on a small course: what it writes, when it writes, and when it must not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from praktikum.build import build, check
from praktikum.errors import BuildError
from praktikum.store import read_json

from .conftest import ROOT
from .helpers import contents, copy_course, run

NAMES = ("00_first", "01_second")


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_course(tmp_path_factory.mktemp("built") / "course")
    done = run(folder, "build", PYTHONHASHSEED="1")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """A copy of the built course, for this test alone."""
    return Path(shutil.copytree(built_once, tmp_path / "course"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def answer(notebook: Path, source: str = "def first():\n    return 1") -> None:
    """Edit a stub as a learner does."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    (cell,) = [cell for cell in content["cells"] if cell["id"] == "exercise-first"]
    cell["source"] = source
    notebook.write_text(json.dumps(content), encoding="utf-8")


def test_two_builds_elsewhere_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    other = copy_course(tmp_path / "elsewhere" / "deeper")
    done = run(other, "build", PYTHONHASHSEED="2")
    assert done.returncode == 0, done.stderr
    first, second = ({p.relative_to(f): c for p, c in contents(f).items()} for f in (built, other))
    assert first.keys() == second.keys()
    different = {str(path) for path in first if first[path] != second[path]}
    assert different <= {"solutions/01_second.ipynb", "solutions/manifest.json"}  # the cell that prints the time
    one, two = (read_json(folder / "solutions" / "01_second.ipynb") for folder in (built, other))
    for a, b in zip(one["cells"], two["cells"], strict=True):
        assert a == b or a["metadata"]["tags"] == ["nbval-ignore-output"]


def test_nothing_to_do_writes_nothing(built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    assert build(built) == []
    assert check(built) == []
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before


def test_nothing_to_do_imports_nothing_slow(built: Path) -> None:
    code = (
        "import sys; from praktikum.__main__ import main; assert main(['build']) == 0; "
        "assert not {'jupytext', 'nbformat', 'nbclient', 'nbconvert'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=built, env=environment, check=True, timeout=60)


def test_prose_is_not_executed_again(built: Path, capsys: pytest.CaptureFixture) -> None:
    edit(built / "notebooks_src" / "01_second.md", "Last text", "The last text")
    report = build(built)
    assert set(report) == {
        "wrote notebooks/01_second.ipynb",
        "wrote solutions/01_second.ipynb",
        "wrote solutions/manifest.json",
    }
    assert "executed" not in capsys.readouterr().out


def test_a_title_is_prose_too(built: Path, capsys: pytest.CaptureFixture) -> None:
    edit(built / "notebooks_src" / "01_second.md", "### Triple", "### Thrice")
    build(built)
    assert "executed" not in capsys.readouterr().out
    score = read_json(built / "solutions" / "01_second.ipynb")["cells"][-1]
    assert score["outputs"][0]["text"] == ["Решено 2 из 2\n", "1.1. Double\n", "1.2. Thrice\n"]
    edit(built / "notebooks_src" / "01_second.md", "seven = 7", "seven = 8")
    build(built)
    assert read_json(built / "solutions" / "01_second.ipynb")["cells"][-1]["outputs"] == score["outputs"]


def test_code_is_executed_again_with_all_that_carry_it(built: Path, capsys: pytest.CaptureFixture) -> None:
    edit(built / "notebooks_src" / "00_first.md", "return 1 + 0", "return 0 + 1")
    build(built)
    printed = capsys.readouterr().out
    assert "executed solutions/00_first.ipynb" in printed
    assert "executed solutions/01_second.ipynb" in printed
    edit(built / "notebooks_src" / "01_second.md", "seven = 7", "seven = 8")
    build(built)
    printed = capsys.readouterr().out
    assert "executed solutions/01_second.ipynb" in printed
    assert "00_first" not in printed


def test_file_times_do_not_count(built: Path) -> None:
    for path in built.rglob("*"):
        os.utime(path, (0, 0) if path.suffix == ".ipynb" else None)
    assert build(built) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("return 3 * x", "return 4 * x", "AssertionError"),
        ("seven = 7", "import sys; print(1, file=sys.stderr)", "stderr"),
        ("seven = 7", "import praktikum", "No module named 'praktikum'"),
        ("seven = 7", "import os; os._exit(1)", "01_second"),
    ],
)
def test_a_solution_that_fails_writes_nothing(built: Path, old: str, new: str, words: str) -> None:
    edit(built / "notebooks_src" / "01_second.md", old, new)
    before = contents(built)
    with pytest.raises(BuildError, match=words):
        build(built)
    assert contents(built) == before


def test_a_check_that_rejects_the_solution_writes_nothing(built: Path) -> None:
    edit(built / "notebooks_src" / "01_second.md", "return 3 * x", "raise NotImplementedError")
    before = contents(built)
    with pytest.raises(BuildError, match="does not accept the solution"):
        build(built)
    assert contents(built) == before


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_while_executing_changes_nothing(built: Path) -> None:
    edit(built / "notebooks_src" / "01_second.md", "seven = 7", "import time\n\ntime.sleep(60)")
    before = contents(built)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", "praktikum", "build"], cwd=built, env=environment)
    time.sleep(5)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert contents(built) == before


def test_an_edited_notebook_is_left_alone_while_its_source_is_the_same(built: Path) -> None:
    notebook = built / "notebooks" / "00_first.ipynb"
    answer(notebook)
    edited = notebook.read_bytes()
    assert build(built) == []
    edit(built / "notebooks_src" / "01_second.md", "Last text", "The last text")
    build(built)
    assert notebook.read_bytes() == edited
    assert check(built) == ["notebooks/00_first.ipynb was edited by hand"]


def test_check_names_what_is_wrong_and_changes_nothing(built: Path) -> None:
    (built / "notebooks" / "01_second.ipynb").unlink()
    (built / "notebooks" / "05_gone.ipynb").write_text("{}")
    edit(built / "notebooks_src" / "00_first.md", "What comes after zero?", "What follows zero?")
    before = contents(built)
    report = check(built)
    assert "notebooks/01_second.ipynb is missing" in report
    assert "notebooks/00_first.ipynb is stale" in report
    assert "notebooks/05_gone.ipynb is orphaned: it has no source" in report
    edit(built / "notebooks_src" / "01_second.md", "seven = 7", "seven = 8")
    assert "solutions/01_second.ipynb is stale: its code was changed" in check(built)
    edit(built / "notebooks_src" / "00_first.md", "What follows zero?", "What comes after zero?")
    edit(built / "notebooks_src" / "01_second.md", "seven = 8", "seven = 7")
    assert contents(built) == before | {path: path.read_bytes() for path in (built / "notebooks_src").iterdir()}


def test_check_names_a_missing_solution(built: Path) -> None:
    (built / "solutions" / "00_first.ipynb").unlink()
    assert check(built) == ["solutions/00_first.ipynb is missing"]


def test_the_stub_and_the_solution(built: Path) -> None:
    stub, solution = (read_json(built / folder / "01_second.ipynb") for folder in ("notebooks", "solutions"))
    texts = {
        folder: "\n".join(json.dumps(cell, ensure_ascii=False) for cell in notebook["cells"])
        for folder, notebook in (("stub", stub), ("solution", solution))
    }
    assert "return 3 * x" in texts["solution"] and "return 3 * x" not in texts["stub"]
    assert "It is a sum." in texts["solution"] and "It is a sum." not in texts["stub"]
    assert "A number." in texts["solution"] and "A number." not in texts["stub"]
    assert '"### 1.2. Triple\\n", "\\n", "**Упражнение** · ★★ · 3 мин' in texts["stub"]
    assert "return 1 + 0" in texts["stub"], "a carried exercise arrives solved"
    assert "SOLUTION" not in texts["stub"] + texts["solution"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in stub["cells"])
    assert all(cell["execution_count"] for cell in solution["cells"] if cell["cell_type"] == "code")
    ids = [cell["id"] for cell in stub["cells"]]
    assert len(set(ids)) == len(ids) and {"exercise-double", "check-double", "answer-what"} <= set(ids)


def test_badges_only_with_a_repository(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "colab.research" not in (built / "notebooks" / "00_first.ipynb").read_text()
    monkeypatch.setenv("REPOSITORY", "somebody/course")
    build(built)
    url = "https://colab.research.google.com/github/somebody/course/blob/main/notebooks/00_first.ipynb"
    assert url in (built / "notebooks" / "00_first.ipynb").read_text()


def test_the_readme_gets_its_table(built: Path) -> None:
    readme = (built / "README.md").read_text()
    assert "| [1. Second](notebooks/01_second.ipynb) | 5 | 2 | go on |" in readme
    (built / "README.md").write_text("# Nothing")
    with pytest.raises(BuildError, match="the table goes there"):
        build(built)


def test_settings_that_cannot_be_read_are_one_sentence(built: Path) -> None:
    (built / "pyproject.toml").write_text("[tool\n")
    with pytest.raises(BuildError, match=r"pyproject\.toml cannot be read"):
        build(built)


def test_a_file_that_cannot_be_read_is_one_sentence(built: Path) -> None:
    (built / "README.md").write_bytes("Курс".encode("cp1251"))
    done = run(built, "build")
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr.endswith("nothing was written\n")
