"""Refuse what could go wrong silently. All mistakes of all sections are reported at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from .errors import BuildError, Problem
from .solution import marker_meant, marker_problems, markers_outside_functions, stub
from .source import Cell, Section

CODE_ATTRIBUTES = {"exercise", "stars", "minutes", "check", "instrument", "name", "carry", "questions", "tags"}
ROLES = {"exercise", "check", "instrument", "name", "carry", "questions"}
REGION_ATTRIBUTES = {"hint", "answer", "comment", "stop"}
HEADER = {"title": str, "minutes": int, "outcomes": list}
TAGS = ["nbval-ignore-output"]
NAME = re.compile(r"[a-z][a-z0-9_-]*")
IMAGE = re.compile(r"!\[[^\]]*\]\(\s*([^)\s]*)")
HEADING = re.compile(r"^#{2,4} +(\S.*)$", re.MULTILINE)
QUESTION = "❓"

Messages = Iterator[tuple[int, str]]


def lint(sections: Sequence[Section]) -> None:
    """Raise BuildError with every mistake of the course; return if there is none."""
    rules: list[Callable[[Section], Messages]] = [_header, _attributes, _images, _code, _markers, _exercises, _answers]
    problems = [
        Problem(section.path, line, text) for section in sections for rule in rules for line, text in rule(section)
    ]
    problems += _carries(sections)
    problems += _unique(sections)
    if problems:
        raise BuildError(*sorted(set(problems)))


def _header(section: Section) -> Messages:
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", section.name):
        yield 1, "the file's name must be two digits, an underscore and a word, such as 01_autograd.md"
    if not section.header:
        yield 1, "the header is missing: begin with ---, jupyter: praktikum: title, minutes, outcomes, ---"
        return
    for key, kind in HEADER.items():
        if not isinstance(section.header.get(key), kind):
            yield 1, f"the header's praktikum.{key} is missing or not a {kind.__name__}"
    for key in section.header.keys() - HEADER.keys():
        yield 1, f"unknown key praktikum.{key} in the header: known are {', '.join(HEADER)}"


def _attributes(section: Section) -> Messages:
    for cell in (cell for cell in section.cells if cell.kind != "drawing"):
        known = CODE_ATTRIBUTES if cell.kind == "code" else REGION_ATTRIBUTES
        for key in cell.attributes.keys() - known:
            yield cell.line, f"unknown attribute {key!r}: known here are {', '.join(sorted(known))}"
        for key in ("exercise", "check", "hint", "answer", "comment", "stop"):
            if key in cell.attributes and not NAME.fullmatch(str(cell.get(key))):
                yield cell.line, f"{key}={cell.get(key)!r} must be a word of small Latin letters, digits, _ and -"
        roles = cell.attributes.keys() & {*ROLES, *REGION_ATTRIBUTES}
        if len(roles) > 1:
            yield cell.line, f"{' and '.join(sorted(roles))} cannot stand on one cell"
        if not cell.get("exercise"):
            for key in cell.attributes.keys() & {"stars", "minutes"}:
                yield cell.line, f"{key} belongs to an exercise"
        if cell.attributes.get("tags", TAGS) != TAGS:
            yield cell.line, f"unknown tags {cell.get('tags')!r}: the only one is tags={TAGS}".replace("'", '"')


def _images(section: Section) -> Messages:
    shown: set[str] = set()
    for cell in section.cells:
        key = str(cell.get("drawing"))
        if cell.kind == "drawing" and not key.startswith(f"{section.name}/"):
            yield cell.line, f"this drawing belongs to another section: write figures/{section.name}/NAME.png"
        elif cell.kind == "drawing" and key in shown:
            yield cell.line, f"figures/{key}.png is shown twice"
        elif cell.kind != "code" and (image := IMAGE.search(cell.source)):
            line = cell.first_line + cell.source.count("\n", 0, image.start())
            yield (
                line,
                f"the image {image[1]} is no drawing of this section, alone in its paragraph",
            )
        shown.add(key)


def _code(section: Section) -> Messages:
    for cell in section.cells:
        if cell.kind != "code":
            continue
        if role := next((role for role in ("carry", "questions") if cell.get(role) is not None), None):
            if cell.source.strip():
                yield cell.line + 1, f"a {role} cell must be empty: the builder fills it"
            if role == "questions" and not str(cell.get(role)).isidentifier():
                yield cell.line, f"questions={cell.get(role)!r} must be a name of Python: the list of them is called so"
        elif not cell.source.strip():
            yield cell.line, "this cell is empty"
        else:
            yield from _syntax(cell.source, cell.line, "")


def _syntax(source: str, line: int, what: str) -> Messages:
    try:
        ast.parse(source)
    except SyntaxError as error:
        yield line + (error.lineno or 1), f"{what}the code does not parse: {error.msg}"


def _markers(section: Section) -> Messages:
    for cell in section.cells:
        if cell.get("exercise"):
            for offset, message in marker_problems(cell.source):
                yield cell.first_line + offset, message
            continue
        for offset, line in enumerate(cell.source.splitlines()):
            if marker_meant(line):
                yield cell.first_line + offset, f"stray solution marker {line.strip()!r}"


def _exercises(section: Section) -> Messages:
    names = {str(cell.get("exercise")) for cell in section.exercises}
    for key in ("check", "hint", "comment"):
        for cell in section.cells:
            if key in cell.attributes and cell.get(key) not in names:
                yield cell.line, f"{key} of an unknown exercise {cell.get(key)!r}"
    text_above = ""
    for position, cell in enumerate(section.cells):
        if cell.kind == "text":
            text_above += cell.source + "\n"
        if name := cell.get("exercise"):
            if not HEADING.search(text_above):
                yield cell.line, f"exercise {name!r} has no heading of its own above it"
            text_above = ""
            yield from _exercise(cell, section.cells[position + 1 :])


def _exercise(cell: Cell, below: Iterable[Cell]) -> Messages:
    name = cell.get("exercise")
    below = list(below)
    for key in ("check", "hint"):
        if not any(other.get(key) == name for other in below):
            yield cell.line, f"exercise {name!r} has no {key} below it"
    for other in below:
        if other.get("check") == name and f'@check("{name}")' not in other.source:
            yield other.line, f'the check of {name!r} must begin with @check("{name}")'
    if sum(other.get("check") == name for other in below) > 1:
        yield cell.line, f"exercise {name!r} has two checks"
    if cell.get("stars") not in (1, 2, 3):
        yield cell.line, f"exercise {name!r}: stars must be 1, 2 or 3"
    if not isinstance(cell.get("minutes"), int) or cell.get("minutes") < 1:
        yield cell.line, f"exercise {name!r}: minutes must be a whole number"
    if list(marker_problems(cell.source)) or list(_syntax(cell.source, cell.line, "")):
        return
    if stub(cell.source) == cell.source.rstrip("\n"):
        yield cell.line, f"exercise {name!r} has no solution"
    outside = list(markers_outside_functions(cell.source))
    for offset in outside:
        yield cell.line + 1 + offset, "the signature is inside the solution: a def must stand above the marker"
    if not outside:
        yield from _syntax(stub(cell.source), cell.line, f"the stub of {name!r}: ")


def _answers(section: Section) -> Messages:
    question = False
    for cell in section.cells:
        if cell.kind == "text":
            question = question or QUESTION in cell.source
        elif "answer" in cell.attributes:
            if not question:
                yield (
                    cell.line,
                    f"answer {cell.get('answer')!r} of an unknown question: put one with {QUESTION} above it",
                )
            question = False


def _carries(sections: Sequence[Section]) -> Iterator[Problem]:
    by_name = {section.name: section for section in sections}
    for section in sections:
        for cell in section.cells:
            if cell.get("carry") is None:
                continue
            origin, _, names = str(cell.get("carry")).partition(":")
            if origin not in by_name:
                yield Problem(section.path, cell.line, f"carry from an unknown section {origin!r}")
            elif origin >= section.name:
                yield Problem(section.path, cell.line, f"carry from {origin!r}, which is not an earlier section")
            elif not names.split():
                yield Problem(section.path, cell.line, 'carry names no cell: write carry="01_autograd:Value"')
            else:
                for name in names.split():
                    if not by_name[origin].named(name):
                        yield Problem(section.path, cell.line, f"carry of an unknown name {name!r} of {origin}")


def _unique(sections: Sequence[Section]) -> Iterator[Problem]:
    """Exercises, answers and stops are unique in the course, names in their section, numbers among the files."""
    seen: dict[tuple[str, str], Problem] = {}

    def taken(section: Section, line: int, kind: str, value: str) -> Iterator[Problem]:
        first = seen.setdefault((kind, value), Problem(section.path, line, ""))
        if (first.path, first.line) != (section.path, line):
            yield Problem(section.path, line, f"the {kind} {value!r} is taken already, in {first.path}:{first.line}")

    for section in sections:
        yield from taken(section, 1, "section number", section.name[:2])
        for cell in section.cells:
            for key in cell.attributes.keys() & {"exercise", "answer", "stop"}:
                yield from taken(section, cell.line, key, str(cell.get(key)))
            if name := cell.get("name") or cell.get("instrument"):
                yield from taken(section, cell.line, f"name in {section.name}", str(name))
                if any(exercise.get("exercise") == name for exercise in section.exercises):
                    yield Problem(section.path, cell.line, f"the name {name!r} is that of an exercise")
