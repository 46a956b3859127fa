"""``make update`` on a real pair of clones: an upstream that has moved on, and a learner's clone with edits."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from praktikum.build import build
from praktikum.errors import BuildError
from praktikum.update import update

from .helpers import DISK, contents, copy_course, killed_at, run
from .learners import add, answer, cell, load, save, source

NOTEBOOK = "notebooks/01_second.ipynb"
READING = {"cat-file", "diff", "hash-object", "log", "ls-files", "ls-tree", "rev-list", "rev-parse"}
IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@b.c")


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *IDENTITY, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8").stdout


def only_reads(*arguments: object, **_: object) -> bool:
    """True of the call of git that leaves the disk as it is: to be killed before it is to be killed after the last."""
    command = arguments[0]
    return isinstance(command, list) and command[0] == "git" and command[1] in READING


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the course as ``upstream`` and a ``clone`` that is one version behind."""
    folder = tmp_path_factory.mktemp("update")
    upstream = copy_course(folder / "upstream")
    assert run(upstream, "build").returncode == 0
    (upstream / ".gitignore").write_text(".backup/\n.*.tmp\n")
    git(upstream, "init", "--quiet", "--initial-branch=main")
    git(upstream, "add", "--all")
    git(upstream, "commit", "--quiet", "--message=First version")
    git(folder, "clone", "--quiet", "upstream", "clone")
    edit(upstream / "notebooks_src" / "01_second.md", "Text of the section.", "A new text.")
    edit(upstream / "notebooks_src" / "01_second.md", "### Double", "### Twice")
    build(upstream)
    (upstream / "NEWS").write_text("new")
    git(upstream, "add", "--all")
    git(upstream, "commit", "--quiet", "--message=Second version")
    return folder


@pytest.fixture
def clone(built: Path, tmp_path: Path) -> Path:
    """The clone, for this test alone."""
    shutil.copytree(built, tmp_path / "both")
    git(tmp_path / "both" / "clone", "remote", "set-url", "origin", str(tmp_path / "both" / "upstream"))
    return tmp_path / "both" / "clone"


def learn(clone: Path) -> None:
    """Edit as a learner does: an answer, words, a cell, outputs; and a solved notebook that was run."""
    notebook = answer(load(clone / NOTEBOOK), "double", "def double(x):\n    return x + x  # mine")
    cell(notebook, "answer-what")["source"] = "✏️ **Ваш ответ:**\n\nmine too"
    cell(notebook, "check-double")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "✅ double: верно\n"}
    ]
    save(add(notebook, "check-double", "print(double(21))  # added"), clone / NOTEBOOK)
    solution = load(clone / "solutions" / "01_second.ipynb")
    solution["metadata"]["language_info"]["version"] = "3.12.1"
    save(solution, clone / "solutions" / "01_second.ipynb")


def assert_updated(clone: Path) -> None:
    assert git(clone, "log", "-1", "--format=%s") == "Second version\n"
    assert git(clone, "status", "--porcelain") == f" M {NOTEBOOK}\n"
    assert (clone / "NEWS").read_text() == "new"
    new = load(clone / NOTEBOOK)
    assert source(cell(new, "exercise-double")).endswith("return x + x  # mine")
    assert source(cell(new, "answer-what")).endswith("mine too")
    assert any(source(cell).startswith("A new text.") for cell in new["cells"])
    place = [source(cell) for cell in new["cells"]].index("print(double(21))  # added")
    assert new["cells"][place - 1]["id"] == "check-double"
    assert cell(new, "check-double")["outputs"]
    assert build(clone) == []


def test_the_new_version_comes_with_the_answers_in_place(clone: Path) -> None:
    learn(clone)
    before = {name: (clone / name).read_bytes() for name in (NOTEBOOK, "solutions/01_second.ipynb")}
    lines = update(clone)
    assert_updated(clone)
    for name, content in before.items():
        (backup,) = (clone / name).parent.glob(".backup/*.ipynb")
        assert backup.read_bytes() == content
        assert any(line.startswith(name) and str(backup.relative_to(clone)) in line for line in lines)
    assert update(clone) == []


def test_an_untouched_clone_is_simply_updated(clone: Path) -> None:
    done = run(clone, "update")
    assert done.returncode == 0 and "Second version" in done.stdout
    assert git(clone, "status", "--porcelain") == ""
    assert "новой версии нет" in run(clone, "update").stdout


def test_a_deleted_notebook_comes_back(clone: Path) -> None:
    (clone / NOTEBOOK).unlink()
    update(clone)
    assert git(clone, "status", "--porcelain") == ""


def test_the_notebook_of_a_section_that_has_gone_is_kept(clone: Path) -> None:
    learn(clone)
    before = (clone / NOTEBOOK).read_bytes()
    git(clone.parent / "upstream", "rm", "--quiet", NOTEBOOK, "solutions/01_second.ipynb")
    git(clone.parent / "upstream", "commit", "--quiet", "--message=Third version")
    lines = update(clone)
    (backup,) = (clone / "notebooks" / ".backup").iterdir()
    assert backup.read_bytes() == before and any("больше нет" in line and backup.name in line for line in lines)
    assert git(clone, "log", "-1", "--format=%s") == "Third version\n" and git(clone, "status", "--porcelain") == ""


def rename_upstream(clone: Path) -> None:
    upstream = clone.parent / "upstream"
    git(upstream, "mv", "notebooks_src/01_second.md", "notebooks_src/02_second.md")
    git(upstream, "rm", "--quiet", NOTEBOOK, "solutions/01_second.ipynb")
    edit(upstream / "pyproject.toml", "01_second", "02_second")
    build(upstream)
    git(upstream, "add", "--all")
    git(upstream, "commit", "--quiet", "--message=Third version")


def test_answers_follow_a_section_to_its_new_name(clone: Path) -> None:
    learn(clone)
    rename_upstream(clone)
    lines = update(clone)
    assert f"notebooks/02_second.ipynb: ваши ответы перенесены сюда из {NOTEBOOK}" in lines
    new = load(clone / "notebooks" / "02_second.ipynb")
    assert source(cell(new, "exercise-double")).endswith("return x + x  # mine")
    assert git(clone, "status", "--porcelain") == " M notebooks/02_second.ipynb\n" and build(clone) == []


def test_what_the_builder_made_is_replaced(clone: Path) -> None:
    learn(clone)
    (clone / "solutions" / "manifest.json").write_text("{}")
    (clone / "solutions" / "picture.png").write_bytes(b"another")
    update(clone)
    assert git(clone, "log", "-1", "--format=%s") == "Second version\n"
    assert (clone / "solutions" / "manifest.json").read_bytes() == (
        clone.parent / "upstream" / "solutions" / "manifest.json"
    ).read_bytes()


def edit_source(clone: Path) -> None:
    edit(clone / "notebooks_src" / "00_first.md", "What comes after zero?", "What follows zero?")


def edit_readme_and_stage(clone: Path) -> None:
    (clone / "README.md").write_text("mine")
    git(clone, "add", "README.md")


def stage(clone: Path) -> None:
    git(clone, "add", NOTEBOOK)


def commit(clone: Path) -> None:
    git(clone, "commit", "--quiet", "--all", "--message=My answers")


def no_upstream(clone: Path) -> None:
    git(clone, "branch", "--unset-upstream")


def no_branch(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "--detach")


def unfinished_merge(clone: Path) -> None:
    (clone / ".git" / "MERGE_HEAD").write_text(git(clone, "rev-parse", "HEAD"))


def unfinished_rebase(clone: Path) -> None:
    (clone / ".git" / "rebase-merge").mkdir()


def in_the_way(clone: Path) -> None:
    (clone / "NEWS").write_text("mine")


def in_the_way_and_ignored(clone: Path) -> None:
    in_the_way(clone)
    (clone / ".git" / "info" / "exclude").write_text("NEWS\n")


def no_remote(clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", str(clone / "nowhere"))


def locked(clone: Path) -> None:
    (clone / ".git" / "index.lock").write_text("")


def no_clone(clone: Path) -> None:
    shutil.rmtree(clone / ".git")


@pytest.mark.parametrize(
    ("hinder", "words"),
    [
        (edit_source, "изменены не только тетради: notebooks_src/00_first.md"),
        (edit_readme_and_stage, "в индексе git есть ваши изменения .README.md"),
        (stage, "git restore --staged"),
        (commit, "свои коммиты .1., которых нет в origin/main"),
        (no_upstream, "нет источника обновлений"),
        (no_branch, "нет источника обновлений"),
        (unfinished_merge, "не закончено другое действие git .MERGE_HEAD."),
        (unfinished_rebase, "не закончено другое действие git .rebase-merge."),
        (in_the_way, "на месте которых лежат ваши: NEWS"),
        (in_the_way_and_ignored, "на месте которых лежат ваши: NEWS"),
        (no_remote, "git fetch"),
        (locked, "не закончено другое действие git .index.lock."),
        (no_clone, "не клон git"),
    ],
)
def test_what_is_not_understood_is_refused_and_nothing_is_changed(clone: Path, hinder, words: str) -> None:
    learn(clone)
    hinder(clone)
    before = {path: content for path, content in contents(clone).items() if ".git" not in path.parts}
    with pytest.raises(BuildError, match=words):
        update(clone)
    assert {path: content for path, content in contents(clone).items() if ".git" not in path.parts} == before
    done = run(clone, "update")
    assert done.returncode == 1 and done.stderr.endswith("ничего не изменено\n")


def test_the_advice_for_own_commits_works(clone: Path) -> None:
    learn(clone)
    shutil.copy(clone / "solutions" / "00_first.ipynb", clone / "solutions" / "01_second.ipynb")
    git(clone, "checkout", "--quiet", "solutions")
    commit(clone)
    with pytest.raises(BuildError) as refused:
        update(clone)
    advice = [line.split("  (")[0].strip() for line in str(refused.value).splitlines()[1:3]]
    assert advice[0] == "git branch my-answers"
    subprocess.run(" && ".join(advice), shell=True, cwd=clone, check=True, capture_output=True)
    update(clone)
    assert_updated(clone)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("renamed", [False, True], ids=["", "renamed"])
def test_an_update_killed_at_any_moment_loses_nothing_and_goes_on(clone: Path, tmp_path: Path, renamed: bool) -> None:
    learn(clone)
    if renamed:
        rename_upstream(clone)
    before = (clone / NOTEBOOK).read_bytes()
    kept = Path(shutil.copytree(clone, tmp_path / "kept"))
    moment, alive = 0, True
    while alive:
        shutil.rmtree(clone)
        shutil.copytree(kept, clone)
        alive = killed_at(moment, lambda: update(clone), [*DISK, (subprocess, "run")], only_reads)
        assert before in [path.read_bytes() for path in (clone / "notebooks").rglob("*.ipynb")]
        if git(clone, "log", "-1", "--format=%s") == "First version\n":
            update(clone)
        if renamed:
            new = load(clone / "notebooks" / "02_second.ipynb")
            assert source(cell(new, "exercise-double")).endswith("return x + x  # mine")
        else:
            assert_updated(clone)
        moment += 1
    assert moment > 20


def test_git_killed_in_the_middle_of_its_work_is_taken_up(clone: Path) -> None:
    """Some files are there already, the branch has not moved."""
    learn(clone)
    (clone / "NEWS").write_text("new")
    shutil.copy(clone.parent / "upstream" / "notebooks_src" / "01_second.md", clone / "notebooks_src" / "01_second.md")
    update(clone)
    assert_updated(clone)
