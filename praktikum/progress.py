"""Where a learner stands, read from the outputs that the notebooks hold: nothing is run.

Imports nothing but the standard library, so that the answer is there at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import BuildError
from .learner import Cell, cells_of, course_id, identify, metadata, recorded, role, text
from .manifest import NOTEBOOKS
from .store import read_json

MARKS = "✅❌⏳"
HEADING = re.compile(r"^##+ (\d+\.\d+\. .*\S)", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """What is known of one notebook: its title, and of each exercise its title, with the number, and last mark."""

    file: str
    title: str
    exercises: tuple[tuple[str, str], ...]


def progress(root: Path) -> list[str]:
    """A line for each section, then the score and what to do next. Raises BuildError in a folder without notebooks."""
    if not (root / NOTEBOOKS).is_dir():
        raise BuildError(f"здесь нет папки {NOTEBOOKS}: выполните команду в папке практикума")
    notebooks = {path.name: read_json(path) for path in sorted((root / NOTEBOOKS).glob("*.ipynb"))}
    sections = [section for name, notebook in notebooks.items() if (section := _section(name, notebook)).exercises]
    width = max((len(section.title) for section in sections), default=0)
    lines = [score(section.title, [mark for _, mark in section.exercises], width) for section in sections]
    unread = [f"{NOTEBOOKS}/{name}" for name, notebook in notebooks.items() if notebook is None]
    lines += [f"{name} не читается: make notebooks соберёт её заново, эта останется в .backup" for name in unread]
    marks = [mark for section in sections for _, mark in section.exercises]
    lines += ["", f"Решено {marks.count('✅')} из {len(marks)}"]
    todo = [(title, section) for section in sections for title, mark in section.exercises if mark != "✅"]
    return lines + [following(title, section.file) for title, section in todo[:1]]


def score(title: str, marks: Sequence[str], width: int) -> str:
    """A section in one line: how many of its exercises are solved, and the mark of each."""
    return f"{title:<{width}}  {marks.count('✅'):>2} из {len(marks):>2}  {''.join(marks)}"


def following(title: str, file: str) -> str:
    """Which exercise is next, and where it is."""
    return f"Дальше: {title} — {NOTEBOOKS}/{file} (make lab откроет практикум)"


def _section(file: str, notebook: Mapping[str, Any] | None) -> Section:
    """What is known of a notebook; nothing if it is a copy beside the notebook of its section."""
    is_copy = metadata(notebook or {}).get("section", file) not in (file, file.removesuffix(".ipynb"))
    cells = [] if is_copy else cells_of(notebook)
    title, heading, exercises = file, "", []
    for cell, identity in zip(cells, identify(cells, recorded(notebook or {})), strict=True):
        kind, name = role(identity)
        if header := re.match(r"# Раздел (\d+\. .*)", text(cell)):
            title = header[1]
        elif kind == "check":
            again = [copy for copy in cells if role(course_id(copy)) == (kind, name)]
            marks = [mark for copy in (cell, *again) if (mark := _mark(copy, name)) != "⏳"]
            exercises.append((heading or name, marks[-1] if marks else "⏳"))
            heading = ""
        elif cell.get("cell_type") == "markdown" and (found := HEADING.findall(text(cell))):
            heading = found[-1]
    return Section(file, title, tuple(exercises))


def _mark(cell: Cell, name: str) -> str:
    """What the check said when it was run last."""
    outputs = cell.get("outputs")
    outputs = [output for output in outputs if isinstance(output, dict)] if isinstance(outputs, list) else []
    said = "".join(text({"source": output.get("text")}) for output in outputs)
    found = re.findall(rf"^([{MARKS}]) {re.escape(name)}: ", said, re.MULTILINE)
    return found[-1] if found else "⏳"
