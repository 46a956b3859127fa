"""From each stop of the course one goes on with the cells that it names, and with no others."""

from __future__ import annotations

import json
import subprocess
import sys

from praktikum.carried import carried
from praktikum.mistakes.observe import CHILD
from praktikum.solution import stub
from praktikum.stops import to_resume

from .conftest import read_course

RUN = """
import json, sys
from child import execute
for place, cells in json.load(sys.stdin).items():
    print(place, file=sys.stderr)
    namespace = {"__name__": "__main__"}
    for cell in cells:
        execute(cell, namespace)
"""


def test_the_cells_that_a_stop_names_run_by_themselves() -> None:
    """That they bind all that is needed below, and train nothing, is how the builder finds them."""
    course = read_course()
    lists = {}
    for section in course:
        code = carried(section, course)
        for place, cell in enumerate(section.cells):
            if cell.get("stop"):
                above = [section.cells[number] for number in to_resume(section, place, code)]
                sources = [code[cell.get("carry")] if cell.get("carry") else cell.source for cell in above]
                exercises = [bool(cell.get("exercise")) for cell in above]
                lists[f"{section.name}-{cell.get('stop')}"] = [
                    stub(source) if exercise else source for source, exercise in zip(sources, exercises, strict=True)
                ]
    assert len(lists) >= 14
    command = [sys.executable, "-s", "-c", RUN]
    done = subprocess.run(
        command, input=json.dumps(lists), cwd=CHILD.parent, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
