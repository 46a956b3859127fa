"""The deck of the interview's questions, imported by Anki's own library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import genanki
import pytest
from anki.collection import Collection, ImportAnkiPackageRequest

from praktikum.__main__ import main
from praktikum.cards import DECK, cards, deck, markdown
from praktikum.errors import BuildError
from praktikum.questions import Question, questions_of

from .conftest import ROOT, read_course
from .helpers import run

SECTION = next(section for section in read_course() if section.number == 7)
QUESTIONS = [*questions_of(SECTION)]


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    opened = Collection(str(tmp_path / "learner.anki2"))
    yield opened
    opened.close()


def imported(collection: Collection, folder: Path, questions: list[Question], edition: int) -> None:
    """Import the deck of an edition, made so many seconds later than the first."""
    path = folder / f"{edition}.apkg"
    genanki.Package(deck(questions)).write_to_file(path, timestamp=1_800_000_000 + edition)
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(path)))


def test_a_new_edition_updates_the_deck_and_doubles_nothing(collection: Collection, tmp_path: Path) -> None:
    imported(collection, tmp_path, QUESTIONS[:-1], 0)
    assert collection.note_count() == collection.card_count() == len(QUESTIONS) - 1
    (card,) = collection.find_cards(f'"{QUESTIONS[0].text[:20]}*"')
    due = collection.get_card(card)
    due.ivl, due.due, due.queue, due.type = 21, 30, 2, 2  # the learner knows this one: again in thirty days
    collection.update_card(due)

    changed = [replace(QUESTIONS[0], text="Новое слово?", answer="Новый ответ"), *QUESTIONS[1:]]
    imported(collection, tmp_path, changed, 1)
    assert collection.note_count() == collection.card_count() == len(QUESTIONS)
    after = collection.get_card(card)
    assert after.note().fields[:2] == ["<p>Новое слово?</p>\n", "<p>Новый ответ</p>\n"]
    assert (after.ivl, after.due, after.queue, after.type) == (21, 30, 2, 2)
    imported(collection, tmp_path, changed, 2)
    assert collection.note_count() == collection.card_count() == len(QUESTIONS)
    assert len({deck_id.id for deck_id in collection.decks.all_names_and_ids(skip_empty_default=True)}) == 1


def test_the_command_writes_a_deck_that_anki_reads(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "notebooks_src").symlink_to(ROOT / "notebooks_src")
    done = run(tmp_path, "cards")
    assert done.stdout == f"записано: {DECK}, карточек: {len(QUESTIONS)}; в Anki: Файл → Импорт\n"
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(tmp_path / DECK)))
    assert collection.note_count() == len(QUESTIONS)
    assert [path.name for path in (tmp_path / DECK).parent.iterdir()] == ["praktikum.apkg"]


def test_a_course_without_questions_says_so(tmp_path: Path) -> None:
    (tmp_path / "notebooks_src").mkdir()
    with pytest.raises(BuildError, match="нет вопросов с пометкой"):
        cards(tmp_path)
    assert not (tmp_path / "cards").exists()


def test_formulas_are_handed_to_mathjax_and_nothing_is_read_as_a_tag() -> None:
    shown = markdown().render("Пусть $x_{<t}$, *да*:\n\n$$\\frac ab$$\n\n`a < b`")
    assert r"\(x_{&lt;t}\)" in shown and r"\[" in shown and r"\frac ab" in shown and "<em>да</em>" in shown
    assert "<code>a &lt; b</code>" in shown
    for question in QUESTIONS:
        html = markdown().render(question.text + "\n\n" + question.answer)
        assert "$" not in html, question.name


def test_there_are_enough_questions_of_each_topic_and_level() -> None:
    topics = {question.topic for question in QUESTIONS}
    assert len(topics) == 6 and len({question.name for question in QUESTIONS}) == len(QUESTIONS) >= 36
    for topic in topics:
        assert sum(question.topic == topic for question in QUESTIONS) >= 6
        assert {question.level for question in QUESTIONS if question.topic == topic} == {"junior", "middle"}
    for question in QUESTIONS:
        assert "*Сильный ответ добавит:*" in question.answer and "*Спросят дальше:*" in question.answer, question.name


def test_without_genanki_the_advice_is_to_install_it(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "genanki", None)
    monkeypatch.delitem(sys.modules, "praktikum.cards")
    assert main(["cards"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].endswith(f"{sys.executable} -m pip install -r requirements-cards.txt")
