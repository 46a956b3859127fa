"""What an author needs while writing: what each answer of a catalogue fails at, and what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..course import read_course
from ..errors import BuildError, Problem
from ..store import write_files
from .catalogue import GENERIC, RIGHT, Answer, Catalogue
from .observe import ACCEPTED, OBSERVATIONS, Observation, observe, stored
from .table import problems, seen_in

NEAR = 1000  # so many tolerances apart, two mistakes are told apart, but not by much


def listing(root: Path, exercise: str | None) -> tuple[list[str], list[Problem]]:
    """Lines about the answers to ``exercise``, or to all; and what the builder would refuse.

    Runs the answers that have no observation yet and keeps those. Raises BuildError for an unknown exercise.
    """
    course = read_course(root)
    catalogues = [bench.catalogue for bench in course.benches]
    if exercise and not any(answer.exercise == exercise for catalogue in catalogues for answer in catalogue.answers):
        raise BuildError(
            f"no catalogue in {catalogues[0].path.parent if catalogues else root} has answers to {exercise!r}"
        )
    found = observe(course.benches, course.observations, lambda answer: exercise in (None, answer.exercise))
    lines = []
    files = {}
    for bench in course.benches:
        observations = course.observations[bench.catalogue.section]
        files[root / OBSERVATIONS / f"{bench.catalogue.section}.json"] = stored(bench, observations)
        seen = [(a, o) for a, o in seen_in(bench, observations) if exercise in (None, a.exercise)]
        found += problems(bench.catalogue, seen)
        for name in dict.fromkeys(answer.exercise for answer, _ in seen):
            lines += _exercise(bench.catalogue, name, [(a, o) for a, o in seen if a.exercise == name])
    write_files(files)
    return lines, sorted(found)


def _exercise(catalogue: Catalogue, name: str, seen: list[tuple[Answer, Observation]]) -> Iterator[str]:
    """The answers to one exercise, grouped by the observation that they fail."""
    kinds = [answer.kind for answer, _ in seen]
    right, generic = kinds.count(RIGHT), kinds.count(GENERIC)
    named = len({*kinds} - {RIGHT, GENERIC})
    yield f"{name}: {named} mistakes in {len(seen) - right - generic} answers, {generic} generic, {right} right"
    groups: dict[str, list[tuple[Answer, Observation]]] = {}
    for answer, observation in seen:
        groups.setdefault(observation.what, []).append((answer, observation))
    accepted = groups.pop(ACCEPTED, [])
    for what, group in groups.items():
        yield f"  {what}  (within {group[0][1].tol:g})"
        group.sort(key=lambda pair: _order(pair[1].came))
        for place, (answer, observation) in enumerate(group):
            near = " ≈ the line above" if place and _is_near(*group[place - 1 : place + 1]) else ""
            came = json.dumps(observation.came, ensure_ascii=False)
            told = catalogue.sentence(answer) if answer.kind != GENERIC else "(generic words)"
            yield f"    {came}{near}  {answer.kind}, line {answer.line}: {told}"
    if accepted:
        yield f"  accepted: {', '.join(f'{answer.kind}, line {answer.line}' for answer, _ in accepted)}"


def _order(came: Any) -> tuple[str, Any]:
    return (type(came).__name__, came if isinstance(came, (int, float, str)) else repr(came))


def _is_near(first: tuple[Answer, Observation], second: tuple[Answer, Observation]) -> bool:
    """True if two kinds of answers differ, but by little."""
    loose = Observation(first[1].what, first[1].came, NEAR * first[1].tol)
    return first[0].kind != second[0].kind and loose.matches(second[1])
