"""A learner's work from an old notebook into the new version of it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .learner import EDITABLE, Cell, cell_id, cells_of, course_id, fingerprint, identify, record, recorded, role, text
from .store import read_json

PREVIOUS = "## Из прежней версии\n\nЭтих упражнений и вопросов в разделе больше нет, но ваши ответы остались."


@dataclass(frozen=True)
class Carried:
    """The new notebook with the learner's work in it.

    ``cells`` counts the answers and added cells. ``other_edits`` is true if the learner changed something
    that is not in it: a text, a given cell, an order.
    """

    notebook: dict[str, Any]
    cells: int
    other_edits: bool


def carry(old: Mapping[str, Any], new: Mapping[str, Any]) -> Carried:
    """Put what the learner wrote in ``old`` into ``new``, a stub as the builder makes it.

    Answers go to their exercises and questions, added cells stay behind the cell that they stood behind,
    answers to what is gone go to the end; outputs are kept where the code is the same. Both arguments are
    left as they are.
    """
    fresh = [copy.deepcopy(cell) for cell in cells_of(new)]
    by_id = {cell_id(cell): cell for cell in fresh}
    noted = recorded(old)
    before = noted or dict(line.split(" ") for line in record(fresh))
    cells, previous = _split(cells_of(old))
    identities = [
        identity if identity in before or identity in by_id or (not noted and role(identity)[0] in EDITABLE) else None
        for identity in identify(cells, before)
    ]

    answers: dict[str, Cell] = {}
    added: dict[str, list[Cell]] = {}
    for place, (cell, identity) in enumerate(zip(cells, identities, strict=True)):
        if identity is None:
            if noted or cell_id(cell) != fingerprint(text(cell)):
                added.setdefault(_anchor(identities[:place], list(by_id), set(identities)), []).append(cell)
            continue
        if identity in by_id:
            _keep_outputs(by_id[identity], cell)
        if role(identity)[0] in EDITABLE and before.get(identity) != fingerprint(text(cell)):
            answers[identity] = cell
    kept: list[tuple[str | None, Cell]] = []
    for identity, cell in zip(map(course_id, previous), previous, strict=True):
        if identity in by_id and identity not in answers and role(identity)[0] in EDITABLE:
            answers[identity] = cell
        else:
            kept.append((identity, cell))

    for identity in by_id.keys() & answers.keys():
        _answer(by_id[identity], answers[identity])
        _keep_outputs(by_id[identity], answers[identity])
    kept += [(identity, cell) for identity, cell in answers.items() if identity not in by_id]
    used = set(by_id)
    result = [_clean(cell, used) for cell in added.get("", ())]
    for cell in fresh:
        result += [cell, *(_clean(other, used) for other in added.get(cell_id(cell), ()))]
    if kept:
        heading = {"cell_type": "markdown", "id": "previous", "metadata": {}, "source": PREVIOUS}
        result += [heading, *(_clean(cell, used, identity) for identity, cell in kept)]
    notebook = {**copy.deepcopy(dict(new)), "cells": result}
    notebook["metadata"] = {**notebook.get("metadata", {}), **_kernel(old)}
    count = len(answers) + sum(map(len, added.values()))
    return Carried(notebook, count, _other_edits(cells, identities, before))


def _split(cells: list[Cell]) -> tuple[list[Cell], list[Cell]]:
    """The cells of the section, and those below «Из прежней версии»."""
    for place, cell in enumerate(cells):
        if text(cell) == PREVIOUS:
            return cells[:place], cells[place + 1 :]
    return cells, []


def carry_file(path: Path, new: bytes) -> Carried | None:
    """The same for the notebook at ``path``; None if that is no notebook from which anything can be carried.

    What is not valid in a cell besides its source, such as an output that only Colab knows, is left behind.
    """
    old = read_json(path)
    if not cells_of(old):
        return None
    carried = carry(old, json.loads(new))
    whole = all([_make_valid(cell) for cell in carried.notebook["cells"]])
    return carried if whole else replace(carried, other_edits=True)


def predecessor(new: bytes, candidates: Iterable[Path]) -> Path | None:
    """The notebook that was of the same section under another name: the one with the most of its exercises."""
    wanted = {course_id(cell) for cell in cells_of(json.loads(new)) if role(course_id(cell))[0] == "exercise"}
    shared = {path: len(wanted & set(map(course_id, cells_of(read_json(path))))) for path in candidates}
    best = max(shared, key=lambda path: shared[path], default=None)
    return best if best and shared[best] else None


def _make_valid(cell: Cell) -> bool:
    """Take out of a cell what the format does not know; true if that was nothing."""
    import nbformat

    for number, (part, empty) in enumerate((("outputs", []), ("attachments", {}), ("metadata", {}))):
        try:
            nbformat.validate(cell, ref=f"{cell['cell_type']}_cell", version=4, version_minor=5)
            return number == 0
        except nbformat.ValidationError:
            if part in cell:
                own = cell[part].get("praktikum") if part == "metadata" else None
                cell[part] = {"praktikum": own} if own else empty
    return False


def _kernel(old: Mapping[str, Any]) -> dict[str, Any]:
    """The kernel that the learner has chosen."""
    metadata = old.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    named = isinstance(kernel, dict) and all(isinstance(kernel.get(key), str) for key in ("name", "display_name"))
    return {"kernelspec": copy.deepcopy(kernel)} if named else {}


def _anchor(above: list[str | None], fresh: list[str], old: set[str | None]) -> str:
    """The cell behind which an added cell belongs; an empty string for the top.

    It is the nearest course's cell ``above``. Where that one has gone, what is new in its place stands in for it.
    """
    missing = 0
    for identity in reversed(above):
        if identity in fresh:
            start = fresh.index(identity)
            new = next((n for n, other in enumerate(fresh[start + 1 :]) if other in old), len(fresh) - start - 1)
            return fresh[start + min(missing, new)]
        missing += identity is not None
    return ""


def _answer(cell: Cell, old: Mapping[str, Any]) -> None:
    """Put the learner's answer into its cell; the number in its first line is the new one."""
    number = re.match(r"# Упражнение [\d.]+", text(cell))
    cell["source"] = re.sub(r"\A# Упражнение [\d.]+", number[0], text(old)) if number else text(old)
    if old.get("attachments") and cell["cell_type"] == "markdown":
        cell["attachments"] = copy.deepcopy(old["attachments"])


def _keep_outputs(cell: Cell, old: Mapping[str, Any]) -> None:
    if cell["cell_type"] == "code" == old.get("cell_type") and fingerprint(text(cell)) == fingerprint(text(old)):
        cell["outputs"] = copy.deepcopy(old.get("outputs") or cell.get("outputs", []))  # a drawing has its own
        cell["execution_count"] = old.get("execution_count")


def _other_edits(cells: list[Cell], identities: list[str | None], before: Mapping[str, str]) -> bool:
    """True if a cell of the course, other than an answer, was changed, moved or deleted."""
    pairs = zip(cells, identities, strict=True)
    found = {identity: fingerprint(text(cell)) for cell, identity in pairs if identity in before}
    same = {identity: digest for identity, digest in found.items() if role(identity)[0] not in EDITABLE}
    return list(found) != list(before) or any(before[identity] != digest for identity, digest in same.items())


def _clean(cell: Mapping[str, Any], used: set[str], identity: str | None = None) -> Cell:
    """A learner's cell as notebook format 4.5 wants it, with an id that is not yet ``used``.

    ``identity`` is what it is to be known by; else it is an added cell, even if it was a copy of the course's.
    """
    own = cell_id(cell)
    base = own if re.fullmatch(r"[\w-]{1,56}", own, re.ASCII) else f"added-{fingerprint(text(cell))}"
    name, attempt = base, 1
    while name in used:
        attempt += 1
        name = f"{base}-{attempt}"
    used.add(name)
    kind = cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown") else "raw"
    whole = cell.get("metadata")
    metadata = {key: whole[key] for key in whole if key not in ("id", "praktikum")} if isinstance(whole, dict) else {}
    kind_of, name_of = role(identity)
    if kind_of:
        metadata["praktikum"] = {kind_of: name_of}
    clean: Cell = {"cell_type": kind, "id": name, "metadata": metadata, "source": text(cell)}
    if kind == "code":
        clean |= {"outputs": cell.get("outputs", []), "execution_count": cell.get("execution_count")}
    elif cell.get("attachments"):
        clean["attachments"] = cell["attachments"]
    return copy.deepcopy(clean)
