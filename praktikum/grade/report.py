"""Marks as people read them: a table for one learner, a summary for a class, CSV or JSON for a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import BuildError
from ..progress import following
from ..progress import score as section_score
from ..store import write_files
from .classroom import Grade
from .course import Stub
from .plan import RIGHT, WAITING, WRONG

COLUMNS = ("learner", "section", "number", "exercise", "mark", "score", "hint", "mistake", "observation", "file")
BEST = (RIGHT, WRONG, WAITING)


def one_row_each(grades: Sequence[Grade], stubs: Sequence[Stub]) -> list[Grade]:
    """One grade for each learner and exercise, the best if there are several files; in the order of the course."""
    order = {stub.name: place for place, stub in enumerate(stubs)}
    place = {(stub.name, name): number for stub in stubs for number, (_, name) in enumerate(stub.exercises)}
    best: dict[tuple[str, ...], Grade] = {}
    for grade in sorted(grades, key=lambda grade: (BEST.index(grade.verdict.mark), grade.file)):
        verdict = grade.verdict
        key = (grade.learner, verdict.section, verdict.exercise, "" if verdict.section else grade.file)
        best.setdefault(key, grade)

    def position(grade: Grade) -> tuple[Any, ...]:
        verdict = grade.verdict
        return (
            grade.learner,
            order.get(verdict.section, -1),
            place.get((verdict.section, verdict.exercise), -1),
            grade.file,
        )

    return sorted(best.values(), key=position)


def doubles(grades: Sequence[Grade]) -> list[str]:
    """What to say of those who handed in several files of one section: they may be several people."""
    files: dict[tuple[str, str], set[str]] = {}
    for grade in grades:
        if grade.verdict.section:
            files.setdefault((grade.learner, grade.verdict.section), set()).add(grade.file)
    return [
        f"{learner}: раздел {section} в нескольких файлах ({', '.join(sorted(names))}), засчитывается лучшее"
        for (learner, section), names in sorted(files.items())
        if len(names) > 1
    ]


def check_suffix(path: Path) -> None:
    """Raises BuildError if a report cannot be written there."""
    if path.suffix.lower() not in (".csv", ".json"):
        raise BuildError(f"--report: {path} должен кончаться на .csv или .json")
    if not path.resolve().parent.is_dir():
        raise BuildError(f"--report: нет папки {path.parent}")


def write_report(path: Path, grades: Sequence[Grade]) -> None:
    """Write the grades, a row each, as CSV or JSON: what the name of the file says."""
    rows = [_row(grade) for grade in grades]
    if path.suffix.lower() == ".json":
        content = json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
    else:
        stream = io.StringIO()
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({column: _harmless(value) for column, value in row.items()} for row in rows)
        content = stream.getvalue()
    write_files({path: content.encode()})


def _row(grade: Grade) -> dict[str, Any]:
    verdict = grade.verdict
    names = (verdict.section, verdict.number, verdict.exercise)
    found = (verdict.hint, verdict.mistake, verdict.observation)
    values = (grade.learner, *names, verdict.mark, int(verdict.mark == RIGHT), *found, grade.file)
    return dict(zip(COLUMNS, values, strict=True))


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def table(grades: Sequence[Grade], stubs: Sequence[Stub], details: bool = False) -> list[str]:
    """A line for each section, below it what is wrong; then the score and what is next.

    With ``details`` each exercise is named, not only those with a wrong answer.
    """
    lines = [f"{g.verdict.mark} {g.file}: {g.verdict.hint}" for g in grades if not g.verdict.section]
    handed_in = {grade.verdict.section for grade in grades if grade.verdict.exercise}
    there = [(stub, f"{int(stub.name[:2])}. {stub.title}") for stub in stubs if stub.name in handed_in]
    width = max((len(title) for _, title in there), default=0)
    todo = []
    for stub, title in there:
        verdicts = [grade.verdict for grade in grades if grade.verdict.section == stub.name]
        lines.append(section_score(title, [verdict.mark for verdict in verdicts], width))
        for verdict, name in zip(verdicts, stub.titles, strict=True):
            exercise = f"{verdict.number}. {name}"
            if verdict.mark == WRONG or details:
                lines.append(f"    {verdict.mark} {exercise}: {verdict.hint or 'верно'}")
            if verdict.mark != RIGHT:
                todo.append(following(exercise, f"{stub.name}.ipynb"))
    return [*lines, "", score(grades), *todo[:1]]


def score(grades: Sequence[Grade]) -> str:
    marks = [grade.verdict.mark for grade in grades if grade.verdict.exercise]
    return f"Решено {marks.count(RIGHT)} из {len(marks)}, неверно {marks.count(WRONG)}"


def summary(grades: Sequence[Grade]) -> list[str]:
    """The score of each learner."""
    learners = sorted({grade.learner for grade in grades})
    width = max(map(len, learners), default=0)
    lines = [""]
    for learner in learners:
        own = [grade for grade in grades if grade.learner == learner]
        unread = [grade for grade in own if not grade.verdict.exercise]
        note = f"; не разобрано файлов: {len(unread)}" if unread else ""
        lines.append(f"{learner:<{width}}  {score(own)}{note}")
    return lines
