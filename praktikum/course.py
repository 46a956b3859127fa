"""The course, read from its sources: the sections, their catalogues, and the notebooks that both give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from .carried import carried
from .errors import BuildError, Problem
from .figures.drawings import Drawing, read_drawings
from .lint import lint
from .manifest import SOURCES, Settings
from .mistakes.catalogue import FOLDER, read_catalogue
from .mistakes.observe import OBSERVATIONS, Bench, Observation, known
from .mistakes.table import Seen, packed, problems, seen_in, table
from .questions import with_questions
from .render import render
from .source import Section, read_section
from .terms import read_terms, with_glossary


@dataclass(frozen=True)
class Course:
    """The sources, read: the sections, their catalogues ready to be run, what is known of the answers in these, and
    the drawings.
    """

    sections: list[Section]
    benches: list[Bench]
    observations: dict[str, dict[str, Observation]]
    drawings: list[Drawing]

    def problems(self) -> list[Problem]:
        """What is wrong with the catalogues, as far as their answers have been run."""
        return [problem for bench in self.benches for problem in problems(bench.catalogue, self._seen(bench))]

    def not_run(self) -> dict[str, int]:
        """How many answers of each section have no observation, where there are any, by the file that holds these."""
        counts = {
            f"{OBSERVATIONS}/{bench.catalogue.section}.json": len(bench.digests) - len(self._seen(bench))
            for bench in self.benches
        }
        return {name: count for name, count in counts.items() if count}

    def tables(self) -> dict[str, str]:
        """The packed table of each section that has a catalogue."""
        return {bench.catalogue.section: packed(table(bench.catalogue, self._seen(bench))) for bench in self.benches}

    def _seen(self, bench: Bench) -> Seen:
        return seen_in(bench, self.observations[bench.catalogue.section])


def read_sections(root: Path) -> list[Section]:
    """Read the sections, with what the builder writes into them. Raises BuildError with every mistake in them."""
    paths = sorted((root / SOURCES).glob("*.md"))
    sections = _all(lambda path: read_section(path, path.relative_to(root)), paths)
    lint(sections)
    return with_questions(with_glossary(sections, read_terms(root)))


def read_course(root: Path) -> Course:
    """Read the sources and what is known of them; run nothing.

    Raises BuildError with every mistake in them.
    """
    sections = read_sections(root)
    catalogues = _all(lambda section: read_catalogue(root / SOURCES, section), sections)
    if strays := [
        path for path in (root / SOURCES / FOLDER).glob("*.md") if path.stem not in {s.name for s in sections}
    ]:
        raise BuildError(*(Problem(path.relative_to(root), 1, "there is no section of this name") for path in strays))
    pairs = [(section, catalogue) for section, catalogue in zip(sections, catalogues, strict=True) if catalogue]
    benches = [Bench(catalogue, render(section, sections, False).cells) for section, catalogue in pairs]
    drawings = _all(lambda section: read_drawings(root, section, carried(section, sections)), sections)
    observations = {section.name: known(root, section.name) for section, _ in pairs}
    return Course(sections, benches, observations, [drawing for some in drawings for drawing in some])


def _all(read: Callable[[Any], Any], things: Iterable[Any]) -> list[Any]:
    """Read each of them. Raises BuildError with the mistakes of all, not only of the first."""
    made, found = [], []
    for thing in things:
        try:
            made.append(read(thing))
        except BuildError as error:
            found += error.problems
    if found:
        raise BuildError(*found)
    return made


def render_all(
    course: Course, settings: Settings, kinds: Sequence[bool], pictures: Mapping[str, bytes] = {}
) -> list[dict[str, NotebookNode]]:
    """The stubs (for False in ``kinds``) and the solutions (for True), not yet executed.

    Without ``pictures`` the drawings are left out.
    """
    tables = course.tables()
    return [
        {
            section.name: render(
                section, course.sections, solution, settings.repository, tables.get(section.name, ""), pictures
            )
            for section in course.sections
        }
        for solution in kinds
    ]
