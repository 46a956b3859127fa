"""Drawings of ideas: functions of ``notebooks_src/figures/NN_name.py``, whose PNG files stand beside them.

A drawing is known by a digest of all that makes it: its function, what the file and the kit share, and the cells of the
chapter that bind its parameters. The PNG file holds the digest, so nothing is drawn twice, whatever matplotlib is here.
"""

from __future__ import annotations

import ast
import base64
import json
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..errors import BuildError, Problem
from ..manifest import SOURCES, digest_of
from ..names import attached, names_of
from ..solution import solved
from ..source import Section

FOLDER = f"{SOURCES}/figures"
KIT = "drawing.py"
CHILD = Path(__file__).with_name("child.py")
DPI = 140
LIMIT = 20_000  # bytes of a PNG


@dataclass(frozen=True)
class Drawing:
    """A picture of the course. ``png`` is the one on the disk, None if that was made from something else.

    ``key`` is ``section/function``; ``sources`` are the chapter's statements that its function stands on.
    """

    key: str
    shown: Path
    line: int
    sources: tuple[str, ...]
    digest: str
    png: bytes | None

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.key}.png"


def read_drawings(root: Path, section: Section, carried: Mapping[str, str]) -> list[Drawing]:
    """The drawings of a section; ``carried`` has the code of its carry cells by their attribute.

    Raises BuildError with each function that no text shows and each image that no function makes.
    """
    shown = Path(FOLDER, f"{section.name}.py")
    file = root / shown
    source = file.read_text(encoding="utf-8") if file.exists() else ""
    try:
        module = ast.parse(source)
    except SyntaxError as error:
        raise BuildError(Problem(shown, error.lineno or 1, f"the code does not parse: {error.msg}")) from None
    functions = {n.name: n for n in module.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")}
    wanted = {cell.get("drawing"): cell for cell in section.cells if cell.kind == "drawing"}
    problems = [
        Problem(section.path, cell.line, f"{shown} has no function that draws {key}.png")
        for key, cell in wanted.items()
        if key not in {f"{section.name}/{name}" for name in functions}
    ]
    problems += [
        Problem(shown, function.lineno, f"no text of {section.path} shows this drawing: {name}")
        for name, function in functions.items()
        if f"{section.name}/{name}" not in wanted
    ]
    askable = _askable(section, carried)
    bound = {name for statement in askable for name in statement.makes}
    problems += [
        Problem(shown, function.lineno, f"no cell of {section.path} with a name binds {argument.arg!r}: give it one")
        for function in functions.values()
        for argument in function.args.args
        if argument.arg not in bound
    ]
    if problems:
        raise BuildError(*problems)
    shared = [_written(source, node) for node in module.body if node not in functions.values()]
    kit = (root / FOLDER / KIT).read_text(encoding="utf-8") if functions else ""
    drawings = []
    for name, function in functions.items():
        parameters = {argument.arg for argument in function.args.args}
        sources = _stood_on(askable, parameters)
        digest = digest_of("\0".join([kit, *shared, _written(source, function), *sources]).encode())
        png = _read(root / FOLDER / section.name / f"{name}.png")
        fresh = png if png and digest.encode() in png[:400] else None
        drawings.append(Drawing(f"{section.name}/{name}", shown, function.lineno, sources, digest, fresh))
    return drawings


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


class Statement(NamedTuple):
    """A statement of a chapter: its code, the names that it binds or attaches something to, those that it needs."""

    source: str
    makes: frozenset[str]
    needs: frozenset[str]


def _askable(section: Section, carried: Mapping[str, str]) -> list[Statement]:
    """What drawings may ask for: the statements of cells with a name, of exercises and carried cells; all imports."""
    statements = []
    for cell in section.cells:
        if cell.kind == "code" and not cell.get("check"):
            known = any(cell.get(role) for role in ("name", "exercise", "instrument", "carry"))
            code = carried[cell.get("carry")] if cell.get("carry") else solved(cell.source)
            for node in ast.parse(code).body:
                if known or isinstance(node, (ast.Import, ast.ImportFrom)):
                    source = _written(code, node)
                    bound, needed = names_of(source)
                    statements.append(Statement(source, bound | attached(node), needed))
    return statements


def _written(source: str, node: ast.stmt) -> str:
    """The lines of a statement as they are written: what ``ast.unparse`` makes of it differs between Pythons."""
    first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
    return "\n".join(source.split("\n")[first - 1 : node.end_lineno])


def _stood_on(statements: Sequence[Statement], names: set[str]) -> tuple[str, ...]:
    """The code of those statements that make these names, with all that they need."""
    found: list[str] = []
    needed = set(names)
    for statement in reversed(statements):
        if statement.makes & needed:
            found.append(statement.source)
            needed |= statement.needs
    return tuple(found[::-1])


def draw(root: Path, drawings: Sequence[Drawing]) -> dict[str, bytes]:
    """The PNG of each drawing, by its key; only those are drawn that the disk does not hold.

    Raises BuildError with each that cannot be drawn or is too large.
    """
    files: dict[Path, list[Drawing]] = {}
    for drawing in drawings:
        if drawing.png is None:
            files.setdefault(drawing.shown, []).append(drawing)
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda shown: _run(root / shown, files[shown]), files)
    pictures = {drawing.key: drawing.png for drawing in drawings if drawing.png is not None}
    problems = []
    for shown, results in zip(files, made, strict=True):
        for drawing, said in zip(files[shown], results, strict=True):
            png = base64.b64decode(said.get("png", ""))
            if len(png) > LIMIT:
                said["problem"] = f"{drawing.key}.png has {len(png)} bytes, {LIMIT} is the limit: draw less"
            if "problem" in said:
                problems.append(Problem(shown, said.get("line", drawing.line), said["problem"]))
            pictures[drawing.key] = png
    if problems:
        raise BuildError(*problems)
    return pictures


def _run(file: Path, drawings: Sequence[Drawing]) -> list[dict]:
    task = {
        "file": str(file),
        "dpi": DPI,
        "drawings": [
            {"function": drawing.key.split("/")[1], "sources": drawing.sources, "digest": drawing.digest}
            for drawing in drawings
        ],
    }
    command = [sys.executable, "-s", str(CHILD)]
    done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{file.name} cannot be run: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout)


def pixels(png: bytes) -> int:
    """The width at which a notebook shows the picture, in pixels of a page (96 an inch)."""
    return round(struct.unpack(">I", png[16:20])[0] * 96 / DPI)
