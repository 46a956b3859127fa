"""Read a section: the cells that Jupytext finds, each with its line in the file.

Jupytext does the parsing. It reports no line numbers, and an unclosed region or
fence makes it swallow the rest of the file without a word; so the few lines that
open and close cells are located here as well, and both readings must agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
from jupytext.languages import _JUPYTER_LANGUAGES

from .errors import BuildError, Problem

REGION_START = re.compile(r"^<!--\s*#(region|markdown|md|raw)\b.*-->\s*$")
REGION_END = re.compile(r"^<!--\s*#end(region|markdown|md|raw)\s*-->\s*$")
HEADER = re.compile(r"---\n(.*?)^---$", re.MULTILINE | re.DOTALL)
REWRITTEN = re.compile(r"\\u[0-9A-Fa-f]{4}|^  (?:jupytext|kernelspec|language_info):", re.MULTILINE)
FENCE = re.compile(r"^(`{3,})\s*([^\s`]*)")
DRAWING = re.compile(r"(?:\A|(?<=\n\n))!\[([^\]\n]+)\]\(figures/([\w/]+)\.png\)(?=\n\n|\Z)")
LANGUAGES = {language.lower() for language in _JUPYTER_LANGUAGES}


@dataclass(frozen=True)
class Cell:
    """One cell of a section.

    ``attributes`` are those of the fence or region; ``line`` is where it opens,
    or the first line of a text.
    """

    kind: str  # "code", "region", "text", or "drawing", whose source is the words for who cannot see it
    source: str
    line: int
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def first_line(self) -> int:
        """Where the source of the cell begins in the file."""
        return self.line + 1 if self.kind in ("code", "region") else self.line

    def get(self, attribute: str) -> Any:
        return self.attributes.get(attribute)


@dataclass(frozen=True)
class Section:
    """One source file: ``name`` is its stem (``01_autograd``), ``header`` its facts."""

    path: Path
    name: str
    header: dict[str, Any]
    cells: tuple[Cell, ...]

    @property
    def number(self) -> int:
        return int(self.name.split("_")[0])

    @property
    def title(self) -> str:
        return self.header["title"]

    @property
    def exercises(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.get("exercise"))

    def named(self, name: str) -> Cell | None:
        """The cell that another section may carry under this name."""
        for cell in self.cells:
            if name in (cell.get("name"), cell.get("instrument"), cell.get("exercise")):
                return cell
        return None


def _opening_lines(path: Path, lines: list[str]) -> list[tuple[str, int]]:
    """``("code" | "region", line)`` for each cell that is opened explicitly.

    Raises BuildError with every opening that has no end, and every end without one.
    """
    found: list[tuple[str, int]] = []
    problems: list[Problem] = []
    region = fence = 0  # the line where the open one began
    ticks = ""
    for number, line in enumerate(lines, 1):
        opening = FENCE.match(line)
        language = opening[2].lower() if opening else ""
        if region:
            if REGION_START.match(line):
                message = f"region inside the region of line {region}: regions do not nest, close that one first"
                problems.append(Problem(path, number, message))
            elif REGION_END.match(line):
                region = 0
        elif fence:
            if line.rstrip() == ticks:
                fence = 0
            elif language in LANGUAGES:
                message = f"the code fence opened in line {fence} is still open here: close it with {ticks}"
                problems.append(Problem(path, number, message))
        elif REGION_END.match(line):
            problems.append(Problem(path, number, "this closes a region, but none is open"))
        elif start := REGION_START.match(line):
            if start[1] != "region":
                problems.append(Problem(path, number, f"use <!-- #region … -->, not #{start[1]}"))
            region = number
            found.append(("region", number))
        elif opening:
            fence, ticks = number, opening[1]
            if language == "python":
                found.append(("code", number))
            elif language in LANGUAGES:
                message = f"a {language} fence becomes a cell that runs: use console, text or yaml"
                problems.append(Problem(path, number, message))
    if region:
        problems.append(Problem(path, region, "this region is never closed: add <!-- #endregion -->"))
    if fence:
        problems.append(Problem(path, fence, "this code fence is never closed: add ```"))
    if problems:
        raise BuildError(*problems)
    return found


def _texts_and_drawings(source: str, line: int) -> Iterator[Cell]:
    """A text, cut at each image of a drawing that stands alone in its paragraph."""
    start = 0
    for image in [*DRAWING.finditer(source), None]:
        end = image.start() if image else len(source)
        text = source[start:end].strip("\n")
        if text:
            yield Cell("text", text, line + source.count("\n", 0, source.index(text, start)))
        if image:
            yield Cell("drawing", image[1], line + source.count("\n", 0, end), {"drawing": image[2]})
            start = image.end()


def read_section(path: Path, shown: Path) -> Section:
    """Read one Markdown source; ``shown`` is its path in messages.

    Raises BuildError if Jupytext would silently read something else than what stands there.
    """
    text = path.read_text(encoding="utf-8")
    header = HEADER.match(text)
    if rewritten := header and REWRITTEN.search(header[1]):
        message = (
            "JupyterLab has rewritten this header, with escapes for Cyrillic and blocks of its own: "
            f"take that back with git checkout -p {shown}, y to each change that is not yours, n to yours"
        )
        raise BuildError(Problem(shown, header[1].count("\n", 0, rewritten.start()) + 2, message))
    lines = text.splitlines()
    openings = iter(_opening_lines(shown, lines))
    try:
        notebook = jupytext.reads(text, fmt="md")
    except Exception as error:  # YAML and metadata errors have no common class
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        raise BuildError(Problem(shown, line, f"the header cannot be read: {error}".replace("\n", " "))) from error

    cells: list[Cell] = []
    line = 1
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)  # Jupytext's own
        kind = "code" if cell.cell_type == "code" else "region" if cell.metadata else "text"
        if kind == "text":
            line = lines.index(cell.source.splitlines()[0], line - 1) + 1
        else:
            expected, line = next(openings, ("nothing", line))
            if kind != expected:
                raise BuildError(Problem(shown, line, f"Jupytext reads a {kind} here: check fences and attributes"))
        if kind == "text":
            cells += _texts_and_drawings(cell.source, line)
        else:
            cells.append(Cell(kind, cell.source, line, dict(cell.metadata)))
    for _, line in openings:
        raise BuildError(
            Problem(shown, line, "Jupytext reads no cell here: give the region an attribute, or remove it")
        )
    header = notebook.metadata.get("praktikum")
    return Section(shown, path.stem, header if isinstance(header, dict) else {}, tuple(cells))
