"""Terms: each is introduced once, and its synonyms stand nowhere else."""

from __future__ import annotations

import re

import pytest

from praktikum.terms import BOLD, Term, paragraphs, read_terms

from .conftest import ROOT, read_course

TERMS = read_terms(ROOT)
PROSE = [paragraph for section in read_course() for paragraph in paragraphs(section)]


def test_each_term_stands_once_in_the_table() -> None:
    assert len({term.term for term in TERMS}) == len({term.english for term in TERMS}) == len(TERMS)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.english)
def test_a_term_is_introduced_once_and_its_synonyms_stand_nowhere_else(term: Term) -> None:
    assert sum(map(term.is_introduced, PROSE)) == 1
    for synonym in term.synonyms:
        word = re.compile(rf"(?<!\w){re.escape(synonym)}(?!\w)", re.IGNORECASE)
        assert [part for part in PROSE if word.search(part) and not term.is_introduced(part)] == []


def test_each_introduction_is_in_the_table() -> None:
    bold = [text for part in PROSE for text in BOLD.findall(part)]
    found = {english for text in bold for english in re.findall(r"\(([a-zA-Z][\w -]*)[,)]", text)}
    assert found == {term.english for term in TERMS}
