"""What each wrong answer does to its check: kept in ``solutions/observations``, computed where it is not known yet.

An answer is known by its digest: its own code, that of its check, and of the cells that these stand on. So a changed
sentence, text or title runs nothing, and a changed check runs the answers to this exercise alone.
"""

from __future__ import annotations

import ast
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import BuildError, Problem
from ..learner import fingerprint, text
from ..manifest import SOLUTIONS, digest_of
from ..names import UNREADABLE, imported, made_by, names_of, parsed, used_in, without_training
from ..spare import standing_under, touched_by
from .catalogue import Answer, Catalogue

OBSERVATIONS = f"{SOLUTIONS}/observations"
CHILD = Path(__file__).with_name("child.py")
ACCEPTED = "✅"
TIMEOUT = 60  # seconds for one answer
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # a third less time for a process that forks thousands
FIRST, SECOND = ({"PYTHONHASHSEED": str(n), "OMP_NUM_THREADS": str(n + 1)} for n in range(2))


@dataclass(frozen=True)
class Observation:
    """The first observation that fails, what came there, and the tolerance; ``what`` is ✅ if the check accepts."""

    what: str
    came: Any = None
    tol: float = 0.0

    def matches(self, other: Observation) -> bool:
        """True if a check cannot tell the two apart."""
        return self.what == other.what and alike(self.came, other.came, max(self.tol, other.tol))


def alike(a: Any, b: Any, tol: float) -> bool:
    """As the kit compares what came of two answers."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(alike(x, y, tol) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or a == b or abs(a - b) <= tol + tol * abs(b) < math.inf
    return type(a) is type(b) and a == b


class Bench:
    """The cells of a section's stub and the answers of its catalogue, ready to be run.

    ``cells`` are those of the stub, as rendered without a table.
    """

    def __init__(self, catalogue: Catalogue, cells: Iterable[Mapping[str, Any]]) -> None:
        self.catalogue = catalogue
        self.cells = [
            {"source": text(cell), "check": cell["metadata"].get("praktikum", {}).get("check")}
            for cell in without_training(cells)
        ]
        self._places = {cell["check"]: place for place, cell in enumerate(self.cells)}
        self.digests = [self.digest(answer) for answer in catalogue.answers]

    def digest(self, answer: Answer) -> str:
        """Stands for an answer, its check, and the cells above that these stand on."""
        place = self._places[answer.exercise]
        kept = [answer.source, self.cells[place]["source"]]
        needed = {name for source in kept for name in _read_names(source)}
        for cell in reversed(self.cells[:place]):
            if cell["check"] is None and _bound(cell["source"]) & needed:
                kept.append(cell["source"])
                needed |= _read_names(cell["source"])
        return digest_of(" ".join(map(fingerprint, kept)).encode())

    def _needed(self, answers: Iterable[Answer]) -> set[int]:
        """The places of the checks of these answers and of the cells on which they and their checks stand."""
        sources: dict[str, set[str]] = {}
        for answer in answers:
            sources.setdefault(answer.exercise, set()).add(answer.source)
        touched = touched_by(cell["source"] for cell in self.cells)
        needed = {self._places[exercise] for exercise in sources}
        for exercise, tried in sources.items():
            place = self._places[exercise]
            wanted = {name for source in (*tried, self.cells[place]["source"]) for name in names_of(source)[1]}
            under = standing_under(wanted, touched[:place])
            needed |= {other for other in under if self.cells[other]["check"] is None}
        return needed

    def run(
        self, answers: Sequence[Answer], environment: Mapping[str, str], timeout: int | None = None, together: int = 1
    ) -> dict[str, Any]:
        """What the stub's cells print, and what the kit keeps of each answer, None if it does not end in ``timeout`` s.

        Of the stub only those cells run on which the answers and their checks stand. A process of its own takes as
        many answers to an exercise as ``together`` says. With more than one it is faster, but each may see what those
        before it have done, and the end of one is the end of all after it.

        Raises BuildError if a cell of the stub stops.
        """
        task = {
            "cells": [self.cells[place] for place in sorted(self._needed(answers))],
            "answers": [{"exercise": answer.exercise, "source": answer.source} for answer in answers],
            "seed": int(environment["PYTHONHASHSEED"]),
            "timeout": timeout or TIMEOUT,
            "together": together,
        }
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [sys.executable, "-s", str(CHILD)],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            env={**inherited, **HUGE_PAGES, **environment},
        )
        if done.returncode:
            raise BuildError(f"{self.catalogue.section}: the stub stops: {done.stderr.strip().splitlines()[-1]}")
        return json.loads(done.stdout)


def _read_names(source: str) -> frozenset[str]:
    """Every name in a cell, none if it is no Python."""
    try:
        return used_in(source)
    except UNREADABLE:
        return frozenset()


@lru_cache(maxsize=10_000)
def _bound(source: str) -> frozenset[str]:
    """The names that a cell makes or changes."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    defined = {node.name for node in parsed(source).body if isinstance(node, kinds)}
    return frozenset({*defined, *imported(source), *(made_by(source) & _read_names(source))})


def known(root: Path, section: str) -> dict[str, Observation]:
    """The observations on the disk, by the digest of the answer."""
    try:
        rows = json.loads((root / OBSERVATIONS / f"{section}.json").read_text(encoding="utf-8"))
        return {digest: Observation(*observed) for digest, _, _, *observed in rows}
    except (OSError, ValueError, TypeError):
        return {}


def stored(bench: Bench, observations: Mapping[str, Observation]) -> bytes:
    """The file of a section's observations: a line for each answer that has one, in the order of the catalogue."""
    rows = [
        json.dumps([digest, answer.exercise, answer.kind, o.what, o.came, o.tol], ensure_ascii=False)
        for digest, answer in zip(bench.digests, bench.catalogue.answers, strict=True)
        if (o := observations.get(digest))
    ]
    return ("[\n" + ",\n".join(rows) + "\n]\n").encode()


def observe(
    benches: Sequence[Bench],
    observations: Mapping[str, dict[str, Observation]],
    wanted: Callable[[Answer], bool] = lambda answer: True,
) -> list[Problem]:
    """Run the answers that have no observation yet and add theirs; return what is wrong with the others.

    Each answer runs twice, under other hash and random seeds and another number of threads. Raises BuildError where
    processes cannot fork.
    """
    jobs: list[tuple[Bench, list[Answer], dict[str, str]]] = []
    parts = max(1, (os.cpu_count() or 1) // 2)
    for bench in benches:
        pairs = zip(bench.digests, bench.catalogue.answers, strict=True)
        known_here = observations[bench.catalogue.section]
        missing = [answer for digest, answer in pairs if digest not in known_here and wanted(answer)]
        for part in range(parts):
            if answers := missing[part::parts]:
                jobs += [(bench, answers, FIRST), (bench, answers, SECOND)]
    if jobs and not hasattr(os, "fork"):
        names = ", ".join(sorted({str(bench.catalogue.path) for bench, _, _ in jobs}))
        raise BuildError(f"answers in {names} or their checks have changed: build these on Linux, macOS or WSL")
    problems = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: _run(*job), jobs))
    for (bench, answers, _), first, second in zip(jobs[::2], results[::2], results[1::2], strict=True):
        for answer, once, again in zip(answers, first, second, strict=True):
            observation = _observation(once, again)
            if isinstance(observation, str):
                problems.append(Problem(bench.catalogue.path, answer.line, f"{_called(answer)} {observation}"))
            else:
                digest = bench.digests[bench.catalogue.answers.index(answer)]
                observations[bench.catalogue.section][digest] = observation
    return problems


def _run(bench: Bench, answers: list[Answer], environment: dict[str, str]) -> list[Any]:
    start = time.monotonic()
    kept = bench.run(answers, environment)["answers"]
    if environment is SECOND:
        print(
            f"ran {len(answers)} answers to {bench.catalogue.section} in {time.monotonic() - start:.0f} s", flush=True
        )
    return kept


def _called(answer: Answer) -> str:
    return f"this answer to {answer.exercise} ({answer.kind})"


def _observation(once: list[Any] | None, again: list[Any] | None) -> Observation | str:
    """What two runs of an answer have in common, or what is wrong with it."""
    if once is None or again is None:
        return f"does not end within {TIMEOUT} s, or its process dies"
    seen = []
    for sign, words, what, came, tol, _ in (once, again):
        if sign == ACCEPTED:
            seen.append(Observation(ACCEPTED))
        elif what:
            seen.append(Observation(what, came, tol))
        else:
            return f"gets no observation, but {sign} {words}"
    if not seen[0].matches(seen[1]):
        return f"is told different things when it is run twice: {seen[0].what}: {seen[0].came!r}, {seen[1].came!r}"
    return seen[0]
