"""Notebooks as learners leave them, made from the committed ones."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from .conftest import ROOT

Notebook = dict[str, Any]


def stub(section: str, root: Path = ROOT) -> Notebook:
    """The untouched notebook of a section."""
    return load(root / "notebooks" / f"{section}.ipynb")


def load(path: Path) -> Notebook:
    return json.loads(path.read_text(encoding="utf-8"))


def save(notebook: Notebook, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
    return path


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def cell(notebook: Notebook, identity: str) -> dict[str, Any]:
    (found,) = [cell for cell in notebook["cells"] if cell.get("id") == identity]
    return found


def answer(notebook: Notebook, exercise: str, code: str) -> Notebook:
    """Replace what stands in the exercise's cell below its first line."""
    first, *_ = source(cell(notebook, f"exercise-{exercise}")).splitlines()
    cell(notebook, f"exercise-{exercise}")["source"] = f"{first}\n{code}"
    return notebook


def solve(notebook: Notebook, section: str, share: float = 1.0) -> Notebook:
    """Answer the first ``share`` of the exercises as the committed solution does."""
    solved = {cell["id"]: cell["source"] for cell in load(ROOT / "solutions" / f"{section}.ipynb")["cells"]}
    exercises = [cell for cell in notebook["cells"] if cell.get("id", "").startswith("exercise-")]
    for one in exercises[: round(share * len(exercises))]:
        one["source"] = solved[one["id"]]
    return notebook


def new_cell(code: str, kind: str = "code") -> dict[str, Any]:
    made = {"cell_type": kind, "id": f"{random.Random(code).randrange(16**8):08x}", "metadata": {}, "source": code}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def add(notebook: Notebook, after: str, code: str, kind: str = "code") -> Notebook:
    """Add a cell below the one with the id ``after``."""
    place = notebook["cells"].index(cell(notebook, after))
    notebook["cells"].insert(place + 1, new_cell(code, kind))
    return notebook


def as_colab_saves(notebook: Notebook) -> Notebook:
    """Format 4.0, new ids, kept in the cells' metadata; sources as lines."""
    for number, one in enumerate(notebook["cells"]):
        one.pop("id", None)
        one["metadata"] = {**one["metadata"], "id": f"Xy{number}_{len(source(one))}Zq"}
        one["source"] = source(one).splitlines(keepends=True)
    return {**notebook, "nbformat_minor": 0, "metadata": {**notebook["metadata"], "colab": {"provenance": []}}}


def without_metadata(notebook: Notebook) -> Notebook:
    """As editors leave it that drop what they do not know."""
    for one in notebook["cells"]:
        one["metadata"] = {}
    notebook["metadata"].pop("praktikum", None)
    return notebook


def without_ids(notebook: Notebook) -> Notebook:
    for number, one in enumerate(notebook["cells"]):
        one["id"] = f"c{number}"
    return notebook
