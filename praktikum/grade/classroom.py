"""Grade many notebooks at once: find them, plan them, run them here or on a cluster, keep what is done."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import BuildError
from ..learner import cells_of, text
from ..store import parse
from . import watch
from .course import Stub
from .plan import UNSOLVED, WAITING, WRONG, Plan, Verdict, find_section, make_plan

LARGEST = 50_000_000  # bytes of one notebook
MOST_CELLS, MOST_TEXT = 2000, 1_000_000
RUNNER = Path(__file__).with_name("runner.py")


@dataclass(frozen=True)
class Submission:
    """One file of one learner."""

    learner: str
    path: Path
    shown: str


@dataclass(frozen=True)
class Grade:
    """The verdict on one exercise of one learner, and the file that it is about."""

    learner: str
    file: str
    verdict: Verdict


class Journal:
    """What is graded already, a line of JSON each, so that an interrupted run goes on where it stopped."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.known: dict[str, list[Verdict]] = {}
        written = path.read_text(encoding="utf-8", errors="replace") if path and path.exists() else ""
        for line in written.splitlines():
            try:
                entry = json.loads(line)
                self.known[entry["key"]] = [Verdict(*fields) for fields in entry["verdicts"]]
            except (ValueError, TypeError, KeyError):  # the line that was being written when the run was interrupted
                continue

    def add(self, key: str, verdicts: Sequence[Verdict]) -> None:
        self.known[key] = list(verdicts)
        if self.path:
            with self.path.open("a", encoding="utf-8") as stream:
                entry = {"key": key, "verdicts": [list(asdict(verdict).values()) for verdict in verdicts]}
                stream.write("\n" + json.dumps(entry, ensure_ascii=False) + "\n")

    def close(self) -> None:
        if self.path:
            self.path.unlink(missing_ok=True)


def find_submissions(paths: Sequence[Path], sections: Sequence[str]) -> list[Submission]:
    """The notebooks among ``paths`` and in the folders among them.

    A learner is known by the folder below the given one, or else by what the file's name has besides the section.
    Raises BuildError for a path that is not there.
    """
    found: dict[str, Submission] = {}
    several = sum(path.is_dir() for path in paths) > 1
    for path in paths:
        if not os.path.exists(path):
            raise BuildError(f"нет такого файла или папки: {path}")
        top = path.parent if several or not path.is_dir() else path
        for file in sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]:
            inside = file.relative_to(top)
            if not any(part.startswith(".") or part == "__MACOSX" for part in inside.parts):
                learner = inside.parts[0] if len(inside.parts) > 1 else _named_in(file, sections)
                found.setdefault(os.path.abspath(file), Submission(_printable(learner), file, _printable(str(inside))))
        for folder in sorted(path.iterdir()) if path.is_dir() and found else ():
            if folder.is_dir() and not folder.name.startswith((".", "__")) and not any(folder.rglob("*.ipynb")):
                name = _printable(folder.name)
                found[os.path.abspath(folder)] = Submission(name, folder, name)
    return list(found.values())


def _named_in(file: Path, sections: Sequence[str]) -> str:
    """The learner's name in the name of a file; that of the folder if there is none."""
    rest = file.stem
    for section in sections:
        rest = re.sub(re.escape(section), "", rest, flags=re.IGNORECASE)
    rest = re.sub(r"(?i)\.ipynb|-copy\d*|\(\d+\)|copy of|копия( блокнота)?", "", rest)
    rest = re.sub(r"^[\W_]+|[\W_]+$", "", unicodedata.normalize("NFC", rest))
    return rest if re.search(r"[^\W\d_]", rest) else Path(os.path.abspath(file)).parent.name


def _printable(name: str) -> str:
    """The name as a report can hold it: composed, and with a mark for what is not Unicode."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode(errors="replace"))


def grade(
    submissions: Sequence[Submission],
    stubs: Sequence[Stub],
    journal: Journal,
    *,
    jobs: int,
    timeout: float,
    dask: str | None = None,
    say: Callable[[str], None] = print,
) -> list[Grade]:
    """Grade all submissions, ``jobs`` at a time or on the Dask cluster at ``dask``.

    ``say`` gets a line for each, but for those in which nothing was answered.
    """
    grader = [path.read_bytes() for path in sorted(RUNNER.parent.glob("*.py"))]
    course = _digest(repr(stubs), str(timeout), *grader)
    graded: dict[Submission, list[Verdict]] = {}
    running: dict[Future[dict[str, tuple[str, ...]]], tuple[Submission, str, Plan]] = {}

    def done(submission: Submission, verdicts: list[Verdict]) -> None:
        graded[submission] = verdicts
        marks = [verdict.mark for verdict in verdicts]
        counts = "  ".join(f"{mark} {marks.count(mark)}" for mark in ("✅", WRONG, WAITING) if mark in marks)
        say(f"[{len(graded)}/{len(submissions)}] {submission.shown}  {counts or 'упражнений нет'}")

    def collect(futures: Iterable[Future[dict[str, tuple[str, ...]]]]) -> None:
        for future in futures:
            submission, key, plan = running.pop(future)
            try:
                verdicts = _verdicts(plan, future.result())
            except Exception as error:  # a lost worker of the cluster, no more processes on this machine
                verdicts = [replace(v, mark=WRONG, hint=f"не проверено: {error}") for v in _verdicts(plan, {})]
            else:
                journal.add(key, verdicts)
            done(submission, verdicts)

    with _executor(jobs, dask) as executor:
        for submission in submissions:
            content, problem = _read(submission.path)
            key = _digest(course, content)
            plan = problem or _plan(content, stubs) if key not in journal.known else None
            if plan is None:
                done(submission, journal.known[key])
            elif isinstance(plan, str):
                done(submission, [Verdict("", "", "", WRONG, plan)])
            elif not plan.steps:
                graded[submission] = _verdicts(plan, {})
            else:
                running[executor.submit(watch.run_plan, _task(plan, timeout))] = submission, key, plan
            collect([future for future in running if future.done()])
        collect(as_completed(list(running)))
    return [Grade(s.learner, s.shown, verdict) for s in submissions for verdict in graded[s]]


@contextmanager
def _executor(jobs: int, dask: str | None) -> Iterator[Executor]:
    """Threads, each of which watches one process; or the workers of a Dask cluster that does."""
    if dask is None:
        executor = ThreadPoolExecutor(jobs)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
        return
    try:
        import cloudpickle
        from distributed import Client
    except ImportError:
        raise BuildError("для --dask нужен пакет distributed: pip install distributed") from None
    try:
        client = Client(dask, timeout=10)
    except (OSError, ValueError) as error:
        raise BuildError(f"нет связи с кластером Dask по адресу {dask}: {error}") from None
    cloudpickle.register_pickle_by_value(watch)  # the workers need not have this package
    with client:
        executor = client.get_executor(pure=False, retries=1)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)


def _digest(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part if isinstance(part, bytes) else part.encode()).digest())
    return whole.hexdigest()[:20]


def _read(path: Path) -> tuple[bytes, str]:
    """The bytes of a file, and what is wrong with it, if something is."""
    try:
        if not path.is_file():
            return b"", "это не файл" if path.suffix == ".ipynb" else "в папке нет тетрадей .ipynb"
        if path.stat().st_size > LARGEST:
            return b"", f"файл больше {LARGEST // 1_000_000} МБ"
        return path.read_bytes(), ""
    except OSError as error:
        return b"", f"файл не читается: {error.strerror}"


def _plan(content: bytes, stubs: Sequence[Stub]) -> Plan | str:
    """The plan for a notebook, or what is wrong with it."""
    notebook = parse(content)
    if notebook is None:
        return "файл не читается: в нём не JSON"
    cells = cells_of(notebook)
    if not cells:
        return "в файле нет ячеек тетради"
    if len(cells) > MOST_CELLS or sum(len(text(cell)) for cell in cells) > MOST_TEXT:
        return f"в тетради больше {MOST_CELLS} ячеек или {MOST_TEXT // 1_000_000} МБ текста"
    try:
        stub = find_section(notebook, stubs)
        return make_plan(notebook, stub) if stub else "это не тетрадь практикума: в ней нет его упражнений"
    except Exception as error:  # whatever a file from outside holds, it must not stop the others
        return f"тетрадь не разобрать: {type(error).__name__}: {error}"


def _task(plan: Plan, timeout: float) -> dict[str, Any]:
    """What a process needs, and nothing but JSON."""
    steps = [asdict(step) for step in plan.steps]
    return {"runner": RUNNER.read_text(encoding="utf-8"), "kit": plan.stub.kit, "steps": steps, "timeout": timeout}


def _verdicts(plan: Plan, results: dict[str, tuple[str, ...]]) -> list[Verdict]:
    return [
        Verdict(plan.stub.name, number, name, *results.get(name, (WAITING, UNSOLVED)))
        for number, name in plan.stub.exercises
    ]
