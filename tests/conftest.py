"""Collect ``tests/wrong_answers/*.md``: answers to sections whose mistakes are not in a catalogue yet.

A file belongs to the section of the same name and is Jupytext Markdown. A cell
``wrong="relu" says="в нуле"`` must be answered with ❌ and these words, a cell
``right="relu"`` with ✅. An answer is a whole exercise cell. Besides, the section's own
solution of each exercise must pass alone, with all others unsolved, and an untouched
stub must answer ⏳ everywhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from praktikum.names import without_training
from praktikum.render import render
from praktikum.solution import solved
from praktikum.source import Section, read_section

ROOT = Path(__file__).parent.parent
RUNNER = Path(__file__).with_name("run_answers.py")
for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # the tests run make as a person does, also below `make test`
    os.environ.pop(name, None)


def read_course() -> list[Section]:
    """All sections of the course."""
    return [read_section(path, path) for path in sorted((ROOT / "notebooks_src").glob("*.md"))]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".md" and file_path.parent.name == "wrong_answers" and hasattr(os, "fork"):
        return AnswerFile.from_parent(parent, path=file_path)
    return None


class AnswerFile(pytest.File):
    """The answers to one section. All of them run in one process, forked anew for each."""

    def collect(self) -> Iterator[pytest.Item]:
        section = read_section(ROOT / "notebooks_src" / self.path.name, self.path)
        self.answers: list[dict[str, Any]] = []
        for exercise in section.exercises:
            self._add(exercise.get("exercise"), solved(exercise.source), None)
        for cell in read_section(self.path, self.path).cells:
            if cell.kind == "code":
                self._add(cell.get("wrong") or cell.get("right"), cell.source, cell.get("says"), cell.line)
        yield StubItem.from_parent(self, name="stub")
        for position, answer in enumerate(self.answers):
            kind = "wrong" if answer["says"] else "right" if answer["line"] else "solution"
            yield AnswerItem.from_parent(self, name=f"{answer['exercise']}-{kind}-{answer['line']}", position=position)

    def _add(self, exercise: str, source: str, says: str | None, line: int = 0) -> None:
        self.answers.append({"exercise": exercise, "source": source, "says": says, "line": line})

    @cached_property
    def run(self) -> subprocess.CompletedProcess[str]:
        """The runner, run once for all answers of the file."""
        course = read_course()
        section = next(section for section in course if section.name == self.path.stem)
        cells = [
            {"source": cell.source, "check": cell.metadata.get("praktikum", {}).get("check")}
            for cell in without_training(render(section, course, solution=False).cells)
        ]
        task = json.dumps({"cells": cells, "answers": self.answers})
        command = [sys.executable, "-I", str(RUNNER)]
        return subprocess.run(command, input=task, capture_output=True, text=True, timeout=1200)

    @cached_property
    def outcome(self) -> dict[str, list[str]]:
        """What the stub printed, cell by cell, and what each answer's check printed."""
        assert self.run.returncode == 0, self.run.stderr
        return json.loads(self.run.stdout)


class StubItem(pytest.Item):
    """The untouched stub: nothing is raised, every exercise waits, the score is 0 of N."""

    def runtest(self) -> None:
        stub = self.parent.outcome["stub"]
        exercises = {answer["exercise"] for answer in self.parent.answers}
        for exercise in exercises:
            assert f"⏳ {exercise}: ещё не решено\n" in "".join(stub)
        assert not any(mark in printed for printed in stub for mark in "❌✅")
        assert f"Решено 0 из {len(exercises)}" in stub[-1]


class AnswerItem(pytest.Item):
    """One answer and what its check said."""

    def __init__(self, *, position: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.position = position

    def runtest(self) -> None:
        answer = self.parent.answers[self.position]
        printed = self.parent.outcome["answers"][self.position]
        said = printed[max(printed.rfind(mark) for mark in "✅❌⏳") :]
        if answer["says"]:
            assert said.startswith(f"❌ {answer['exercise']}: "), said
            assert answer["says"] in said, said
        else:
            assert said == f"✅ {answer['exercise']}: верно\n", said

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        answer = self.parent.answers[self.position]
        where = f"{self.path.name}:{answer['line']}" if answer["line"] else f"the solution of {answer['exercise']}"
        wanted = f"❌ … {answer['says']} …" if answer["says"] else "✅"
        return f"{where}\nwanted: {wanted}\ncame:   {excinfo.value}\n\n{answer['source']}"

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.parent.answers[self.position]["line"], self.name
