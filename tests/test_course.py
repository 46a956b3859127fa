"""What every section of the course must keep, read from the sources and the committed notebooks."""

from __future__ import annotations

import ast
import bz2
import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b85decode
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest

from praktikum.build import check
from praktikum.interpreter import OLDEST
from praktikum.lint import lint
from praktikum.mistakes.catalogue import GENERIC, RIGHT, read_catalogue
from praktikum.solution import solution_lines

from .conftest import ROOT, read_course
from .engine import section_namespace
from .helpers import commit_all, copy_of_the_course

COURSE = read_course()
SECTIONS = pytest.mark.parametrize("section", COURSE, ids=lambda section: section.name)
ALLOWED = {"numpy", "torch", "matplotlib"}
WORKBOOK_NAMES = (
    "Value topological_sort backward Neuron MLP make_batch mse NAMES BOS EOS build_vocab make_bigrams sample_bigram "
    "build_dataset sample_mlp Head MultiHead Block TinyTransformer batch_lm"
)


def notebook(folder: str, name: str) -> dict:
    return json.loads((ROOT / folder / f"{name}.ipynb").read_text(encoding="utf-8"))


def code_cells(content: dict) -> list[dict]:
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def table_of(content: dict) -> dict:
    """The table of mistakes in a notebook, unpacked."""
    (code,) = [source(cell) for cell in content["cells"] if cell["id"] == "mistakes"] or [""]
    packed = re.search(r'^mistakes\("(.+)"\)$', code, re.MULTILINE)
    return json.loads(bz2.decompress(b85decode(packed[1]))) if packed else {}


def test_the_sources_have_no_mistakes_and_the_notebooks_are_theirs() -> None:
    lint(COURSE)
    assert check(ROOT) == []


def test_the_names_of_the_workbook_are_all_there() -> None:
    defined = set()
    for section in COURSE:
        for cell in section.cells:
            if cell.kind == "code":
                for node in ast.walk(ast.parse(cell.source)):
                    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                        defined.add(node.name)
                    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        defined.add(node.id)
    assert set(WORKBOOK_NAMES.split()) <= defined


@SECTIONS
def test_the_stub_holds_no_line_of_its_solutions(section) -> None:
    stub = notebook("notebooks", section.name)
    lines = {line.strip() for cell in stub["cells"] for line in source(cell).splitlines()}
    everything = json.dumps(stub, ensure_ascii=False) + json.dumps(table_of(stub), ensure_ascii=False)
    for exercise in section.exercises:
        for line in solution_lines(exercise.source):
            assert line not in lines, f"{exercise.get('exercise')}: {line}"
            quoted = json.dumps(line, ensure_ascii=False)[1:-1]
            assert len(line) < 12 or quoted not in everything, f"{exercise.get('exercise')}: {line}"


@SECTIONS
def test_the_stub_has_no_answers_comments_or_outputs_but_drawings(section) -> None:
    everything = json.dumps(notebook("notebooks", section.name), ensure_ascii=False)
    for cell in section.cells:
        if cell.get("answer") or cell.get("comment"):
            for line in cell.source.splitlines():
                assert not line or json.dumps(line, ensure_ascii=False)[1:-1] not in everything
    for cell in code_cells(notebook("notebooks", section.name)):
        pictures = [list(output["data"]) for output in cell["outputs"]]
        assert pictures == [["image/png"]] * cell["id"].startswith("drawing-") and cell["execution_count"] is None


@SECTIONS
def test_notebooks_import_only_what_a_learner_has(section) -> None:
    for folder in ("notebooks", "solutions"):
        for cell in code_cells(notebook(folder, section.name)):
            assert not any(line.startswith(("!", "%")) for line in source(cell).splitlines())
            for node in ast.walk(ast.parse(source(cell))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) else []
                for name in names:
                    assert name.split(".")[0] in ALLOWED | sys.stdlib_module_names


@SECTIONS
def test_four_fifths_of_the_solution_are_compared(section) -> None:
    cells = code_cells(notebook("solutions", section.name))
    ignored = [cell for cell in cells if "nbval-ignore-output" in cell["metadata"].get("tags", ())]
    assert len(ignored) <= len(cells) / 5


@SECTIONS
def test_every_check_accepts_its_solution_and_nothing_is_on_stderr(section) -> None:
    cells = code_cells(notebook("solutions", section.name))
    checks = 0
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error" and output.get("name") != "stderr"
        if name := cell["metadata"].get("praktikum", {}).get("check"):
            checks += 1
            assert "".join(cell["outputs"][0]["text"]) == f"✅ {name}: верно\n"
    assert checks == len(section.exercises)
    if checks:
        assert f"Решено {checks} из {checks}" in "".join(cells[-1]["outputs"][0]["text"])


@SECTIONS
def test_every_exercise_has_mistakes_and_right_answers(section) -> None:
    catalogue = read_catalogue(ROOT / "notebooks_src", section)
    answers = [(answer.exercise, answer.kind) for answer in catalogue.answers] if catalogue else []
    exercises = {exercise.get("exercise") for exercise in section.exercises}
    for name in exercises:
        mistakes = {kind for exercise, kind in answers if exercise == name} - {RIGHT, GENERIC}
        assert len(mistakes) >= 3, f"{name}: an exercise has at least three mistakes in its catalogue"
        assert answers.count((name, RIGHT)) >= 2, f"{name}: an exercise has at least two right answers in its catalogue"
    assert {exercise for exercise, _ in answers} == exercises


@pytest.mark.parametrize("section", [s for s in COURSE if s.exercises], ids=lambda s: s.name)
def test_checks_are_short(section) -> None:
    """The instruments that they share count with them; the kit's own machinery does not."""
    checks = [cell.source for cell in section.cells if cell.get("check")]
    instruments = [cell.source for cell in section.cells if cell.get("instrument") not in (None, "comparison")]
    assert sum(map(len, checks + instruments)) / len(checks) <= 1800
    assert max(check.count("\n") + 1 for check in checks) <= 60
    assert max(len(line) for cell in section.cells if cell.kind == "code" for line in cell.source.splitlines()) <= 120


@SECTIONS
def test_every_hint_ladder_has_two_steps(section) -> None:
    for exercise in section.exercises:
        assert sum(cell.get("hint") == exercise.get("exercise") for cell in section.cells) >= 2


@SECTIONS
def test_streams_are_stored_whole(section) -> None:
    """How the kernel cut its output into messages depends on the moment; the stored notebook must not."""
    for cell in code_cells(notebook("solutions", section.name)):
        names = [output.get("name") for output in cell["outputs"]]
        assert not any(a and a == b for a, b in pairwise(names)), cell["id"]


def test_sizes() -> None:
    for path in (ROOT / "solutions").glob("*.ipynb"):
        assert path.stat().st_size < 1_000_000, path.name


def test_every_link_leads_somewhere() -> None:
    """Relative links of the README and of all notebooks, on GitHub and in JupyterLab, whose root is the course."""
    for path in [ROOT / "README.md", *(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "solutions").glob("*.ipynb")]:
        targets = relative_links(path)
        assert targets, path.name
        for target in targets:
            file, _, anchor = unquote(target).partition("#")
            there = (path.parent / file).resolve() if file else path
            assert there.exists() and there.is_relative_to(ROOT), f"{path.name}: {target}"
            assert not anchor or anchor in anchors(there), f"{path.name}: {target}"


def markdown(path: Path) -> str:
    """The texts of a file without their code."""
    texts = [path.read_text(encoding="utf-8")]
    if path.suffix == ".ipynb":
        texts = [source(cell) for cell in json.loads(texts[0])["cells"] if cell["cell_type"] == "markdown"]
    return re.sub(r"```.*?```|`[^`\n]*`", "", "\n\n".join(texts), flags=re.DOTALL)


def relative_links(path: Path) -> list[str]:
    found = re.findall(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"", markdown(path))
    return [target for pair in found for target in pair if target and "://" not in target]


def anchors(path: Path) -> set[str]:
    """What GitHub makes of the headings of a file."""
    titles = re.findall(r"^#+ +(.*\S)", markdown(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands_of_section_8(fence: str = "console") -> list[str]:
    text = (ROOT / "notebooks_src" / "08_commands.md").read_text(encoding="utf-8")
    lines = [line for part in re.findall(rf"^```{fence}\n(.*?)^```", text, re.M | re.S) for line in part.splitlines()]
    return [line.split("#")[0].strip() for line in lines]


def test_the_make_commands_of_section_8_are_in_the_makefile() -> None:
    """All that `make` lists; what they run for a learner stands there too, for who has no make."""
    commands = commands_of_section_8()
    listed = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    made = {command.split()[1]: command for command in commands if command.startswith("make ")}
    assert {*made, "help"} == {*listed} and "make" in commands
    for target, command in made.items():
        done = subprocess.run([*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        runs = done.stdout.splitlines()[-1]
        assert runs in commands or target not in ("lab", "progress", "check", "update", "notebooks", "cards"), runs


def test_section_8_says_the_same_to_windows() -> None:
    there = [line.replace("py -m", "python3 -m") for line in commands_of_section_8("text")]
    there = [line.replace(r".venv\Scripts\python", ".venv/bin/python") for line in there]
    assert len(there) >= 6 and {*there} <= {*commands_of_section_8()}


READ_THE_COURSE = ("check", "build --check", "mistakes")
ONE_READING = """
import functools, os, shlex, sys
from pathlib import Path
from praktikum import course
course.read_course = functools.cache(course.read_course)
course.read_course(Path.cwd())
from praktikum.__main__ import main
for line in sys.argv[1:]:
    if os.fork() == 0:
        sys.exit(main([os.path.expanduser(word) for word in shlex.split(line)]))
    if os.wait()[1]:
        sys.exit(line)
"""


def test_the_commands_of_section_8_work_as_they_stand_and_leave_nothing_behind(tmp_path: Path) -> None:
    """In a copy of the course where nothing is activated; what would install or never end is tested elsewhere.

    To read the course takes seconds: what does so is forked from a process that has read it.
    """
    course = copy_of_the_course(tmp_path / "course")
    commit_all(course)
    with (course / ".git/info/exclude").open("a") as ignored:
        ignored.write(".venv\n")  # here a link
    for place in ("class/ivanov", "Downloads"):
        (tmp_path / place).mkdir(parents=True)
        shutil.copy(course / "notebooks" / "03_char_lm.ipynb", tmp_path / place)
    nothing_activated = {"PATH": os.defpath, "HOME": str(tmp_path)}
    commands = [command for command in commands_of_section_8() if command.startswith(".venv/bin/python")]
    commands = [command for command in commands if not command.endswith(("lab", "update"))]
    lines = [command.removeprefix(".venv/bin/python -m praktikum ") for command in commands]
    readers = [line for line in lines if line.startswith(READ_THE_COURSE)]
    assert len(commands) >= 10 and len(readers) >= 5
    commands = [command for command, line in zip(commands, lines, strict=True) if line not in readers]
    for command in [*commands, [".venv/bin/python", "-c", ONE_READING, *readers]]:
        if shell := isinstance(command, str):
            command = command.replace("/tmp", str(tmp_path))
        options = {"cwd": course, "env": nothing_activated, "capture_output": True, "text": True}
        done = subprocess.run(command, shell=shell, **options)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert (tmp_path / "grades.csv").read_text(encoding="utf-8").count("\nivanov,03_char_lm,") >= 10
    assert subprocess.run(["git", "status", "-s"], cwd=course, capture_output=True, text=True).stdout == ""


def test_section_8_wants_what_the_requirements_want() -> None:
    lines = re.findall(r"^([a-z]+)(\S+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    needs = section_namespace("08_commands", "needs")
    assert needs["PACKAGES"] == dict(lines)
    assert needs["OLDEST"] == OLDEST


def test_section_8_knows_whose_python_it_is(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # the cell goes on without it
    environment = section_namespace("08_commands", "facts")["environment"]
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert environment(colab=False) == ""
    (tmp_path / "notebooks_src").mkdir()
    assert environment(colab=False) == "нет"
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    assert environment(colab=False) == "чужое" and environment(colab=True) == ""
    monkeypatch.setattr("sys.prefix", str(tmp_path / ".venv"))
    assert environment(colab=False) == "своё"


def test_the_longest_cell_takes_less_than_a_minute_as_its_text_says() -> None:
    (cell,) = [
        cell
        for cell in code_cells(notebook("solutions", "06_experiments"))
        if "in MODELS.items():\n    results[title]" in source(cell)
    ]
    seconds = re.findall(r"зерно \d: .* ([\d.]+) с$", "".join(cell["outputs"][0]["text"]), re.MULTILINE)
    assert len(seconds) == 12 and 5 < sum(map(float, seconds)) < 60
