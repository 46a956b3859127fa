"""The course as a grader needs it: what each section's notebook is, made from the sources."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..course import read_course, render_all
from ..learner import Cell
from ..manifest import Settings
from ..render import exercises_of


@dataclass(frozen=True)
class Stub:
    """A section's notebook as the course has it now: its cells as JSON, (number, name) of each exercise, the kit
    with the table of mistakes.

    ``titles`` are those of the exercises.
    """

    name: str
    title: str
    exercises: tuple[tuple[str, str], ...]
    titles: tuple[str, ...]
    cells: tuple[Cell, ...]
    kit: str


def read_stubs(root: Path) -> list[Stub]:
    """Make the stubs of all sections. Raises BuildError if a source has a mistake."""
    course = read_course(root)
    (stubs,) = render_all(course, Settings.read(root), [False])
    cells = [cell for section in course.sections for cell in section.cells]
    kit = [cell.source for cell in cells if cell.get("name") == "kit" or cell.get("instrument") == "comparison"]
    return [
        Stub(
            section.name,
            section.title,
            tuple((exercise.number, exercise.name) for exercise in exercises_of(section)),
            tuple(exercise.title for exercise in exercises_of(section)),
            tuple(dict(cell) for cell in stubs[section.name].cells),
            "\n".join([*kit, *(cell.source for cell in stubs[section.name].cells if cell.id == "mistakes")]),
        )
        for section in course.sections
    ]
