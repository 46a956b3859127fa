"""What to run in order to grade a notebook: the course's cells and checks, and the learner's answers between them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from symtable import symtable
from typing import Any

from ..carry import PREVIOUS, carry
from ..learner import cell_id, cells_of, fingerprint, identify, metadata, recorded, role, text
from .course import Stub

WAITING, WRONG, RIGHT = "⏳", "❌", "✅"
UNSOLVED = "ещё не решено"


@dataclass(frozen=True)
class Verdict:
    """What the check of one exercise says; ``hint`` is empty where it says «верно»."""

    section: str
    number: str
    exercise: str
    mark: str
    hint: str


@dataclass(frozen=True)
class Step:
    """One cell to run: the ``course``'s, the ``learner``'s, or a ``check``; the exercise that it belongs to, if any.

    ``names`` are what the exercise defines.
    """

    kind: str
    source: str
    exercise: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A notebook to be graded: ``exercises`` are (number, name), ``steps`` what has to run, nothing if all wait."""

    section: str
    title: str
    exercises: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    kit: str


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
    steps: list[Step] = []
    for cell in carry(notebook, {"cells": list(stub.cells)}).notebook["cells"]:
        identity = cell_id(cell)
        own = given.get(identity, "")
        kind, name = role(identity)
        if text(cell) == PREVIOUS:
            break
        elif identity not in given:
            if cell["cell_type"] == "code":
                steps.append(Step("learner", _plain(text(cell))))
        elif identity not in needed or identity == "report":
            continue
        elif kind == "exercise":
            steps.append(Step("course", own, name))
            if text(cell) != own:
                steps.append(Step("learner", _plain(text(cell)), name, _defined(own)))
        elif kind == "check":
            steps.append(Step("check", own, name, _defined(given[f"exercise-{name}"])))
        else:
            if identity in edited:
                steps.append(Step("learner", _plain(edited[identity])))
            steps.append(Step("course", own))
    return Plan(stub.name, stub.title, stub.exercises, tuple(_only_needed(steps)), stub.kit)


def without_training(cells: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The code cells but those that train models (they are tagged) and those that need what these would define.

    No check needs them.
    """
    missing: set[str] = set()
    for cell in cells:
        if cell["cell_type"] == "code":
            stored, needed = _names(text(cell))
            if "nbval-ignore-output" in cell["metadata"].get("tags", ()) or (needed - stored) & missing:
                missing |= stored
            else:
                missing -= stored
                yield cell


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
    wanted = {name for step in steps if step.kind == "check" for name in step.names}
    kept: set[int] = set()
    size = -1
    while size < len(kept):
        size = len(kept)
        for place, step in enumerate(steps):
            if step.kind == "learner" and place not in kept:
                stored, needed = _names(step.source)
                if step.exercise or "*" in stored or stored & wanted:
                    kept.add(place)
                    wanted |= needed
    touched = {name for place in kept for name in {*_names(steps[place].source)[0], *steps[place].names}}
    left = [
        step
        for place, step in enumerate(steps)
        if step.kind == "course" or place in kept or (step.kind == "check" and touched & {*step.names, "*"})
    ]
    while left and left[-1].kind != "check":
        left.pop()
    return left


def _plain(source: str) -> str:
    """The cell without its magics and shell commands, which no answer needs."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)
    return source


def _defined(source: str) -> tuple[str, ...]:
    """The names of the functions and classes that an exercise defines."""
    return tuple(node.name for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))


@lru_cache(maxsize=10_000)
def _names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a cell binds or changes, «*» among them if it can be any, and those that it needs of others."""
    try:
        scopes = [symtable(source, "cell", "exec")]
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(), frozenset()
    for scope in scopes:
        scopes += scope.get_children()
    stored = {s.get_name() for s in scopes[0].get_symbols() if s.is_assigned() or s.is_imported()}
    needed = {s.get_name() for scope in scopes for s in scope.get_symbols() if s.is_global()}
    needed |= {s.get_name() for s in scopes[0].get_symbols() if s.is_referenced()}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            stored |= {name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            stored.add("*")
    return frozenset(stored), frozenset(needed)
