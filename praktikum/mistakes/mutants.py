"""``make mutants``: try every small change of our solutions on its check.

A change that the check accepts either shows a hole in it, or keeps all that the text promises; those of the second
kind stand in ``tests/survivors.md``, with the reason.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ..course import Course, read_course
from ..errors import BuildError, Problem
from ..solution import solved
from ..store import write_files
from .catalogue import Answer
from .changes import Difference, changes, difference
from .observe import ACCEPTED, FIRST, Bench

SURVIVORS = "tests/survivors.md"
OUTCOMES = ".mutants.json"  # what is known: the digest of a change → whether its check accepts it
BATCH = 60  # changes that one process tries; what an interrupted run has to repeat
TIMEOUT = 30  # seconds for one change
PART = re.compile(r"^## (?P<exercise>.+)|^```diff\n(?P<diff>(?:.*\n)*?)```|^(?P<reason>(?!```)[^#\s].*)", re.MULTILINE)
CHANGE = re.compile(r"((?:^- .*\n)+)((?:^\+ .*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class Tried:
    """An exercise whose solution is changed: the solution, and each change of it by what differs."""

    bench: Bench
    path: Path
    solution: Answer
    changes: dict[Difference, Answer]

    @property
    def exercise(self) -> str:
        return self.solution.exercise


@dataclass(frozen=True)
class Survivor:
    """A change that the check may accept, as the list has it."""

    exercise: str
    difference: Difference
    line: int


def mutants(root: Path, names: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """Lines about the exercises that are named, or those of the sections named, or all; and what is wrong.

    Raises BuildError for an unknown name, and for a change in the list that has no reason.
    """
    tried = list(_wanted(read_course(root), names))
    listed = read_survivors(root / SURVIVORS)
    outcomes = _Outcomes(root / OUTCOMES)
    _try(tried, outcomes)
    lines, problems = [], []
    for one in tried:
        alive = {d for d, answer in one.changes.items() if outcomes[one.bench.digest(answer)]}
        known = {survivor.difference: survivor.line for survivor in listed if survivor.exercise == one.exercise}
        lines.append(f"{one.exercise}: {len(one.changes)} changes, {len(alive)} survive")
        problems += [_problem(one, difference) for difference in alive - known.keys()]
        problems += [
            Problem(Path(SURVIVORS), known[difference], f"{one.exercise}: this change does not survive: delete it")
            for difference in known.keys() - alive
        ]
        if not outcomes[one.bench.digest(one.solution)]:
            problems.append(Problem(one.path, one.solution.line, f"the check does not accept our own {one.exercise}"))
    lines.append(f"{sum(len(one.changes) for one in tried)} changes of {len(tried)} solutions")
    return lines, sorted(problems, key=lambda problem: (str(problem.path), problem.line, problem.message))


def _wanted(course: Course, names: Sequence[str]) -> Iterator[Tried]:
    benches = {bench.catalogue.section: bench for bench in course.benches}
    known = [(section, cell) for section in course.sections if section.name in benches for cell in section.exercises]
    for name in names:
        if not any(name in (section.name, cell.get("exercise")) for section, cell in known):
            raise BuildError(f"there is no exercise and no section {name!r}")
    for section, cell in known:
        if not names or section.name in names or cell.get("exercise") in names:
            answer = Answer(cell.get("exercise"), "solution", solved(cell.source), cell.line)
            made = {difference(answer.source, text): replace(answer, source=text) for text in changes(cell.source)}
            yield Tried(benches[section.name], section.path, answer, made)


class _Outcomes(dict):
    """What is known of changes, kept on the disk after each batch."""

    def __init__(self, path: Path) -> None:
        super().__init__(json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})
        self._path, self._lock = path, threading.Lock()

    def keep(self, outcomes: dict[str, bool]) -> None:
        with self._lock:
            self.update(outcomes)
            write_files({self._path: json.dumps(self, indent=0).encode()})


def _try(tried: Sequence[Tried], outcomes: _Outcomes) -> None:
    """Run the solutions and the changes of which nothing is known."""
    batches = []
    for one in tried:
        unknown = [a for a in (one.solution, *one.changes.values()) if one.bench.digest(a) not in outcomes]
        batches += [(one.bench, unknown[start : start + BATCH]) for start in range(0, len(unknown), BATCH)]
    left = sum(len(answers) for _, answers in batches)

    def run(bench: Bench, answers: list[Answer]) -> None:
        nonlocal left
        start = time.monotonic()
        kept = bench.run(answers, FIRST, TIMEOUT)["answers"]
        outcomes.keep(
            {bench.digest(a): bool(mark) and mark[0] == ACCEPTED for a, mark in zip(answers, kept, strict=True)}
        )
        left -= len(answers)
        print(f"{answers[0].exercise}: {len(answers)} in {time.monotonic() - start:.0f} s; {left} to go", flush=True)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda batch: run(*batch), batches))


def _problem(one: Tried, difference: Difference) -> Problem:
    gone, come = difference
    shown = "".join([*(f"\n    - {line}" for line in gone), *(f"\n    + {line}" for line in come)])
    words = f"the check of {one.exercise} accepts this change: let it observe the difference, or say in"
    return Problem(one.path, one.solution.line, f"{words} {SURVIVORS} why it may{shown}")


def read_survivors(path: Path) -> list[Survivor]:
    """The list: ``## exercise``, a reason, and below it the changes that it holds for, as diff fences.

    Raises BuildError for a change without a reason.
    """
    found: list[Survivor] = []
    exercise = reason = ""
    listed = path.read_text(encoding="utf-8") if path.exists() else ""
    for part in PART.finditer(listed):
        if part["exercise"]:
            exercise, reason = part["exercise"].strip(), ""
        elif part["reason"]:
            reason = part["reason"]
        else:
            line = listed.count("\n", 0, part.start("diff")) + 1
            if not reason:
                raise BuildError(Problem(Path(SURVIVORS), line, "say above these changes why the text is kept"))
            for change in CHANGE.finditer(part["diff"]):
                gone, come = (tuple(line[2:].strip() for line in lines.splitlines()) for lines in change.groups())
                place = line + part["diff"].count("\n", 0, change.start())
                found.append(Survivor(exercise, (gone, come), place))
    return found
