"""Every answer in the catalogues, run anew.

The double colon in a test's name makes each section a scope of its own for ``--dist loadscope``: they run beside each
other and beside the other tests.
"""

from __future__ import annotations

from functools import cache

import pytest

from praktikum.course import Course, read_course
from praktikum.manifest import SOURCES
from praktikum.mistakes.catalogue import FOLDER, RIGHT, Answer
from praktikum.mistakes.observe import ACCEPTED, FIRST, Bench, Observation
from praktikum.solution import solved

from .conftest import ROOT

CATALOGUES = sorted(path.stem for path in (ROOT / SOURCES / FOLDER).glob("*.md"))
TOGETHER = 25  # answers in one process: forking for each would take longer than running it


@cache
def course() -> Course:
    return read_course(ROOT)


@pytest.mark.parametrize("name", CATALOGUES, ids=lambda name: f"{name}::answers")
def test_every_answer_of_the_course_does_what_is_noted(name: str) -> None:
    """All are run anew, here and with other versions of Python, numpy and torch; nothing is compared to the byte.

    They run one after the other, as a learner tries them; where something else comes than is noted, the answer runs
    once more in a process of its own, as when it was noted.
    """
    bench = next(bench for bench in course().benches if bench.catalogue.section == name)
    section = next(section for section in course().sections if section.name == name)
    solutions = [after_mistakes(bench, e.get("exercise"), solved(e.source)) for e in section.exercises]
    answers = [*bench.catalogue.answers, *solutions]
    noted = course().observations[name]
    wanted = [*(noted[digest] for digest in bench.digests), *(Observation(ACCEPTED) for _ in solutions)]
    came = bench.run(answers, FIRST, together=TOGETHER)
    others = [place for place, kept in enumerate(came["answers"]) if not as_noted(wanted[place], kept)]
    alone = bench.run([answers[place] for place in others], FIRST)["answers"] if others else []
    differences = [
        f"line {answers[place].line}: {answers[place].exercise} ({answers[place].kind}): "
        f"noted {wanted[place]}, came {kept}"
        for place, kept in zip(others, alone, strict=True)
        if not as_noted(wanted[place], kept)
    ]
    assert differences == []
    waiting = "".join(came["stub"])
    assert all(f"⏳ {answer.exercise}: ещё не решено\n" in waiting for answer in solutions)
    assert "❌" not in waiting and "✅" not in waiting


def as_noted(noted: Observation, kept: list | None) -> bool:
    """True if what came of an answer is what is noted of it."""
    if kept is None:
        return False
    return noted.matches(Observation(ACCEPTED) if kept[0] == ACCEPTED else Observation(*kept[2:5]))


def after_mistakes(bench: Bench, exercise: str, solution: str) -> Answer:
    """The solution, after the check has seen wrong answers in the same kernel: it must keep nothing of them."""
    check = next(cell["source"] for cell in bench.cells if cell["check"] == exercise)
    wrong = [a.source for a in bench.catalogue.answers if a.exercise == exercise and a.kind != RIGHT]
    tried = [source for answer in wrong[:: max(1, len(wrong) // 3)] for source in (answer, check)]
    before = f"for cell in {tried!r}:\n    try:\n        exec(cell, globals())\n    except Exception:\n        pass\n"
    return Answer(exercise, RIGHT, before + solution, 0)
