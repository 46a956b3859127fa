"""Cut solutions out of exercises.

A solution stands between ``### BEGIN SOLUTION`` and ``### END SOLUTION``, inside
a function whose signature and docstring stay in the stub.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
STUB = "raise NotImplementedError  # ваш код вместо этой строки"


def marker_meant(line: str) -> str | None:
    """The marker that the line is, or was meant to be; None for any other line."""
    if line.lstrip().startswith("#"):
        words = re.sub(r"[\W_]+", " ", line).strip().upper()
        for marker in (BEGIN, END):
            if difflib.SequenceMatcher(None, words, marker.lstrip("# ")).ratio() > 0.85:
                return marker
    return None


def marker_problems(source: str) -> Iterator[tuple[int, str]]:
    """``(offset of the line, message)`` for each marker that is not one of a clean pair."""
    opened: int | None = None
    for offset, line in enumerate(source.splitlines()):
        text, meant = line.strip(), marker_meant(line)
        if meant and meant != text:
            yield offset, f"misspelt solution marker {text!r}: write {meant}"
        if meant == BEGIN:
            if opened is not None:
                yield offset, f"{BEGIN} inside another solution: close that one first"
            opened = offset
        elif meant == END:
            if opened is None:
                yield offset, f"{END} without {BEGIN}"
            opened = None
    if opened is not None:
        yield opened, f"this solution is never closed: add {END}"


def markers_outside_functions(source: str) -> Iterator[int]:
    """Offsets of the BEGIN markers that no function encloses: there the stub would lose a signature."""
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    for offset, line in enumerate(source.splitlines()):
        if line.strip() == BEGIN:
            indent = len(line) - len(line.lstrip())
            if not any(
                node.lineno <= offset + 1 <= (node.end_lineno or 0) and node.col_offset < indent for node in functions
            ):
                yield offset


def stub(source: str) -> str:
    """The exercise as the learner gets it: each solution replaced by NotImplementedError."""
    lines: list[str] = []
    inside = False
    for line in source.splitlines():
        if line.strip() == BEGIN:
            inside = True
            lines.append(line[: len(line) - len(line.lstrip())] + STUB)
        elif line.strip() == END:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def solved(source: str) -> str:
    """The exercise with its solution and without the markers."""
    return "\n".join(line for line, _ in _lines(source))


def solution_lines(source: str) -> list[str]:
    """The lines of the solution, stripped, without blank ones."""
    return [line.strip() for line, inside in _lines(source) if inside and line.strip()]


def solution_places(source: str) -> set[int]:
    """The places of the solution's lines among those of the solved exercise."""
    return {place for place, (_, inside) in enumerate(_lines(source)) if inside}


def _lines(source: str) -> Iterator[tuple[str, bool]]:
    """Each line but the markers, and whether it belongs to the solution."""
    inside = False
    for line in source.splitlines():
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        else:
            yield line, inside
