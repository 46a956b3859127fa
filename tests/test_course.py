"""What every section of the course must keep, read from the sources and the committed notebooks."""

from __future__ import annotations

import ast
import json
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from praktikum.build import check
from praktikum.lint import lint
from praktikum.solution import solution_lines
from praktikum.source import read_section

from .conftest import ROOT, read_course

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
    everything = json.dumps(stub, ensure_ascii=False)
    for exercise in section.exercises:
        for line in solution_lines(exercise.source):
            assert line not in lines, f"{exercise.get('exercise')}: {line}"
            quoted = json.dumps(line, ensure_ascii=False)[1:-1]
            assert len(line) < 12 or quoted not in everything, f"{exercise.get('exercise')}: {line}"


@SECTIONS
def test_the_stub_has_no_answers_comments_or_outputs(section) -> None:
    everything = json.dumps(notebook("notebooks", section.name), ensure_ascii=False)
    for cell in section.cells:
        if cell.get("answer") or cell.get("comment"):
            for line in cell.source.splitlines():
                assert not line or json.dumps(line, ensure_ascii=False)[1:-1] not in everything
    for cell in code_cells(notebook("notebooks", section.name)):
        assert cell["outputs"] == [] and cell["execution_count"] is None


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
def test_every_exercise_has_wrong_and_right_answers(section) -> None:
    path = ROOT / "tests" / "wrong_answers" / f"{section.name}.md"
    answers = read_section(path, path).cells if path.exists() else ()
    for exercise in section.exercises:
        name = exercise.get("exercise")
        wrong = [cell for cell in answers if cell.get("wrong") == name]
        assert len(wrong) >= 3 and all(cell.get("says") for cell in wrong), name
        assert sum(cell.get("right") == name for cell in answers) >= 2, name
    known = {exercise.get("exercise") for exercise in section.exercises}
    assert all((cell.get("wrong") or cell.get("right")) in known for cell in answers if cell.kind == "code")


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


def test_texts_have_no_links_that_lead_nowhere() -> None:
    for path in [ROOT / "README.md", *(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "solutions").glob("*.ipynb")]:
        for target in relative_links(path):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def relative_links(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    targets = [part.split(")")[0] for part in text.split("](")[1:]]
    return [target for target in targets if target.endswith((".ipynb", ".md", ".png")) and "://" not in target]
