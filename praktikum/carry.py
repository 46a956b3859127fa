"""A learner's work from an old notebook into the new version of it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .learner import EDITABLE, Cell, cell_id, cells_of, fingerprint, identify, record, recorded, role, text
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
    before = recorded(old) or dict(line.split(" ") for line in record(fresh))
    cells = [cell for cell in cells_of(old) if text(cell) != PREVIOUS]
    identities = identify(cells, before)
    by_id = {cell_id(cell): cell for cell in fresh}

    count = 0
    gone: list[Cell] = []
    added: dict[str, list[Cell]] = {}
    for place, (cell, identity) in enumerate(zip(cells, identities, strict=True)):
        if identity is None:
            added.setdefault(_anchor(identities[:place], list(by_id), set(identities)), []).append(cell)
            continue
        answered = role(identity)[0] in EDITABLE and before.get(identity) != fingerprint(text(cell))
        count += answered
        if identity in by_id:
            if answered:
                _answer(by_id[identity], cell)
            _keep_outputs(by_id[identity], cell)
        elif answered:
            gone.append(cell)

    used = set(by_id)
    result = [_clean(cell, used) for cell in added.get("", ())]
    for cell in fresh:
        result += [cell, *(_clean(other, used) for other in added.get(cell_id(cell), ()))]
    if gone:
        heading = {"cell_type": "markdown", "id": "previous", "metadata": {}, "source": PREVIOUS}
        result += [heading, *(_clean(cell, used) for cell in gone)]
    notebook = {**copy.deepcopy(dict(new)), "cells": result}
    return Carried(notebook, count + sum(map(len, added.values())), _other_edits(cells, identities, before))


def carry_file(path: Path, new: bytes) -> Carried | None:
    """The same for the notebook at ``path``; None if that is no notebook from which anything can be carried."""
    import nbformat

    old = read_json(path)
    if not cells_of(old):
        return None
    carried = carry(old, json.loads(new))
    try:
        nbformat.validate(carried.notebook)
    except nbformat.ValidationError:
        return None
    return carried


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
    number = re.compile(r"\A# Упражнение .*")
    line = number.match(text(cell))
    cell["source"] = number.sub(lambda _: line[0], text(old)) if line else text(old)
    if old.get("attachments") and cell["cell_type"] == "markdown":
        cell["attachments"] = copy.deepcopy(old["attachments"])


def _keep_outputs(cell: Cell, old: Mapping[str, Any]) -> None:
    if cell["cell_type"] == "code" == old.get("cell_type") and text(cell) == text(old):
        cell["outputs"] = copy.deepcopy(old.get("outputs", []))
        cell["execution_count"] = old.get("execution_count")


def _other_edits(cells: list[Cell], identities: list[str | None], before: Mapping[str, str]) -> bool:
    """True if a cell of the course, other than an answer, was changed, moved or deleted."""
    pairs = zip(cells, identities, strict=True)
    found = {identity: fingerprint(text(cell)) for cell, identity in pairs if identity in before}
    same = {identity: digest for identity, digest in found.items() if role(identity)[0] not in EDITABLE}
    return list(found) != list(before) or any(before[identity] != digest for identity, digest in same.items())


def _clean(cell: Mapping[str, Any], used: set[str]) -> Cell:
    """A learner's cell as notebook format 4.5 wants it, with an id that is not yet ``used``."""
    own = cell_id(cell)
    base = own if re.fullmatch(r"[\w-]{1,56}", own, re.ASCII) else f"added-{fingerprint(text(cell))}"
    name, attempt = base, 1
    while name in used:
        attempt += 1
        name = f"{base}-{attempt}"
    used.add(name)
    kind = cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown") else "raw"
    whole = cell.get("metadata")
    metadata = {key: value for key, value in whole.items() if key != "id"} if isinstance(whole, dict) else {}
    clean: Cell = {"cell_type": kind, "id": name, "metadata": metadata, "source": text(cell)}
    if kind == "code":
        clean |= {"outputs": cell.get("outputs", []), "execution_count": cell.get("execution_count")}
    elif cell.get("attachments"):
        clean["attachments"] = cell["attachments"]
    return copy.deepcopy(clean)
