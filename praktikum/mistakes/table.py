"""Join sentences and observations into the table that a section's notebook holds."""

from __future__ import annotations

import bz2
import json
from base64 import b85encode
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from ..errors import Problem
from .catalogue import GENERIC, RIGHT, Answer, Catalogue
from .observe import ACCEPTED, Bench, Observation

Seen = list[tuple[Answer, Observation]]


def seen_in(bench: Bench, observations: Mapping[str, Observation]) -> Seen:
    """Each answer that has been run, with its observation."""
    pairs = zip(bench.catalogue.answers, bench.digests, strict=True)
    return [(answer, observations[digest]) for answer, digest in pairs if digest in observations]


def problems(catalogue: Catalogue, seen: Seen) -> Iterator[Problem]:
    """What is wrong with a catalogue, its answers having been run: each with its line."""
    for answer, observation in seen:
        accepted = observation.what == ACCEPTED
        if accepted and answer.kind != RIGHT:
            message = (
                f"the check of {answer.exercise} accepts this answer ({answer.kind}): let it observe the difference"
            )
            yield Problem(catalogue.path, answer.line, message)
        elif not accepted and answer.kind == RIGHT:
            message = f"the check of {answer.exercise} refuses this right answer: {shown(observation)}"
            yield Problem(catalogue.path, answer.line, message)
    together: dict[tuple[str, str], Seen] = {}  # only failures of one observation can match
    for answer, observation in seen:
        if answer.kind != RIGHT and observation.what != ACCEPTED:
            together.setdefault((answer.exercise, observation.what), []).append((answer, observation))
    for group in together.values():
        yield from _conflicts(catalogue, group)


def _conflicts(catalogue: Catalogue, group: Seen) -> Iterator[Problem]:
    """Answers of two kinds that the check cannot tell apart; of each kind the first, with the first that is like it."""
    reported: set[str] = set()
    for (one, first), (other, second) in combinations(group, 2):
        kinds = (one.kind, other.kind)
        if one.kind == other.kind or other.kind in reported or not first.matches(second):
            continue
        reported.add(other.kind)
        if GENERIC in kinds:
            named, generic = (other, one) if one.kind == GENERIC else (one, other)
            message = (
                f"this generic answer is told {named.kind!r} of line {named.line}: put it there, or tell them apart"
            )
            yield Problem(catalogue.path, generic.line, message)
        else:
            message = (
                f"{one.kind!r} of line {one.line} and {other.kind!r} look the same to the check ({shown(first)}): "
                "choose a point where they differ, or say what both have in common"
            )
            yield Problem(catalogue.path, other.line, message)


def shown(observation: Observation) -> str:
    """An observation on one line."""
    return f"{observation.what}: {json.dumps(observation.came, ensure_ascii=False)}"


def table(catalogue: Catalogue, seen: Seen) -> dict[str, dict[str, list[Any]]]:
    """Exercise → mistake → its sentence and the observations in which it shows."""
    made: dict[str, dict[str, list[Any]]] = {}
    for answer, observation in seen:
        if answer.kind in (RIGHT, GENERIC) or observation.what == ACCEPTED:
            continue
        row = made.setdefault(answer.exercise, {}).setdefault(answer.kind, [catalogue.sentence(answer), []])
        if not any(observation.matches(Observation(*other, observation.tol)) for other in row[1]):
            row[1].append([observation.what, observation.came])
    return made


def packed(made: Mapping[str, Any]) -> str:
    """The table on one line of printable ASCII without quotes; the same table gives the same line everywhere."""
    compact = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    return b85encode(bz2.compress(compact.encode(), 9)).decode()
