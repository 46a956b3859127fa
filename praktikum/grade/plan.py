"""What to run in order to grade a notebook: the course's cells and checks, and the learner's answers between them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tokenize import TokenError
from typing import Any

from ..carry import PREVIOUS, carry
from ..learner import cell_id, cells_of, course_id, fingerprint, identify, metadata, recorded, role, text
from ..names import UNREADABLE, imported, made_by, names_of, without_training
from .course import Stub

WAITING, WRONG, RIGHT = "⏳", "❌", "✅"
UNSOLVED = "ещё не решено"


@dataclass(frozen=True)
class Verdict:
    """What the check of one exercise says; ``hint`` is empty where it says «верно».

    Of a wrong answer also the name of its mistake, if that is known, and the observation at which the check stopped.
    """

    section: str
    number: str
    exercise: str
    mark: str
    hint: str
    mistake: str = ""
    observation: str = ""


@dataclass(frozen=True)
class Step:
    """One cell to run: the ``course``'s, the ``learner``'s, or a ``check``; the exercise that it belongs to, if any.

    ``names`` are what the exercise defines. A stub that stands no more in the learner's notebook is ``absent``.
    """

    kind: str
    source: str
    exercise: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A notebook to be graded: the section that it is of, and what has to run, nothing if all exercises wait."""

    stub: Stub
    steps: tuple[Step, ...]


def find_section(notebook: Mapping[str, Any], stubs: Sequence[Stub]) -> Stub | None:
    """The section that a learner's notebook is of: the one whose exercises it holds, or the one that it names."""
    names = {name for kind, name in map(role, identify(cells_of(notebook), recorded(notebook))) if kind}
    found = {stub.name: len(names & {name for _, name in stub.exercises}) for stub in stubs}
    named = metadata(notebook).get("section")
    best = max(stubs, key=lambda stub: (found[stub.name], stub.name == named))
    return best if found[best.name] or best.name == named else None


def make_plan(notebook: Mapping[str, Any], stub: Stub) -> Plan:
    """Plan the grading of a learner's notebook. The notebook is not changed."""
    given = {cell_id(cell): text(cell) for cell in stub.cells}
    needed = {cell_id(cell) for cell in without_training(stub.cells)}
    edited = dict(_edited_cells(notebook, given))
    there = set(identify(cells_of(notebook), recorded(notebook)))
    steps: list[Step] = []
    for cell in carry(notebook, {"cells": list(stub.cells)}).notebook["cells"]:
        identity = cell_id(cell)
        own = given.get(identity, "")
        kind, name = role(identity)
        if text(cell) == PREVIOUS:
            break
        elif identity not in given:
            copied = course_id(cell)
            if copied in needed and role(copied)[0] == "check":
                steps.append(_check(copied, given))
            elif cell["cell_type"] == "code":
                steps.append(Step("learner", _plain(text(cell))))
        elif identity not in needed or identity == "report":
            continue
        elif kind == "exercise":
            untouched = identity in there and text(cell) == own
            steps.append(Step("course", own, name) if untouched else Step("absent", _definitions(own), name))
            if text(cell) != own and re.sub(r"\A#.*", "", text(cell).strip()).strip():
                steps.append(Step("learner", _plain(text(cell)), name, _defined(own)))
        elif kind == "check":
            steps.append(_check(identity, given))
        else:
            if identity in edited:
                steps.append(Step("learner", _plain(edited[identity])))
            steps.append(Step("course", own))
    last = {step.exercise: place for place, step in enumerate(steps) if step.kind == "check"}
    steps = [step for place, step in enumerate(steps) if step.kind != "check" or last[step.exercise] == place]
    return Plan(stub, tuple(_only_needed(steps)))


def _check(identity: str, given: Mapping[str, str]) -> Step:
    """The course's check; a learner who tries again below, with a copy of the check cell, is judged there."""
    name = role(identity)[1]
    return Step("check", given[identity], name, _defined(given[f"exercise-{name}"]))


def _edited_cells(notebook: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The given code cells that the learner has edited."""
    before = recorded(notebook)
    cells = cells_of(notebook)
    for cell, identity in zip(cells, identify(cells, before), strict=True):
        untouched = text(cell) == given.get(identity) or fingerprint(text(cell)) == before.get(identity)
        if identity in given and not untouched and not role(identity)[0]:
            yield identity, text(cell)


def _only_needed(steps: list[Step]) -> list[Step]:
    """Without the learner's cells that no answer refers to, without the checks of untouched exercises, and no longer
    than to the last check.
    """
    modules = {name for step in steps for name in imported(step.source)}
    given: dict[str, int] = {}  # where the course imports a name first
    binding: dict[str, list[int]] = {}  # where the learner binds or changes a name
    for place, step in enumerate(steps):
        if step.kind == "course":
            given = {name: place for name in imported(step.source)} | given
        elif step.kind == "learner":
            for name in made_by(step.source) - (modules - names_of(step.source)[0]):
                binding.setdefault(name, []).append(place)
    kept = {place for place, step in enumerate(steps) if step.kind == "learner" and step.exercise}
    kept |= set(binding.get("*", ()))
    queue = [(name, len(steps)) for step in steps if step.kind == "check" for name in step.names]
    queue += [(name, place) for place in kept for name in names_of(steps[place].source)[1]]
    seen = set()
    while queue:
        name, user = queue.pop()
        if name in seen or given.get(name, len(steps)) < user:
            continue
        seen.add(name)
        for place in set(binding.get(name, ())) - kept:
            kept.add(place)
            queue += [(other, place) for other in names_of(steps[place].source)[1]]
    touched = {name for place in kept for name in {*made_by(steps[place].source), *steps[place].names}}
    left = [
        step
        for place, step in enumerate(steps)
        if step.kind in ("course", "absent") or place in kept or (step.kind == "check" and touched & {*step.names, "*"})
    ]
    while left and left[-1].kind != "check":
        left.pop()
    return left


def _plain(source: str) -> str:
    """The cell in plain Python: what a magic measures stays, other magics and shell commands do nothing."""
    try:
        ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        source = re.sub(r"\A((?:#.*\n|\s*\n)*)%%(?:time|timeit|capture)\b.*", r"\1", source)
        source = re.sub(r"^([ \t]*)%time[ \t]+", r"\1", source, flags=re.MULTILINE)
        with suppress(*UNREADABLE, TokenError):
            return TransformerManager().transform_cell(source)
    except UNREADABLE:
        pass
    return source


def _defined(source: str) -> tuple[str, ...]:
    """The names of the functions and classes that an exercise defines."""
    return tuple(node.name for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))


def _definitions(source: str) -> str:
    """What an exercise defines, without what it does with it."""
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return ast.unparse([node for node in ast.parse(source).body if isinstance(node, kept)])
