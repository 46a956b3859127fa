"""Each mistake of an author gets one clear message with file and line, and changes nothing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import jupytext
import pytest

from praktikum.__main__ import main

from .conftest import ROOT
from .helpers import commit_all, contents, copy_course

GOOD = (ROOT / "tests" / "mini_course" / "01_second.md").read_text(encoding="utf-8")

# what is planted: (what is replaced, by what, which line of the result is named, words of the message)
PLANTED = {
    "unclosed solution": ("    ### END SOLUTION\n", "", "### BEGIN", "never closed"),
    "nested solution": ("    return 2 * x", "    ### BEGIN SOLUTION\n    return 2 * x", 32, "inside another solution"),
    "stray end": ('"""Twice x."""\n', '"""Twice x."""\n    ### END SOLUTION\n', "### END", "without"),
    "misspelt marker": ("### BEGIN SOLUTION", "### BEGIN SOLUTON", "SOLUTON", "misspelt"),
    "marker in lower case": ("### END SOLUTION", "### end solution", "### end", "misspelt"),
    "marker with two signs": ("### END SOLUTION", "## END SOLUTION", "## END", "misspelt"),
    "stray marker in another cell": ("seven = 7", "seven = 7\n### END SOLUTION  ", "### END SOLUTION  ", "stray"),
    "stray marker in the text": ("Text of the section.", "Text.\n\n### BEGIN SOLUTION", "### BEGIN", "stray"),
    "open region": (
        "<!-- #endregion -->\n\nLast text",
        "\nLast text",
        '#region answer="what"',
        "of line 66: regions do not nest",
    ),
    "nested region": (
        "Think of a sum.",
        '<!-- #region hint="double" -->\nThink.',
        43,
        "of line 42: regions do not nest",
    ),
    "stray region end": ("Last text", "<!-- #endregion -->\n\nLast text", 70, "none is open"),
    "unclosed fence": ("seven = 7\n```", "seven = 7\n", "```python tags", "still open"),
    "two exercises of one name": ('exercise="triple"', 'exercise="double"', 48, "taken already"),
    "name of another section": ('exercise="triple"', 'exercise="first"', 48, "taken already"),
    "no check": ('```python check="triple"\n', "```python\n", 'exercise="triple"', "has no check"),
    "check of another name": ('@check("triple")', '@check("tripel")', 'check="triple"', '@check("triple")'),
    "no hint": (
        '<!-- #region hint="triple" -->',
        '<!-- #region answer="other" -->',
        'exercise="triple"',
        "has no hint",
    ),
    "check of an unknown exercise": (
        "seven = 7",
        'seven = 7\n```\n\n```python check="nobody"\npass',
        "nobody",
        "unknown",
    ),
    "hint of an unknown exercise": (
        "Last text",
        '<!-- #region hint="no" -->\nx\n<!-- #endregion -->\n\nLast text',
        '"no"',
        "unknown",
    ),
    "comment of an unknown exercise": ('comment="double"', 'comment="doubel"', "doubel", "unknown"),
    "answer to no question": ("What is it? ❓", "It is so.", "answer=", "unknown question"),
    "unknown attribute": ('name="seven"', 'nmae="seven"', "nmae", "unknown attribute 'nmae'"),
    "unknown region attribute": ('comment="double"', 'coment="double"', "coment", "unknown attribute 'coment'"),
    "carry of an unknown name": ("00_first:kit", "00_first:kitt", "kitt", "unknown name 'kitt'"),
    "carry from an unknown section": ("00_first:kit", "00_frist:kit", "frist", "unknown section"),
    "carry from a later section": ("00_first:kit", "01_second:seven", "carry=", "not an earlier section"),
    "carry with content": ('00_first:kit"\n', '00_first:kit"\nx = 1\n', "x = 1", "must be empty"),
    "stub that does not parse": (
        "    ### BEGIN SOLUTION\n    return 3 * x\n    ### END",
        "    y = (\n    ### BEGIN SOLUTION\n    3 * x)\n    return y\n    ### END",
        51,
        "does not parse",
    ),
    "signature inside the solution": (
        'def triple(x):\n    """Thrice x."""\n    ### BEGIN SOLUTION\n',
        '### BEGIN SOLUTION\ndef triple(x):\n    """Thrice x."""\n',
        49,
        "signature is inside",
    ),
    "code that does not parse": ("seven = 7", "seven = = 7", "= =", "does not parse"),
    "fence that would run": ("```console", "```bash", "```bash", "use console"),
    "missing header": (GOOD[: GOOD.index("```python")], "Text of the section.\n\n", 1, "header is missing"),
    "header without minutes": ("    minutes: 5\n", "", 1, "praktikum.minutes"),
    "header that is no YAML": ("title: Second", "title: [Second", 5, "header cannot be read"),
    "no heading": ("### Triple\n", "", 'exercise="triple"', "no heading"),
    "stars out of range": ("stars=2", "stars=9", "stars=9", "1, 2 or 3"),
    "unknown tag": ('tags=["nbval-ignore-output"]', 'tags=["skip"]', "skip", "unknown tags"),
}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A small course of two sections, not built."""
    return copy_course(tmp_path / "course")


# these mistakes make others: one message must be the right one, the rest follows from it
CONSEQUENCES = {
    "unclosed fence",
    "no check",
    "no hint",
    "two exercises of one name",
    "name of another section",
    "carry with content",
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_planted_mistake(
    course: Path, mistake: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    old, new, place, words = PLANTED[mistake]
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    (course / "notebooks_src" / "01_second.md").write_text(text, encoding="utf-8")
    before = contents(course)
    monkeypatch.chdir(course)
    assert main(["build"]) == 1
    assert contents(course) == before
    messages = capsys.readouterr().err.splitlines()
    assert messages.pop() == "nothing was written"
    assert len(messages) == 1 or mistake in CONSEQUENCES, messages
    line = place if isinstance(place, int) else 1 + [place in line for line in text.splitlines()].index(True)
    wanted = [message for message in messages if message.startswith(f"notebooks_src/01_second.md:{line}: ")]
    assert any(words in message for message in wanted), messages


def test_all_mistakes_of_all_files_at_once(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    first, second = (course / "notebooks_src" / name for name in ("00_first.md", "01_second.md"))
    first.write_text(first.read_text().replace("stars=1", "stars=0").replace("return 1 + 0", "return 1 +"))
    second.write_text(GOOD.replace("stars=2", "stars=9").replace("seven = 7", "seven = = 7"))
    monkeypatch.chdir(course)
    assert main(["build", "--check"]) == 1
    messages = capsys.readouterr().err
    assert messages.count("notebooks_src/00_first.md:") == 2
    assert messages.count("notebooks_src/01_second.md:") == 2


def test_a_header_that_jupyterlab_rewrote_can_be_taken_back(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """As «Open With → Notebook», an edit and a save leave it; the advice keeps the edit."""
    path = course / "notebooks_src" / "01_second.md"
    committed = GOOD.replace("title: Second", "title: Второй")
    path.write_text(committed, encoding="utf-8")
    commit_all(course)
    saved = jupytext.writes(jupytext.reads(committed, fmt="md"), fmt="md")
    path.write_text(saved.replace("Last text", "My last text"), encoding="utf-8")
    before = contents(course)
    monkeypatch.chdir(course)
    assert main(["build"]) == 1
    assert contents(course) == before
    message, refused = capsys.readouterr().err.splitlines()
    assert message.startswith("notebooks_src/01_second.md:3: JupyterLab has rewritten this header")
    assert refused == "nothing was written"
    advice = re.search(r"git checkout -p \S+(?=,)", message)[0]
    subprocess.run(advice.split(), cwd=course, input="y\ny\nn\n", text=True, check=True, capture_output=True)
    assert path.read_text(encoding="utf-8") == committed.replace("Last text", "My last text")
