"""The questions of the interview: read from a section, and written into the cell that deals them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .lint import HEADING
from .source import Section

ASKED = re.compile(r"^❓ \*(Junior|Middle)\.\* (.+)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Question:
    """``name`` is that of its answer's region and stays for ever; ``topic`` is the heading above, ``level`` a word."""

    name: str
    topic: str
    level: str
    text: str
    answer: str

    @property
    def number(self) -> int:
        """That of the topic: 3 of «Тема 3. Внимание и блок»."""
        return int(re.findall(r"\d+", self.topic)[0])


def questions_of(section: Section) -> Iterator[Question]:
    """The questions of a section that are marked ``❓ *Junior.*`` or ``❓ *Middle.*``, with their answers."""
    topic, asked = "", None
    for cell in section.cells:
        if cell.kind == "text":
            topic = (HEADING.findall(cell.source) or [topic])[-1]
            asked = ASKED.search(cell.source) or asked
        elif cell.get("answer") and asked:
            yield Question(cell.get("answer"), topic, asked[1].lower(), asked[2].strip(), cell.source)
            asked = None


def with_questions(sections: Sequence[Section]) -> list[Section]:
    """The sections; each cell ``questions="NAME"`` makes a list of [number of the topic, topic, level, question]."""
    made = []
    for section in sections:
        rows = [[question.number, question.topic, question.level, question.text] for question in questions_of(section)]
        lines = [f"    {json.dumps(row, ensure_ascii=False)}," for row in rows]
        cells = [
            replace(cell, source="\n".join([f"{name} = [  # номер темы, тема, уровень, вопрос", *lines, "]"]))
            if (name := cell.get("questions"))
            else cell
            for cell in section.cells
        ]
        made.append(replace(section, cells=tuple(cells)))
    return made
