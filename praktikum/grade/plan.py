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
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # what a parser says of strange sources


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

    ``names`` are what the exercise defines. The stub of an exercise whose cell the learner has deleted is ``absent``.
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
    there = set(identify(cells_of(notebook), recorded(notebook)))
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
            steps.append(Step("course" if identity in there else "absent", own, name))
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
    modules = {name for step in steps for name in _imported(step.source)}
    given = {name for step in steps if step.kind == "course" for name in _imported(step.source)}
    wanted = {name for step in steps if step.kind == "check" for name in step.names}
    kept = {place for place, step in enumerate(steps) if step.kind == "learner" and step.exercise}
    binding: dict[str, list[int]] = {}
    for place, step in enumerate(steps):
        made = _made(step.source) - (modules - _names(step.source)[0])  # calling a module's function changes nothing
        for name in made if step.kind == "learner" else ():
            binding.setdefault(name, []).append(place)
    kept |= set(binding.get("*", ()))
    queue = [*wanted, *(name for place in kept for name in _names(steps[place].source)[1])]
    while queue:
        name = queue.pop()
        for place in binding.pop(name, ()) if name not in given else ():
            if place not in kept:
                kept.add(place)
                queue += _names(steps[place].source)[1]
    touched = {name for place in kept for name in {*_made(steps[place].source), *steps[place].names}}
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
        return TransformerManager().transform_cell(source)
    except UNREADABLE:
        pass
    return source


def _defined(source: str) -> tuple[str, ...]:
    """The names of the functions and classes that an exercise defines."""
    return tuple(node.name for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))


def _imported(source: str) -> Iterator[str]:
    """The names that a cell imports."""
    for node in ast.walk(_parsed(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names if alias.name != "*")


def _parsed(source: str) -> ast.Module:
    """The syntax tree of a cell, empty if it is no Python."""
    try:
        return ast.parse(source)
    except UNREADABLE:
        return ast.Module([], [])


@lru_cache(maxsize=10_000)
def _names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a cell binds, and those that it needs of others."""
    try:
        scopes = [symtable(source, "cell", "exec")]
    except UNREADABLE:
        return frozenset(), frozenset()
    for scope in scopes:
        scopes += scope.get_children()
    bound = {s.get_name() for s in scopes[0].get_symbols() if s.is_assigned() or s.is_imported()}
    needed = {s.get_name() for scope in scopes for s in scope.get_symbols() if s.is_global()}
    needed |= {s.get_name() for s in scopes[0].get_symbols() if s.is_referenced()}
    return frozenset(bound), frozenset(needed)


@lru_cache(maxsize=10_000)
def _made(source: str) -> frozenset[str]:
    """The names that a cell binds, and those whose values it changes; «*» among them if it can be any."""
    made = set(_names(source)[0])
    for node in ast.walk(_parsed(source)):
        made |= {name.id for part in _changed(node) for name in ast.walk(part) if isinstance(name, ast.Name)}
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            made.add("*")
    return frozenset(made)


def _changed(node: ast.AST) -> list[ast.expr]:
    """What a statement changes without binding it: ``a.b = 1``, ``a[0] = 1``, ``a.add(1)``, ``@a``."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
        return [node.value]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = node.value.func
        return [called.value] if isinstance(called, ast.Attribute) else node.value.args[:1] * _is_setattr(called)
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node.decorator_list
    return []


def _is_setattr(called: ast.expr) -> bool:
    return isinstance(called, ast.Name) and called.id == "setattr"
