"""The glossary, made of the table of terms and of the places where the chapters introduce them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import BuildError, Problem
from .manifest import TERMS
from .source import Section

MARKER = "<!-- glossary -->"
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")


@dataclass(frozen=True)
class Term:
    """A term in Russian and in English, and what else it is called elsewhere."""

    term: str
    english: str
    synonyms: tuple[str, ...]

    def is_introduced(self, paragraph: str) -> bool:
        """True if the paragraph introduces it, in bold and with its English in brackets."""
        return any(re.search(rf"\({re.escape(self.english)}[,)]", bold) for bold in BOLD.findall(paragraph))


def read_terms(root: Path) -> list[Term]:
    """The table of terms. Raises BuildError with each line that is none."""
    if not (root / TERMS).exists():
        return []
    with (root / TERMS).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    wrong = [number for number, row in enumerate(rows, 1) if len(row) != 3 or not (row[0] and row[1])]
    if wrong:
        words = "a term is a line term,english,synonyms, with «; » between the synonyms"
        raise BuildError(*(Problem(Path(TERMS), number, words) for number in wrong))
    return [Term(term, english, tuple(filter(None, synonyms.split("; ")))) for term, english, synonyms in rows[1:]]


def paragraphs(section: Section) -> Iterator[str]:
    """The prose of a section."""
    for cell in section.cells:
        if cell.kind in ("text", "region"):
            yield from cell.source.split("\n\n")


def with_glossary(sections: Sequence[Section], terms: Sequence[Term]) -> list[Section]:
    """The sections, with the glossary in the place of its marker."""
    lines = ["| по-русски | по-английски | иначе | где |", "|---|---|---|---|"]
    for term in sorted(terms, key=lambda term: term.term.lower()):
        where = next((s for s in sections if any(map(term.is_introduced, paragraphs(s)))), None)
        link = f"[раздел {where.number}]({where.name}.ipynb)" if where else ""
        lines.append(f"| {term.term} | {term.english} | {', '.join(term.synonyms)} | {link} |")
    return [
        replace(
            section,
            cells=tuple(replace(cell, source=cell.source.replace(MARKER, "\n".join(lines))) for cell in section.cells),
        )
        for section in sections
    ]
