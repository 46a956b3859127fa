"""Decide what has to be made anew, make it, and write it when all of it is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .carry import carry_file, predecessor
from .errors import BuildError
from .learner import record
from .manifest import (
    MANIFEST,
    NOTEBOOKS,
    PICTURE,
    SOLUTIONS,
    Settings,
    digest_of,
    input_digests,
    is_up_to_date,
)
from .store import dumps, is_pristine, keep_backup, read_json, recorded_digest, sign, write_files

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from .course import Course


def build(root: Path) -> list[str]:
    """Bring notebooks, solutions and README up to date; return what was done, a line each.

    Raises BuildError, with everything left as it was, if a source has a mistake or a solution fails.
    """
    settings = Settings.read(root)
    inputs = input_digests(root, settings)
    if is_up_to_date(root, inputs):
        return []
    from .course import read_course, render_all
    from .figures.drawings import draw
    from .mistakes.observe import observe
    from .reuse import reuse

    course = read_course(root)
    if problems := observe(course.benches, course.observations) + course.problems():
        raise BuildError(*problems)
    pictures = draw(root, course.drawings)
    stubs, solutions = render_all(course, settings, (False, True), pictures)
    solved = {f"{SOLUTIONS}/{name}.ipynb": notebook for name, notebook in solutions.items()}
    to_run = {name: notebook for name, notebook in solved.items() if not reuse(root / name, notebook)}
    if to_run:
        from .execute import execute

        execute(to_run)
    files = _files(root, settings, inputs, course, pictures, stubs, solutions)
    orphans = _orphans(root, course)
    changed = {name: content for name, content in files.items() if _differs(root / name, content)}
    report = []
    for name in changed:
        if (root / name).suffix == ".ipynb":
            changed[name], lines = _keep_work(root, name, changed[name], orphans)
            report += lines
    write_files({root / name: content for name, content in changed.items()})
    return report + [f"wrote {name}" for name in changed] + [f"{name} has no source" for name in orphans]


def _keep_work(root: Path, name: str, content: bytes, orphans: list[str]) -> tuple[bytes, list[str]]:
    """What to write in place of the notebook ``name`` so that nothing of a learner's is lost, and what to say.

    ``content`` is the new version. What cannot be carried over into it is in the backup before this returns.
    """
    path = root / name
    if not path.exists() and name.startswith(NOTEBOOKS):
        former = predecessor(content, [root / orphan for orphan in orphans if orphan.startswith(NOTEBOOKS)])
        carried = carry_file(former, content) if former else None
        if carried and carried.cells:
            lines = [f"{name}: your answers and cells were carried over from {former.relative_to(root)}"]
            return dumps(carried.notebook).encode(), lines
    if not path.exists() or is_pristine(read_json(path)):
        return content, []
    carried = carry_file(path, content) if name.startswith(NOTEBOOKS) else None
    if carried is None:
        return content, [f"{name} was edited: kept as {keep_backup(path).relative_to(root)}"]
    lines = [f"{name}: your answers and cells were carried over"] if carried.cells else []
    if carried.other_edits:
        lines.append(f"{name} was edited elsewhere too: the whole is kept as {keep_backup(path).relative_to(root)}")
    return dumps(carried.notebook).encode(), lines


def check(root: Path) -> list[str]:
    """What is not as the sources give it, a line each; changes nothing.

    Raises BuildError if a source has a mistake.
    """
    from .course import read_course, render_all
    from .reuse import reuse

    settings = Settings.read(root)
    course = read_course(root)
    if problems := course.problems():
        raise BuildError(*problems)
    unknown = [f"{name} is stale: {count} answers have not been run" for name, count in course.not_run().items()]
    pictures = {drawing.key: drawing.png for drawing in course.drawings if drawing.png}
    for drawing in course.drawings:
        if not drawing.png:
            there = (root / drawing.path).exists()
            unknown.append(f"{drawing.path} is {'stale: what makes it was changed' if there else 'missing'}")
    stubs, solutions = render_all(course, settings, (False, True), pictures)
    solved = {f"{SOLUTIONS}/{name}.ipynb": notebook for name, notebook in solutions.items()}
    stale = [name for name, notebook in solved.items() if not reuse(root / name, notebook)]
    report = unknown + [
        f"{name} is stale: its code was changed" if (root / name).exists() else f"{name} is missing" for name in stale
    ]
    if not report:
        files = _files(root, settings, input_digests(root, settings), course, pictures, stubs, solutions)
        for name, content in files.items():
            path = root / name
            if not path.exists():
                report.append(f"{name} is missing")
            elif path.read_bytes() != content:
                edited = path.suffix == ".ipynb" and not is_pristine(read_json(path))
                report.append(f"{name} was edited by hand" if edited else f"{name} is stale")
    return report + [f"{name} is orphaned: it has no source" for name in _orphans(root, course)]


def _files(
    root: Path,
    settings: Settings,
    inputs: dict[str, str],
    course: Course,
    pictures: dict[str, bytes],
    stubs: dict[str, NotebookNode],
    solutions: dict[str, NotebookNode],
) -> dict[str, bytes]:
    """Every file that the sources give, by its name; the manifest last."""
    from .mistakes.observe import OBSERVATIONS, stored
    from .readme import picture, with_table

    files = {
        f"{OBSERVATIONS}/{bench.catalogue.section}.json": stored(bench, course.observations[bench.catalogue.section])
        for bench in course.benches
    }
    files |= {drawing.path: pictures[drawing.key] for drawing in course.drawings}
    beside = {name: digest_of(content) for name, content in files.items()}
    notebooks = {}
    for folder, made in ((NOTEBOOKS, stubs), (SOLUTIONS, solutions)):
        for name, notebook in made.items():
            content = _on_disk(notebook, name, folder == NOTEBOOKS)
            files[f"{folder}/{name}.ipynb"] = dumps(content).encode()
            notebooks[f"{folder}/{name}.ipynb"] = recorded_digest(content)
    files[PICTURE] = picture(solutions, settings.picture)
    files["README.md"] = with_table((root / "README.md").read_text(encoding="utf-8"), course.sections).encode()
    made_inputs = {**inputs, "README": digest_of(files["README.md"])}
    made = {"inputs": made_inputs, "notebooks": notebooks, "made": beside}
    files[MANIFEST] = dumps(made).encode()
    return files


def _on_disk(notebook: NotebookNode, section: str, stub: bool) -> dict[str, Any]:
    """The notebook as its file holds it, signed."""
    import nbformat

    content = json.loads(nbformat.writes(notebook))
    if stub:
        sign(content, section, cells=record(content["cells"]))
    else:
        sign(content, section)
    return content


def _differs(path: Path, content: bytes) -> bool:
    """False if the file is there already, or if it is this build's notebook with a learner's edits."""
    if not path.exists():
        return True
    if path.suffix != ".ipynb":
        return path.read_bytes() != content
    return recorded_digest(read_json(path)) != recorded_digest(json.loads(content))


def _orphans(root: Path, course: Course) -> list[str]:
    """Generated files that no source gives."""
    from .figures.drawings import FOLDER
    from .mistakes.observe import OBSERVATIONS

    drawings = {drawing.path for drawing in course.drawings}
    names = {section.name for section in course.sections}
    with_catalogue = {bench.catalogue.section for bench in course.benches}
    made = ((NOTEBOOKS, "ipynb", names), (SOLUTIONS, "ipynb", names), (OBSERVATIONS, "json", with_catalogue))
    return [
        f"{folder}/{path.name}"
        for folder, suffix, known in made
        for path in sorted((root / folder).glob(f"*.{suffix}"))
        if path.stem not in known
    ] + [
        name
        for path in sorted((root / FOLDER).glob("*/*.png"))
        if (name := path.relative_to(root).as_posix()) not in drawings
    ]
