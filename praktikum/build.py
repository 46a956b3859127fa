"""Decide what has to be made anew, make it, and write it when all of it is there."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import BuildError
from .store import dumps, is_pristine, keep_backup, read_json, recorded_digest, sign, write_files

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from .source import Section

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

SOURCES, NOTEBOOKS, SOLUTIONS = "notebooks_src", "notebooks", "solutions"
MANIFEST = f"{SOLUTIONS}/manifest.json"
PICTURE = f"{SOLUTIONS}/picture.png"


@dataclass(frozen=True)
class Settings:
    """``[tool.praktikum]`` of pyproject.toml."""

    picture: str
    repository: str

    @classmethod
    def read(cls, root: Path) -> Settings:
        if not (root / SOURCES).is_dir():
            raise BuildError(f"there is no {SOURCES} here: run this in the folder of the course")
        with (root / "pyproject.toml").open("rb") as stream:
            table = tomllib.load(stream).get("tool", {}).get("praktikum", {})
        return cls(table.get("picture", ""), os.environ.get("REPOSITORY") or table.get("repository", ""))


def build(root: Path) -> list[str]:
    """Bring notebooks, solutions and README up to date; return what was done, a line each.

    Raises BuildError, with everything left as it was, if a source has a mistake or a solution fails.
    """
    settings = Settings.read(root)
    inputs = input_digests(root, settings)
    if is_up_to_date(root, inputs):
        return []
    sections, stubs, solutions = _render_all(root, settings)
    to_run = {
        f"{SOLUTIONS}/{name}.ipynb": notebook
        for name, notebook in solutions.items()
        if not _reuse(root, name, notebook)
    }
    if to_run:
        from .execute import execute

        execute(to_run)
    files = _files(root, settings, inputs, sections, stubs, solutions)
    changed = {name: content for name, content in files.items() if _differs(root / name, content)}
    report = []
    for name in changed:
        path = root / name
        if path.suffix == ".ipynb" and path.exists() and not is_pristine(read_json(path)):
            report.append(f"{name} was edited: kept as {keep_backup(path).relative_to(root)}")
    write_files({root / name: content for name, content in changed.items()})
    return (
        report + [f"wrote {name}" for name in changed] + [f"{name} has no source" for name in _orphans(root, sections)]
    )


def check(root: Path) -> list[str]:
    """What is not as the sources give it, a line each; changes nothing.

    Raises BuildError if a source has a mistake.
    """
    settings = Settings.read(root)
    sections, stubs, solutions = _render_all(root, settings)
    stale = [f"{SOLUTIONS}/{name}.ipynb" for name, notebook in solutions.items() if not _reuse(root, name, notebook)]
    report = [f"{name} is stale: its code was changed or it never ran" for name in stale]
    if not stale:
        files = _files(root, settings, input_digests(root, settings), sections, stubs, solutions)
        for name, content in files.items():
            path = root / name
            if not path.exists():
                report.append(f"{name} is missing")
            elif path.read_bytes() != content:
                edited = path.suffix == ".ipynb" and not is_pristine(read_json(path))
                report.append(f"{name} was edited by hand" if edited else f"{name} is stale")
    return report + [f"{name} is orphaned: it has no source" for name in _orphans(root, sections)]


def input_digests(root: Path, settings: Settings) -> dict[str, str]:
    """Digests of what the notebooks are made of: the builder with its settings, the README, each source."""
    builder = hashlib.sha256(repr(settings).encode())
    for path in sorted((root / "praktikum").glob("*.py")):
        builder.update(path.read_bytes())
    digests = {"praktikum": builder.hexdigest()[:16]}
    for path in [root / "README.md", *sorted((root / SOURCES).glob("*.md"))]:
        digests[path.stem] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return digests


def is_up_to_date(root: Path, inputs: dict[str, str]) -> bool:
    """True if the manifest knows these inputs and every notebook is of the build that it describes."""
    manifest = read_json(root / MANIFEST) or {}
    notebooks = manifest.get("notebooks", {})
    return (
        manifest.get("inputs") == inputs
        and (root / PICTURE).exists()
        and all(recorded_digest(read_json(root / name)) == value for name, value in notebooks.items())
    )


def _render_all(
    root: Path, settings: Settings
) -> tuple[list[Section], dict[str, NotebookNode], dict[str, NotebookNode]]:
    from .lint import lint
    from .render import render
    from .source import read_section

    paths = sorted((root / SOURCES).glob("*.md"))
    sections, problems = [], []
    for path in paths:
        try:
            sections.append(read_section(path, path.relative_to(root)))
        except BuildError as error:
            problems += error.problems
    if problems:
        raise BuildError(*problems)
    lint(sections)
    stubs = {section.name: render(section, sections, False, settings.repository) for section in sections}
    solutions = {section.name: render(section, sections, True, settings.repository) for section in sections}
    return sections, stubs, solutions


def _reuse(root: Path, name: str, notebook: NotebookNode) -> bool:
    """Take the outputs over from the solution on the disk, if that ran the same code; False if it did not."""
    old = read_json(root / SOLUTIONS / f"{name}.ipynb")
    if not is_pristine(old):
        return False
    assert old is not None
    ran = [cell for cell in old["cells"] if cell["cell_type"] == "code"]
    to_run = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if ["".join(cell["source"]) for cell in ran] != [cell.source for cell in to_run]:
        return False
    for cell, before in zip(to_run, ran, strict=True):
        cell["outputs"], cell["execution_count"] = _nodes(before["outputs"]), before["execution_count"]
    return True


def _nodes(outputs: list[dict[str, Any]]) -> list[NotebookNode]:
    """Outputs as nbformat holds them in memory: texts that the file keeps as lists of lines are joined."""
    from nbformat import from_dict
    from nbformat.v4 import new_code_cell, new_notebook
    from nbformat.v4.rwbase import rejoin_lines

    cell = new_code_cell(outputs=from_dict(outputs))
    return rejoin_lines(new_notebook(cells=[cell])).cells[0].outputs


def _files(
    root: Path,
    settings: Settings,
    inputs: dict[str, str],
    sections: list[Section],
    stubs: dict[str, NotebookNode],
    solutions: dict[str, NotebookNode],
) -> dict[str, bytes]:
    """Every file that the sources give, by its name; the manifest last."""
    from .readme import picture, with_table

    files = {}
    notebooks = {}
    for folder, made in ((NOTEBOOKS, stubs), (SOLUTIONS, solutions)):
        for name, notebook in made.items():
            content = _on_disk(notebook, name)
            files[f"{folder}/{name}.ipynb"] = dumps(content).encode()
            notebooks[f"{folder}/{name}.ipynb"] = recorded_digest(content)
    files[PICTURE] = picture(solutions, settings.picture)
    files["README.md"] = with_table((root / "README.md").read_text(encoding="utf-8"), sections).encode()
    made_inputs = {**inputs, "README": hashlib.sha256(files["README.md"]).hexdigest()[:16]}
    files[MANIFEST] = dumps({"inputs": made_inputs, "notebooks": notebooks}).encode()
    return files


def _on_disk(notebook: NotebookNode, section: str) -> dict[str, Any]:
    """The notebook as its file holds it, signed."""
    import json

    import nbformat

    content = json.loads(nbformat.writes(notebook))
    sign(content, section)
    return content


def _differs(path: Path, content: bytes) -> bool:
    """False if the file is there already, or if it is this build's notebook with a learner's edits."""
    if not path.exists():
        return True
    if path.suffix != ".ipynb":
        return path.read_bytes() != content
    import json

    return recorded_digest(read_json(path)) != recorded_digest(json.loads(content))


def _orphans(root: Path, sections: list[Section]) -> list[str]:
    names = {section.name for section in sections}
    return [
        f"{folder}/{path.name}"
        for folder in (NOTEBOOKS, SOLUTIONS)
        for path in sorted((root / folder).glob("*.ipynb"))
        if path.stem not in names
    ]
