"""What a carry cell brings from an earlier section."""

from __future__ import annotations

from collections.abc import Sequence

from .solution import solved
from .source import Cell, Section


def carried(section: Section, course: Sequence[Section]) -> dict[str, str]:
    """The code of the section's carry cells, by their attribute."""
    by_name = {other.name: other for other in course}
    code = {}
    for cell in section.cells:
        if attribute := cell.get("carry"):
            origin, _, names = attribute.partition(":")
            cells = [by_name[origin].named(name) for name in names.split()]
            code[attribute] = "\n\n\n".join(solved(cell.source) for cell in cells if cell)
    return code


def title_of(attribute: str) -> str:
    """How a notebook calls a carry cell."""
    origin, _, names = attribute.partition(":")
    return f"Из раздела {int(origin.split('_')[0])}: {', '.join(names.split())}"


def brings_kit(cell: Cell) -> bool:
    """True of the cell with the kit, behind which stands the table of mistakes."""
    return "kit" in (cell.get("name"), *str(cell.get("carry")).partition(":")[2].split())
