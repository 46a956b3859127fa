"""From each stop of the course one goes on with the cells that it names, and with no others."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from praktikum.carried import carried
from praktikum.mistakes.observe import CHILD
from praktikum.names import without_training
from praktikum.solution import stub
from praktikum.source import Cell, Section
from praktikum.stops import to_resume

from .conftest import read_course

COURSE = read_course()
STOPS = [
    pytest.param(section, place, id=f"{section.name}-{cell.get('stop')}")
    for section in COURSE
    for place, cell in enumerate(section.cells)
    if cell.get("stop")
]


@pytest.mark.parametrize(("section", "place"), STOPS)
def test_one_goes_on_from_a_stop_with_the_cells_that_it_names(section: Section, place: int) -> None:
    code = carried(section, COURSE)
    above = [section.cells[number] for number in to_resume(section, place, code)]
    cells = [as_in_the_stub(cell, code) for cell in (*above, *section.cells[place:]) if cell.kind == "code"]
    task = {
        "cells": [{"source": cell["source"], "check": cell["check"]} for cell in without_training(cells)],
        "answers": [],
        "seed": 0,
        "timeout": 60,
    }
    done = subprocess.run([sys.executable, "-s", str(CHILD)], input=json.dumps(task), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def as_in_the_stub(cell: Cell, code: dict[str, str]) -> dict:
    source = code[cell.get("carry")] if cell.get("carry") else cell.source
    tags = {"tags": cell.get("tags") or []}
    source = stub(source) if cell.get("exercise") else source
    return {"cell_type": "code", "source": source, "metadata": tags, "check": cell.get("check")}
