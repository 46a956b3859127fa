"""A section as two notebooks: the learner's stub and the solved one, not yet executed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_notebook, new_output

from .carried import brings_kit, carried, title_of
from .figures.drawings import pixels
from .learner import PENCIL, fingerprint
from .lint import HEADING
from .solution import solved, stub
from .source import Cell, Section
from .stops import tomorrow

ANSWER = f"{PENCIL} **Ваш ответ:**\n\n*Дважды щёлкните здесь и напишите своими словами.*"
SCORE = "Итог раздела. Здесь пусто? Ядро ещё занято (внизу Busy), или выше есть красная ячейка с ошибкой"
TABLE = "Таблица ошибок раздела {}; прочесть её можно в notebooks_src/mistakes/{}.md"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Exercise:
    """What the builder derives for an exercise: its number (1.4) and the title of its heading."""

    name: str
    number: str
    title: str
    stars: int
    minutes: int


def exercises_of(section: Section) -> list[Exercise]:
    """The exercises of a section in their order."""
    found: list[Exercise] = []
    title = ""
    for cell in section.cells:
        if cell.kind == "text":
            title = (HEADING.findall(cell.source) or [title])[-1]
        elif name := cell.get("exercise"):
            number = f"{section.number}.{len(found) + 1}"
            found.append(Exercise(name, number, title, cell.get("stars"), cell.get("minutes")))
    return found


def render(
    section: Section,
    course: Sequence[Section],
    solution: bool,
    repository: str = "",
    table: str = "",
    pictures: Mapping[str, bytes] = {},
) -> NotebookNode:
    """One notebook of ``section``; ``course`` holds all sections, for links and carried cells.

    ``solution`` chooses the solved notebook, ``repository`` ("owner/name") adds the Colab badge, ``table`` the packed
    table of mistakes, behind the kit, ``pictures`` the drawings by their keys: without its picture a drawing has no
    cell. The same arguments give the same bytes.
    """
    carried_code = carried(section, course)
    exercises = exercises_of(section)
    numbers = {exercise.name: exercise for exercise in exercises}
    titles = {exercise.name: f"упражнение {exercise.number}" for exercise in exercises}
    hints: dict[str, int] = {}
    notebook = new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    add = _adder(notebook, stub=not solution)

    add(_text(_header(section, course, exercises, solution, repository)), "header")
    for position, cell in enumerate(section.cells):
        source = cell.source
        if cell.kind == "text":
            add(_text(_number_heading(section, position, exercises)))
        elif cell.kind == "drawing":
            if png := pictures.get(cell.get("drawing")):
                add(_drawing(source, png), "drawing", cell.get("drawing").split("/")[1])
        elif name := cell.get("exercise"):
            source = f"# Упражнение {numbers[name].number}: {name}\n" + (solved(source) if solution else stub(source))
            add(_code(source), "exercise", name)
        elif name := cell.get("instrument"):
            add(_folded(f"Прибор для проверок: {name}", source), "name", name)
        elif name := cell.get("check"):
            add(_folded(f"Проверка {numbers[name].number}: {name}", source), "check", name)
        elif attribute := cell.get("carry"):
            add(_folded(title_of(attribute), carried_code[attribute]), "carry", _slug(attribute))
        elif name := cell.get("questions"):
            add(_folded("Вопросы раздела", source), "questions", name)
        elif name := cell.get("hint"):
            hints[name] = hints.get(name, 0) + 1
            add(_text(_details(f"Подсказка {hints[name]}", source)), "hint", f"{name}-{hints[name]}")
        elif name := cell.get("answer"):
            add(_text(f"**Ответ.** {source}" if solution else ANSWER), "answer", name)
        elif name := cell.get("stop"):
            add(
                _text(source + tomorrow(section, position, titles, carried_code, bool(table))),
                "stop",
                name,
            )
        elif name := cell.get("comment"):
            if solution:
                add(_text(f"**Почему так.** {source}"), "comment", name)
        else:
            add(_code(source), "name" if cell.get("name") else "", str(cell.get("name") or ""))
        if cell.get("tags"):
            notebook.cells[-1].metadata["tags"] = list(cell.get("tags"))
        if table and brings_kit(cell):
            add(_folded(TABLE.format(section.number, section.name), f'mistakes("{table}")'), "mistakes")
    if exercises:
        add(_folded(SCORE, _report(exercises)), "report")
    nbformat.validate(notebook)
    return notebook


def _adder(notebook: NotebookNode, stub: bool) -> Callable[..., None]:
    """A function that appends cells with an id derived from their role, or from their text if they have none."""
    used: dict[str, int] = {}

    def add(cell: NotebookNode, role: str = "", name: str = "") -> None:
        base = f"{role}-{name}".strip("-") if role else fingerprint(cell.source)
        base = re.sub(r"[^A-Za-z0-9_-]", "-", base)[:56]
        used[base] = used.get(base, 0) + 1
        cell["id"] = base if used[base] == 1 else f"{base}-{used[base]}"
        if role in ("exercise", "check", "answer"):
            cell.metadata["praktikum"] = {role: name}
        elif stub:  # in a learner's notebook each cell has to be known again, whatever happens to its id
            cell.metadata["praktikum"] = {"cell": cell.id}
        notebook.cells.append(cell)

    return add


def _text(source: str) -> NotebookNode:
    """A Markdown cell. (nbformat's own makers validate each cell, which takes longer than all else here.)"""
    return NotebookNode(cell_type="markdown", metadata=NotebookNode(), source=source)


def _code(source: str, **metadata: object) -> NotebookNode:
    """A code cell that has not run."""
    made = from_dict(metadata)
    return NotebookNode(cell_type="code", execution_count=None, metadata=made, outputs=[], source=source)


def _slug(carried: str) -> str:
    return re.sub(r"\W+", "-", carried)


def _folded(title: str, source: str) -> NotebookNode:
    """A code cell whose source is collapsed in JupyterLab and shown as a form in Colab."""
    return _code(f"# @title {title}\n{source}", jupyter={"source_hidden": True}, cellView="form")


def _drawing(words: str, png: bytes) -> NotebookNode:
    """A cell of one line that shows a picture, with its output, so that it is seen before anything is run."""
    data = {"image/png": base64.b64encode(png).decode()}
    metadata = {"image/png": {"width": pixels(png)}}
    cell = _folded(f"Рисунок. {words}", f"display({json.dumps(data)}, raw=True, metadata={json.dumps(metadata)})")
    cell["outputs"] = [new_output("display_data", data, metadata=metadata)]
    return cell


def _details(summary: str, text: str) -> str:
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"


def _report(exercises: Sequence[Exercise]) -> str:
    """The call that prints the score."""
    lines = [f'    "{e.name}": {json.dumps(f"{e.number}. {e.title}", ensure_ascii=False)},' for e in exercises]
    return "\n".join(["report({", *lines, "})"])


def _number_heading(section: Section, position: int, exercises: Sequence[Exercise]) -> str:
    """The text at ``position``; if its heading is that of an exercise, with its number, stars and minutes."""
    source = section.cells[position].source
    following = _next_exercise(section.cells[position + 1 :])
    if following is None or not HEADING.search(source):
        return source
    exercise = next(exercise for exercise in exercises if exercise.name == following.get("exercise"))
    *_, heading = HEADING.finditer(source)
    level = heading[0].split(" ")[0]
    title = f"{level} {exercise.number}. {exercise.title}"
    facts = f"**Упражнение** · {'★' * exercise.stars} · {exercise.minutes} мин"
    return f"{source[: heading.start()]}{title}\n\n{facts}{source[heading.end() :]}"


def _next_exercise(cells: Sequence[Cell]) -> Cell | None:
    """The exercise below, if no other heading stands between."""
    for cell in cells:
        if cell.get("exercise"):
            return cell
        if cell.kind == "text" and HEADING.search(cell.source):
            return None
    return None


def _header(
    section: Section, course: Sequence[Section], exercises: Sequence[Exercise], solution: bool, repository: str
) -> str:
    folder, twin_folder = ("solutions", "notebooks") if solution else ("notebooks", "solutions")
    twin = "Тетрадь с заданиями" if solution else "Решённая тетрадь"
    place = list(course).index(section)
    links = []
    if place > 0:
        links.append(f"[← {course[place - 1].title}]({course[place - 1].name}.ipynb)")
    links.append(f"[{twin}](../{twin_folder}/{section.name}.ipynb)")
    if place + 1 < len(course):
        links.append(f"[{course[place + 1].title} →]({course[place + 1].name}.ipynb)")
    lines = [f"# Раздел {section.number}. {section.title}" + (" — с решениями" if solution else ""), ""]
    if repository:
        url = f"https://colab.research.google.com/github/{repository}/blob/main/{folder}/{section.name}.ipynb"
        lines += [f"[![Открыть в Colab](https://colab.research.google.com/assets/colab-badge.svg)]({url})", ""]
    lines += [" · ".join(links), "", f"**Время:** около {section.header['minutes']} минут.", ""]
    lines += ["**После этого раздела вы сможете:**", ""]
    lines += [f"- {outcome}" for outcome in section.header["outcomes"]]
    if exercises:
        lines += ["", "| № | Упражнение | ★ | мин |", "|---|---|---|---|"]
        lines += [f"| {e.number} | {e.title} | {'★' * e.stars} | {e.minutes} |" for e in exercises]
    return "\n".join(lines)
