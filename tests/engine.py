"""What the sections define, for tests that need it without a notebook."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from praktikum.render import render

from .conftest import read_course


def section_namespace(name: str, *cells: str) -> dict[str, Any]:
    """What the solved section defines in the named cells and exercises; only these and its carries run."""
    course = read_course()
    section = next(section for section in course if section.name == name)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in render(section, course, solution=True).cells:
        if cell.id.startswith("carry-") or cell.id.removeprefix("name-").removeprefix("exercise-") in cells:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, cell.id, "exec"), namespace)
    return namespace
