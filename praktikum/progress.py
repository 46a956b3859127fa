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
from .learner import Cell, cells_of, course_id, fingerprint, identify, metadata, recorded, role, text
from .manifest import NOTEBOOKS
from .store import read_json

MARKS = "✅❌⏳"
REPORT = "report"  # the score's cell, which also judges answers that stand below their check
HEADING = re.compile(r"^##+ (\d+\.\d+\. .*\S)", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """What is known of one notebook: its title, of each exercise its title, with the number, and last mark.

    ``unseen`` are the titles of those that are answered, but whose check has not run since.
    """

    file: str
    title: str
    exercises: tuple[tuple[str, str], ...]
    unseen: tuple[str, ...]


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
    for section in sections:
        if section.unseen:
            numbers = ", ".join(re.split(r"\. ", title)[0] for title in section.unseen)
            lines.append(
                f"Ответы есть, а проверки с тех пор не выполнялись: {numbers}. Выполните тетрадь или make check"
            )
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
    title, heading, exercises, unseen = file, "", [], []
    before, answered = recorded(notebook or {}), set()
    for cell, identity in zip(cells, identify(cells, before), strict=True):
        kind, name = role(identity)
        if header := re.match(r"# Раздел (\d+\. .*)", text(cell)):
            title = header[1]
        elif kind == "exercise" and identity in before and before[identity] != fingerprint(text(cell)):
            answered.add(name)
        elif kind == "check":
            again = [copy for copy in cells if course_id(copy) in (f"check-{name}", REPORT)]
            marks = [mark for copy in sorted((cell, *again), key=_ran) if (mark := _mark(copy, name)) != "⏳"]
            exercises.append((heading or name, marks[-1] if marks else "⏳"))
            ran = any(copy.get("outputs") for copy in (cell, *again) if course_id(copy) != REPORT)
            if name in answered and not marks and not ran:
                unseen.append(heading or name)
            heading = ""
        elif cell.get("cell_type") == "markdown" and (found := HEADING.findall(text(cell))):
            heading = found[-1]
    return Section(file, title, tuple(exercises), tuple(unseen))


def _ran(cell: Cell) -> int:
    """When a cell was run last: the number that stands before it."""
    count = cell.get("execution_count")
    return count if isinstance(count, int) else 0


def _mark(cell: Cell, name: str) -> str:
    """What the check said when it was run last."""
    outputs = cell.get("outputs")
    outputs = [output for output in outputs if isinstance(output, dict)] if isinstance(outputs, list) else []
    said = "".join(text({"source": output.get("text")}) for output in outputs)
    found = re.findall(rf"^([{MARKS}]) {re.escape(name)}: ", said, re.MULTILINE)
    return found[-1] if found else "⏳"
