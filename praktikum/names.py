"""Which names a cell binds, changes and needs: what of a notebook has to run for something else to run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from symtable import symtable
from typing import Any

from .learner import text

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # what a parser says of strange sources


def without_training(cells: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The code cells but those that train models (they are tagged) and those that need what these would define.

    No check needs them.
    """
    missing: set[str] = set()
    for cell in cells:
        if cell["cell_type"] == "code":
            stored, needed = names_of(text(cell))
            if "nbval-ignore-output" in cell["metadata"].get("tags", ()) or (needed - stored) & missing:
                missing |= stored
            else:
                missing -= stored
                yield cell


def imported(source: str, nested: bool = True) -> Iterator[str]:
    """The names that a cell imports, with or without those in its functions."""
    for node in ast.walk(parsed(source)) if nested else _in_cell(parsed(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names if alias.name != "*")


@lru_cache(maxsize=10_000)
def names_of(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a cell binds, and those that it needs of others."""
    try:
        module = symtable(source, "cell", "exec")
    except UNREADABLE:
        return frozenset(), frozenset()
    scopes = module.get_children()
    for scope in scopes:
        scopes += scope.get_children()
    bound, read = set(imported(source, nested=False)), set()
    for node in _in_cell(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, COMPREHENSIONS):
            inside = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
            own = {part.id for part in inside if not isinstance(part.ctx, ast.Load)}
            read |= {part.id for part in inside} - own
    needed = {s.get_name() for scope in scopes for s in scope.get_symbols() if s.is_global()}
    return frozenset(bound), frozenset(needed | read | bound)


def _in_cell(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes whose names are the cell's own: not those of functions, classes and comprehensions.

    (What the symbol table says of a comprehension in a module differs between Pythons: since 3.12 it is inlined.)
    """
    for child in ast.iter_child_nodes(node):
        yield child
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            arguments = getattr(child, "args", None)
            outside = [
                *getattr(child, "decorator_list", ()),
                *getattr(child, "bases", ()),
                getattr(child, "returns", None),
            ]
            if arguments:
                outside += [*arguments.defaults, *arguments.kw_defaults]
                outside += [a.annotation for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
            for part in filter(None, outside):
                yield part
                yield from _in_cell(part)
        elif isinstance(child, COMPREHENSIONS):
            yield child.generators[0].iter
            yield from _in_cell(child.generators[0].iter)
        else:
            yield from _in_cell(child)


@lru_cache(maxsize=10_000)
def made_by(source: str) -> frozenset[str]:
    """The names that a cell binds, and those whose values it changes; «*» among them if it can be any."""
    made = set(names_of(source)[0])
    for node in at_top(parsed(source)):
        made |= {name.id for part in _changed(node) for name in ast.walk(part) if isinstance(name, ast.Name)}
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            made.add("*")
        elif isinstance(node, ast.Attribute) and node.attr == "setrecursionlimit":
            made.add("*")
    return frozenset(made)


@lru_cache(maxsize=10_000)
def attached_in(source: str) -> frozenset[str]:
    """The names to which a cell attaches something."""
    return frozenset(attached(parsed(source)))


def parsed(source: str) -> ast.Module:
    """The syntax tree of a cell, empty if it is no Python."""
    try:
        return ast.parse(source)
    except UNREADABLE:
        return ast.Module([], [])


@lru_cache(maxsize=20_000)
def used_in(source: str) -> frozenset[str]:
    """Every name that stands in a cell. (The compiler's own symbol table would be exact, and another with each Python.)

    Raises SyntaxError if it is no Python.
    """
    names: set[str] = set()
    left: list[Any] = [ast.parse(source)]
    while left:  # as ast.walk does, in half the time
        node = left.pop()
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, list):
            left += node
        elif isinstance(node, ast.AST):
            left += [getattr(node, name, None) for name in node._fields]
    return frozenset(names)


def attached(tree: ast.AST) -> set[str]:
    """The names to which a tree attaches something, as in ``Value.exp = exp``."""
    stores = [node for node in at_top(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return {node.value.id for node in stores if isinstance(node.value, ast.Name)}


def at_top(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run with the cell: all but the bodies of its functions."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from at_top(node)


def _changed(node: ast.AST) -> list[ast.expr]:
    """What may be changed without being bound: ``a.b = 1``, ``del a[0]``, ``a.add(1)``, ``fill(a)``, ``@a``."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        return [node.value]
    if isinstance(node, ast.Call):
        receiver = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return [*receiver, *(argument for argument in node.args if isinstance(argument, ast.Name))]
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node.decorator_list
    return []
