"""Where a learner goes on tomorrow: the cells above a stop that those below it stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .carried import brings_kit, title_of
from .errors import BuildError, Problem
from .lint import HEADING
from .names import attached_in, names_of
from .source import Cell, Section

TOMORROW = (
    "**Продолжить завтра.** Откройте тетрадь и выполните сверху вниз только эти ячейки: это секунды, "
    "и ничего не обучается заново."
)


def tomorrow(section: Section, place: int, titles: Mapping[str, str], code: Mapping[str, str], table: bool) -> str:
    """Which cells to run in order to go on behind a stop, under the headings where a learner finds them.

    ``titles`` are those of the exercises; ``table`` says whether the notebook has a table of mistakes.
    """
    parts: dict[str, list[str]] = {}
    for above in to_resume(section, place, code):
        cell = section.cells[above]
        items = parts.setdefault(_heading_above(section.cells, above) or "начало", [])
        if name := cell.get("exercise"):
            items.append(f"{titles[name]} и его проверка")
        elif cell.get("carry"):
            items.append(f"«{title_of(cell.get('carry'))}»")
        elif name := cell.get("instrument"):
            items.append(f"«Прибор для проверок: {name}»")
        elif not cell.get("check"):
            lines = cell.source.splitlines()
            line = next((line for line in lines if line.startswith(("class ", "def "))), lines[0])
            items.append(f"`{line.partition('(')[0].partition(' = ')[0].rstrip(':')}`")
        if table and brings_kit(cell):
            items.append("«Таблица ошибок»")
    return "\n\n" + "\n".join([TOMORROW, "", *(f"- {title}: {', '.join(items)}" for title, items in parts.items())])


def to_resume(section: Section, place: int, code: Mapping[str, str]) -> list[int]:
    """The places of the cells above the stop at ``place`` that have to run for those below it to run.

    ``code`` is that of the carry cells, by their attribute. An exercise comes with its check. Raises BuildError if one
    of them trains models: a stop is there to be left without waiting.
    """
    missing = {"report"} if section.exercises else set()  # the last cell, which the builder makes
    there: set[str] = set()
    for cell in section.cells[place:]:
        if cell.kind == "code":
            bound, needed = names_of(_source(cell, code))
            missing |= needed - bound - there
            there |= bound
    found, exercises = [], set()
    for above in reversed(range(place)):
        cell = section.cells[above]
        if cell.kind != "code" or cell.get("check"):
            continue
        source = _source(cell, code)
        bound, needed = names_of(source)
        if (bound | attached_in(source)) & missing:
            if cell.get("tags"):
                words = f"below it cells need {', '.join(sorted(bound & missing))}, which line {cell.line} trains"
                raise BuildError(Problem(section.path, section.cells[place].line, f"this stop is none: {words}"))
            found.append(above)
            exercises |= {cell.get("exercise")} - {None}
            missing |= needed
    found += [above for above in range(place) if section.cells[above].get("check") in exercises]
    return sorted(found)


def _source(cell: Cell, code: Mapping[str, str]) -> str:
    return code[cell.get("carry")] if cell.get("carry") else cell.source


def _heading_above(cells: Sequence[Cell], place: int) -> str:
    """The heading under which a cell stands; an empty string at the top."""
    headings = [title for cell in cells[:place] if cell.kind == "text" for title in HEADING.findall(cell.source)]
    return headings[-1] if headings else ""
