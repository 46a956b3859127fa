"""Which cell is which in a notebook that has been through a learner's hands.

Editors rewrite cell ids (Colab), drop metadata, move and copy cells; so a cell is recognised by the
first of these that still holds: its metadata, its id, its first comment line, its text, its place.
Notebooks are plain JSON here, and whatever has another shape than it should is skipped: nothing raises.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

Cell = dict[str, Any]
EDITABLE = ("exercise", "answer")  # what a learner is asked to fill in
PENCIL = "✏️"  # with it the cell for an answer in words begins

_ROLES = ("exercise", "check", "answer")
_COURSE_ID = re.compile(
    r"(?:(?:exercise|check|answer|hint|name|carry|comment|drawing|stop)-[\w-]+|header|report|mistakes)\Z"
)
_NUMBER = re.compile(r"^(#+ (?:@title )?(?:Упражнение|Проверка)|##+) \d+\.\d+(?=[.:])", re.MULTILINE)
_FIRST_LINE = re.compile(r"# (?:(Упражнение)|@title (Проверка)) \d+\.\d+: ([\w-]+)")


def cells_of(notebook: Mapping[str, Any] | None) -> list[Cell]:
    """The cells of a notebook; an empty list if it has none."""
    cells = (notebook or {}).get("cells")
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []


def text(cell: Mapping[str, Any]) -> str:
    """The source of a cell, which a notebook may hold as one string or as lines."""
    source = cell.get("source")
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


@lru_cache(maxsize=10_000)
def fingerprint(source: str) -> str:
    """Twelve hexadecimal digits that stand for a source.

    The number of an exercise does not count, nor what an editor does to the ends of lines.
    """
    same = _NUMBER.sub(r"\1", source.replace("\r\n", "\n").rstrip())
    return hashlib.sha256(same.encode(errors="surrogatepass")).hexdigest()[:12]


def metadata(content: Mapping[str, Any]) -> dict[str, Any]:
    """The builder's own metadata of a notebook or a cell."""
    whole = content.get("metadata")
    own = whole.get("praktikum") if isinstance(whole, dict) else None
    return own if isinstance(own, dict) else {}


def cell_id(cell: Mapping[str, Any]) -> str:
    """The id of a cell; Colab keeps it in the cell's metadata."""
    whole = cell.get("metadata")
    found = cell.get("id") or (whole.get("id") if isinstance(whole, dict) else None)
    return found if isinstance(found, str) else ""


def course_id(cell: Mapping[str, Any]) -> str | None:
    """The id that the builder gave to this cell, as far as the cell alone can tell."""
    own = metadata(cell)
    for role in _ROLES:
        if isinstance(own.get(role), str):
            return f"{role}-{own[role]}"
    if isinstance(own.get("cell"), str):
        return own["cell"]
    found = cell_id(cell)
    if _COURSE_ID.match(found) or found == fingerprint(text(cell)):
        return found
    if line := _FIRST_LINE.match(text(cell)):
        return f"{'exercise' if line[1] else 'check'}-{line[3]}"
    return None


def role(identity: str | None) -> tuple[str, str]:
    """``("exercise", "relu")`` of ``"exercise-relu"``; two empty strings for a cell without a role."""
    kind, _, name = (identity or "").partition("-")
    return (kind, name) if kind in _ROLES and name else ("", "")


def record(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    """``"id fingerprint"`` of each cell: what the builder notes in a stub, to know later what was edited."""
    return [f"{cell_id(cell)} {fingerprint(text(cell))}" for cell in cells]


def recorded(notebook: Mapping[str, Any]) -> dict[str, str]:
    """What the builder noted: the fingerprint that each cell had, in the order of the cells."""
    lines = metadata(notebook).get("cells")
    pairs = [line.split(" ") for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def identify(cells: Iterable[Mapping[str, Any]], known: Mapping[str, str]) -> list[str | None]:
    """For each cell the id of the course's cell that it is; None for a cell that the learner added.

    ``known`` holds the fingerprints of the course's cells by id; a cell of another notebook or version is named too.
    A copy of a course's cell is an added cell.
    """
    cells = list(cells)
    claims: dict[str, list[int]] = {}
    for place, cell in enumerate(cells):
        identity = course_id(cell) or (cell_id(cell) if cell_id(cell) in known else None)
        if identity:
            claims.setdefault(identity, []).append(place)
    found: list[str | None] = [None] * len(cells)
    for identity, places in claims.items():
        found[min(places, key=lambda place: _is_copy(cells[place], identity, known))] = identity
    _find_by_text(cells, found, {i: known[i] for i in known if i not in claims and not i.startswith("answer-")})
    following = dict(zip(known, list(known)[1:], strict=False))
    for place, cell in enumerate(cells[1:], 1):
        here = following.get(found[place - 1] or "", "")
        if text(cell).startswith(PENCIL) and here.startswith("answer-") and here not in found:
            found[place] = found[place] or here
    _find_by_text(cells, found, {i: known[i] for i in known if i not in found})
    return found


def _find_by_text(cells: list[Mapping[str, Any]], found: list[str | None], missing: Mapping[str, str]) -> None:
    """Recognise the cells that hold, to the letter, what one of the ``missing`` held."""
    by_text: dict[str, list[str]] = {}
    for identity, digest in missing.items():
        by_text.setdefault(digest, []).append(identity)
    for place, cell in enumerate(cells):
        if found[place] is None and (same := by_text.get(fingerprint(text(cell)))):
            found[place] = same.pop(0)


def _is_copy(cell: Mapping[str, Any], identity: str, known: Mapping[str, str]) -> tuple[bool, bool]:
    """The smaller, the likelier is it that this cell is the original and the others with this identity are copies."""
    edited = known.get(identity) != fingerprint(text(cell))
    return cell_id(cell) != identity, edited != (role(identity)[0] in EDITABLE)
