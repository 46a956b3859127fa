"""The parts of the README that follow from the sections: their table and the picture."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence

from nbformat import NotebookNode

from .errors import BuildError
from .render import exercises_of
from .source import Section

TABLE = re.compile(r"(<!-- sections -->\n).*?(<!-- /sections -->)", re.DOTALL)


def with_table(readme: str, sections: Sequence[Section]) -> str:
    """The README with its table of sections made anew.

    Raises BuildError if the two comments that enclose the table are gone.
    """
    if not TABLE.search(readme):
        raise BuildError(
            "README.md: the lines <!-- sections --> and <!-- /sections --> are missing: the table goes there"
        )
    lines = ["| Раздел | Минут | Упражнений | Вы сможете |", "|---|---|---|---|"]
    for section in sections:
        link = f"[{section.number}. {section.title}](notebooks/{section.name}.ipynb)"
        count = len(exercises_of(section)) or "—"
        lines.append(f"| {link} | {section.header['minutes']} | {count} | {'; '.join(section.header['outcomes'])} |")
    table = "\n".join(lines) + "\n"
    return TABLE.sub(lambda match: match[1] + table + match[2], readme)


def picture(solutions: Mapping[str, NotebookNode], address: str) -> bytes:
    """The PNG that the named cell at ``address`` ("02_mlp:surface") draws in its solution.

    Raises BuildError if there is no such cell or if it draws nothing.
    """
    section, _, name = address.partition(":")
    for cell in solutions[section].cells if section in solutions else ():
        for output in cell.get("outputs", ()) if cell.id == f"name-{name}" else ():
            if "image/png" in output.get("data", {}):
                return base64.b64decode(output.data["image/png"])
    raise BuildError(f"pyproject.toml: picture = {address!r}, but no cell of that name draws one")
