"""Every answer in the catalogues, run anew.

The double colon in a test's name makes each section a scope of its own for ``--dist loadscope``: they run beside each
other and beside the other tests.
"""

from __future__ import annotations

import pytest

from praktikum.course import read_course
from praktikum.mistakes.catalogue import RIGHT, Answer
from praktikum.mistakes.observe import ACCEPTED, FIRST, Bench, Observation
from praktikum.solution import solved

from .conftest import ROOT

COURSE = read_course(ROOT)
BENCHES = pytest.mark.parametrize("bench", COURSE.benches, ids=lambda bench: f"{bench.catalogue.section}::answers")


@BENCHES
def test_every_answer_of_the_course_does_what_is_noted(bench: Bench) -> None:
    """All are run anew, here and with other versions of Python, numpy and torch; nothing is compared to the byte."""
    section = next(section for section in COURSE.sections if section.name == bench.catalogue.section)
    solutions = [after_mistakes(bench, e.get("exercise"), solved(e.source)) for e in section.exercises]
    came = bench.run([*bench.catalogue.answers, *solutions], FIRST)
    noted = COURSE.observations[bench.catalogue.section]
    wanted = [*(noted[digest] for digest in bench.digests), *(Observation(ACCEPTED) for _ in solutions)]
    differences = [
        f"line {answer.line}: {answer.exercise} ({answer.kind}): noted {observation}, came {kept}"
        for answer, observation, kept in zip(
            [*bench.catalogue.answers, *solutions], wanted, came["answers"], strict=True
        )
        if kept is None
        or not observation.matches(Observation(ACCEPTED) if kept[0] == ACCEPTED else Observation(*kept[2:5]))
    ]
    assert differences == []
    waiting = "".join(came["stub"])
    assert all(f"⏳ {answer.exercise}: ещё не решено\n" in waiting for answer in solutions)
    assert "❌" not in waiting and "✅" not in waiting


def after_mistakes(bench: Bench, exercise: str, solution: str) -> Answer:
    """The solution, after the check has seen wrong answers in the same kernel: it must keep nothing of them."""
    check = next(cell["source"] for cell in bench.cells if cell["check"] == exercise)
    wrong = [a.source for a in bench.catalogue.answers if a.exercise == exercise and a.kind != RIGHT]
    tried = [source for answer in wrong[:: max(1, len(wrong) // 3)] for source in (answer, check)]
    before = f"for cell in {tried!r}:\n    try:\n        exec(cell, globals())\n    except Exception:\n        pass\n"
    return Answer(exercise, RIGHT, before + solution, 0)
