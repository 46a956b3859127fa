"""The course as a grader needs it: what each section's notebook is, made from the sources."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..build import render_all
from ..learner import Cell
from ..manifest import Settings


@dataclass(frozen=True)
class Stub:
    """A section's notebook as the course has it now: its cells as JSON, (number, name) of each exercise, the kit.

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
    from ..render import exercises_of

    sections, stubs, _ = render_all(root, Settings.read(root))
    kit = next((cell.source for section in sections for cell in section.cells if cell.get("name") == "kit"), "")
    return [
        Stub(
            section.name,
            section.title,
            tuple((exercise.number, exercise.name) for exercise in exercises_of(section)),
            tuple(exercise.title for exercise in exercises_of(section)),
            tuple(dict(cell) for cell in stubs[section.name].cells),
            kit,
        )
        for section in sections
    ]
