"""The questions of the interview as a deck for Anki.

A new edition updates the deck that a learner has instead of doubling it: the ids of the deck and of the kind of note
never change, and a note is known by the name of its question. When to show which card is Anki's business.
"""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import genanki
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from .course import read_sections
from .errors import BuildError
from .manifest import SOURCES
from .questions import Question, questions_of
from .store import write_files

DECK = "cards/praktikum.apkg"
TITLE = "Практикум: вопросы для собеседования"
DECK_ID, NOTE_ID = 170421690, 664273840  # drawn once; Anki knows the deck and the kind of its notes by them
CSS = """
.card { font: 18px/1.5 sans-serif; max-width: 42em; margin: auto; padding: 0 1em; }
.topic { color: #777; font-size: 0.8em; }
table { border-collapse: collapse; } td, th { border: 1px solid #999; padding: 0.2em 0.6em; }
"""
NOTE = genanki.Model(
    NOTE_ID,
    TITLE,
    fields=[{"name": name} for name in ("Вопрос", "Ответ", "Тема")],
    templates=[
        {
            "name": "Вопрос",
            "qfmt": '<p class="topic">{{Тема}}</p>{{Вопрос}}',
            "afmt": '{{FrontSide}}<hr id="answer">{{Ответ}}',
        }
    ],
    css=CSS,
)


def cards(root: Path) -> list[str]:
    """Write the deck, whole or not at all; return what to tell.

    Raises BuildError if no section has a question, or if a source has a mistake.
    """
    questions = [question for section in read_sections(root) for question in questions_of(section)]
    if not questions:
        raise BuildError(f"в {SOURCES} нет вопросов с пометкой «❓ *Junior.*» или «❓ *Middle.*»")
    made = io.BytesIO()
    genanki.Package(deck(questions)).write_to_file(made)
    write_files({root / DECK: made.getvalue()})
    return [f"записано: {DECK}, карточек: {len(questions)}; в Anki: Файл → Импорт"]


def deck(questions: Sequence[Question]) -> genanki.Deck:
    """A deck with a note for each question."""
    made = genanki.Deck(DECK_ID, TITLE)
    reader = markdown()
    for question in questions:
        topic = f"{html.escape(question.topic)} · {question.level}"
        made.add_note(
            genanki.Note(
                NOTE,
                fields=[reader.render(question.text), reader.render(question.answer), topic],
                guid=genanki.guid_for("praktikum", question.name),
                tags=[question.level, f"тема_{question.number}"],
            )
        )
    return made


def markdown() -> MarkdownIt:
    """Markdown as cards show it: formulas in the brackets that Anki hands to MathJax."""
    reader = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
    for rule, (left, right) in {"math_inline": (r"\(", r"\)"), "math_block": (r"\[", r"\]")}.items():
        reader.add_render_rule(rule, _formula(left, right))
    return reader


def _formula(left: str, right: str) -> Any:
    def render(self: Any, tokens: Sequence[Any], place: int, options: Any, env: Any) -> str:
        return left + html.escape(tokens[place].content) + right

    return render
