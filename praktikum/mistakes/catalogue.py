"""Read a section's catalogue: the wrong answers that learners give, each with what to tell them.

## relu                     an exercise
### leaky                   a mistake, by a name that never changes
Слева от нуля …             one paragraph: what the learner is told
```python …```              answers that make it, one or more
### right                   answers in another style, which must pass
### generic                 wrong answers for which the generic words are enough
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BuildError, Problem
from ..lint import NAME
from ..names import used_in
from ..source import Section

FOLDER = "mistakes"  # in the folder of the sources
RIGHT, GENERIC = "right", "generic"
LONGEST = 200  # characters of a sentence: with the numbers behind it, 300 must be enough


@dataclass(frozen=True)
class Answer:
    """An answer to an exercise: a mistake by its name, ``right`` or ``generic``; ``line`` is that of its fence."""

    exercise: str
    kind: str
    source: str
    line: int


@dataclass
class Mistake:
    """A mistake, or one of the two kinds that have no sentence; ``line`` is that of its heading."""

    exercise: str
    name: str
    line: int
    sentence: str = ""


@dataclass
class Catalogue:
    """The catalogue of a section; ``path`` is for messages."""

    path: Path
    section: str
    mistakes: list[Mistake] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def sentence(self, answer: Answer) -> str:
        """What the learner is told who gives this answer; empty for a right or generic one."""
        return next(m.sentence for m in self.mistakes if (m.exercise, m.name) == (answer.exercise, answer.kind))


def read_catalogue(folder: Path, section: Section) -> Catalogue | None:
    """The catalogue of ``section``, which lies in ``folder`` below its source; None if there is none.

    Raises BuildError with everything that is wrong with its form.
    """
    path = folder / FOLDER / f"{section.name}.md"
    if not path.exists():
        return None
    catalogue = Catalogue(section.path.parent / FOLDER / path.name, section.name)
    known = {exercise.get("exercise") for exercise in section.exercises}
    text = path.read_text(encoding="utf-8")
    found = [*_read(text, catalogue, known), *_objections(catalogue)]
    problems = [Problem(catalogue.path, line, message) for line, message in found]
    if problems:
        raise BuildError(*sorted(problems, key=lambda problem: problem.line))
    return catalogue


def _read(text: str, catalogue: Catalogue, known: set[str]) -> Iterator[tuple[int, str]]:
    """Fill the catalogue; yield what cannot be read, with its line."""
    exercise, mistake = "", None
    fence, code = 0, []
    ended = False  # a sentence ends with its paragraph
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            if line.rstrip() != "```":
                code.append(line)
                continue
            if mistake:
                catalogue.answers.append(Answer(exercise, mistake.name, "\n".join(code), fence))
            fence = 0
        elif line.startswith("```"):
            fence, code = number, []
            if line.rstrip() != "```python":
                yield number, f"an answer is a plain fence, ```python, not {line.strip()}"
            if mistake is None:
                yield (
                    number,
                    "this answer stands below no mistake: give it a heading ### name, ### right or ### generic",
                )
        elif line.startswith("### "):
            mistake, ended = Mistake(exercise, line[4:].strip(), number), False
            catalogue.mistakes.append(mistake)
            if not exercise:
                yield number, "this mistake stands below no exercise: give it a heading ## name"
        elif line.startswith("## "):
            exercise, mistake = line[3:].strip(), None
            if exercise not in known:
                yield number, f"this section has no exercise {exercise!r}"
        elif line.startswith("#") and not line.startswith("# "):
            yield number, "a heading here is # title, ## exercise or ### mistake, with one space"
        elif mistake and line.strip():
            if ended and mistake.name not in (RIGHT, GENERIC):
                yield number, "a mistake is told in one paragraph, before its answers"
            mistake.sentence = f"{mistake.sentence} {line.strip()}".strip()
            continue
        ended = ended or bool(mistake and mistake.sentence)
    if fence:
        yield fence, "this code fence is never closed: add ```"


def _objections(catalogue: Catalogue) -> Iterator[tuple[int, str]]:
    """What is wrong with what was read, with its line."""
    seen: dict[tuple[str, str], int] = {}
    for mistake in catalogue.mistakes:
        exercise, name, line = mistake.exercise, mistake.name, mistake.line
        if not NAME.fullmatch(name):
            yield line, f"a mistake is named in small Latin letters, digits and hyphens, not {name!r}"
        if seen.setdefault((exercise, name), line) != line:
            yield line, f"{exercise} has a heading {name!r} already, in line {seen[exercise, name]}"
        if name in (RIGHT, GENERIC):
            continue
        if not mistake.sentence:
            yield line, f"{name}: say in a paragraph what the learner is told"
        if len(mistake.sentence) > LONGEST:
            yield line, f"{name}: {len(mistake.sentence)} characters are told, more than {LONGEST}"
        if not any((answer.exercise, answer.kind) == (exercise, name) for answer in catalogue.answers):
            yield (
                line,
                f"{name}: no answer leads to this sentence: add a ```python fence with one that makes the mistake",
            )
    for answer in catalogue.answers:
        try:
            used_in(answer.source)
        except SyntaxError as error:
            yield answer.line + (error.lineno or 0), f"this answer is no Python: {error.msg}"
