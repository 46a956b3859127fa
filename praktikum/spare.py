"""Which cells need not run: those of a stub that come to the same in its solved twin, and those that nothing needs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from .learner import text
from .names import at_top, imported, made_by, names_of, parsed

KIT = "_results"  # which exercises are solved: known to the cell that binds this, and another in a stub

Touched = tuple[Set[str], Set[str], Set[str]]  # names that a cell binds, needs of others, changes


def repeated(cells: Sequence[Mapping[str, Any]], twin: Iterable[Mapping[str, Any]]) -> set[int]:
    """The places of a stub's code cells that need not run where its solved ``twin`` does.

    Their code is the same and stands on the same code, and so it is with all cells that need what they make: where one
    of those is another, or stands on an exercise, the cell runs.
    """
    there = {text(cell) for cell in twin}
    if any("*" in made_by(text(cell)) for cell in cells):
        return set()
    touched = touched_by([text(cell) for cell in cells])
    same: list[bool] = []
    alike: dict[str, bool] = {}  # a name → whether it stands for the same as in the twin
    for cell, (bound, needed, changed) in zip(cells, touched, strict=True):
        stands = all(alike.get(name, True) for name in needed)
        same.append(text(cell) in there and stands and KIT not in bound)
        alike.update({name: same[-1] for name in bound - {*imported(text(cell))}})
        alike.update({name: same[-1] and alike.get(name, True) for name in changed})
    spared: set[int] = set()
    for place in range(len(cells)):
        standing = _standing_on(touched, place)
        if all(same[other] for other in standing):
            spared |= standing
    return spared


def standing_under(wanted: Iterable[str], touched: Sequence[Touched]) -> set[int]:
    """The places of the cells that have to run for the names ``wanted`` to be, below all cells, what they are there."""
    found: set[int] = set()
    asked: set[str] = set()
    missing = set(wanted)
    while not missing <= asked:  # again with what is left: a function may need what a cell below it makes
        asked |= missing
        found, missing = set(), set(asked)
        for place, (bound, needed, changed) in reversed([*enumerate(touched)]):
            if (bound | changed) & missing:
                found.add(place)
                missing = (missing - bound) | needed | changed
    return found


def _standing_on(touched: Sequence[Touched], place: int) -> set[int]:
    """The place of a cell and those of the cells below that need what it makes, directly or not."""
    bound, _, changed = touched[place]
    found, missing = {place}, bound | changed
    for later, (bound, needed, changed) in enumerate(touched[place + 1 :], place + 1):
        if (needed | changed) & missing:
            found.add(later)
            missing |= bound | changed
        else:
            missing -= bound
    return found


def touched_by(sources: Iterable[str]) -> list[Touched]:
    """Of each cell the names that it binds, those that it needs of others, and those whose values it changes.

    What is imported is the same everywhere. What is handed to a function counts as unchanged; what a function changes
    counts for the cells that call it.
    """
    found = []
    known: set[str] = set()
    effects: dict[str, set[str]] = {}
    for source in sources:
        bound, needed = names_of(source)
        known |= bound - {*imported(source)}
        changed = {name for node in at_top(parsed(source)) for name in _written(node)}
        made = [node for node in parsed(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        for node in made:
            local = _local(node)
            own = {name for part in ast.walk(node) for name in _written(part)} - local
            calls = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - local
            effects[node.name] = own | {name for called in calls for name in effects.get(called, ())}
        called = (needed - bound) | {node.name for node in made}
        changed |= {name for function in called for name in effects.get(function, ())}
        found.append((bound, needed - bound, (changed & known) - bound))
    return found


def _local(function: ast.AST) -> set[str]:
    """The names that a function, or a class with its methods, binds for itself."""
    parts = list(ast.walk(function))
    bound = {part.id for part in parts if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}
    bound |= {part.arg for part in parts if isinstance(part, ast.arg)}
    return bound - {name for part in parts if isinstance(part, ast.Global) for name in part.names}


def _written(node: ast.AST) -> set[str]:
    """The names whose values a node changes without binding them: ``a.b = 1``, ``del a[0]``, ``a.add(1)`` alone."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        changed: ast.AST = node.value
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        changed = node.value.func.value
    else:
        return set(node.names) if isinstance(node, ast.Global) else set()
    called = [part.func for part in ast.walk(changed) if isinstance(part, ast.Call)]
    return {name.id for name in ast.walk(changed) if isinstance(name, ast.Name) and name not in called}
