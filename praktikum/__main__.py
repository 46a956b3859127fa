"""Command line: ``python -m praktikum COMMAND``."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path

from . import build
from .errors import BuildError, UnfinishedError
from .progress import progress

DESCRIPTION = "Make, update and check the notebooks of the course. Run it in the folder of the course."


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0 if all is well, 1 if not."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no ✅ must not cost the report
    try:
        return options.run(options)
    except UnfinishedError as error:
        print(error, file=sys.stderr)
        return 1
    except (BuildError, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        print(options.refused, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(options.interrupted, file=sys.stderr, flush=True)
        if options.run is _check:  # the threads that watch over notebooks end with their processes
            _leave(130)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m praktikum", description=DESCRIPTION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser(
        "build",
        help="make notebooks/ and solutions/ (executed) wherever the sources have changed",
        description="Make notebooks/ (stubs) and solutions/ (executed) wherever the sources have changed. "
        "Answers in an edited notebook are carried over; what else was edited is kept in notebooks/.backup/.",
    )
    command.add_argument("--check", action="store_true", help="change nothing, only say what is not up to date")
    command.set_defaults(run=_build, refused="nothing was written", interrupted="interrupted: nothing was written")

    command = commands.add_parser(
        "update",
        help="bring the new version of the course into this clone, answers stay",
        description="Fetch the new version with git and bring it in. Answers in edited notebooks are carried over, "
        "the notebooks as they were are kept in notebooks/.backup/.",
    )
    again = "прервано; ничего не потеряно, повторите команду"
    command.set_defaults(run=_update, refused="ничего не изменено", interrupted=again)

    command = commands.add_parser(
        "check",
        help="run notebooks against the course's checks and show the marks",
        description="Run learners' notebooks, each in a process of its own, against the course's checks. "
        "The notebooks are not changed. Exit code 1 if an answer is wrong or a file cannot be graded. "
        "This executes the code in the notebooks: see the README on containers.",
    )
    command.add_argument("paths", nargs="*", type=Path, metavar="NOTEBOOK|DIR", help="default: notebooks/")
    command.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="notebooks at a time")
    command.add_argument(
        "--report", type=Path, metavar="FILE", help="write a row per learner and exercise: .csv, .json"
    )
    command.add_argument("--timeout", type=_positive, default=60, metavar="S", help="seconds for one cell, default 60")
    command.add_argument("--dask", metavar="ADDRESS", help="run on this Dask cluster instead of on this machine")
    again = "прервано; с --report та же команда продолжит с этого места"
    command.set_defaults(run=_check, refused="ничего не проверено", interrupted=again)

    command = commands.add_parser("progress", help="what is solved and what is next, from the stored outputs")
    command.set_defaults(run=_progress, refused="", interrupted="")
    return parser


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _build(options: argparse.Namespace) -> int:
    if options.check:
        lines = build.check(Path.cwd())
        print("\n".join(lines) or "everything is as the sources give it")
        return 1 if lines else 0
    print("\n".join(build.build(Path.cwd())) or "nothing to do: the notebooks are up to date")
    return 0


def _update(options: argparse.Namespace) -> int:
    from .update import update

    print("\n".join(update(Path.cwd())) or "новой версии нет")
    return 0


def _check(options: argparse.Namespace) -> int:
    from .grade import classroom, report
    from .grade.course import read_stubs

    root = Path.cwd()
    if options.report:
        report.check_suffix(options.report)
    stubs = read_stubs(root)
    submissions = classroom.find_submissions(options.paths or [root / "notebooks"], [stub.name for stub in stubs])
    if not submissions:
        raise BuildError("не найдено ни одной тетради .ipynb")
    journal = classroom.Journal(options.report and options.report.with_name(f"{options.report.name}.part"))
    grades = classroom.grade(
        submissions,
        stubs,
        journal,
        jobs=options.jobs,
        timeout=options.timeout,
        dask=options.dask,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    print(*report.doubles(grades), sep="\n", end="", file=sys.stderr)
    grades = report.one_row_each(grades, stubs)
    if options.report:
        report.write_report(options.report, grades)
    journal.close()
    several = len({grade.learner for grade in grades}) > 1
    print("\n".join(report.summary(grades) if several else report.table(grades, stubs)))
    if options.report:
        print(f"записано: {options.report}")
    return 1 if any(grade.verdict.mark == report.WRONG for grade in grades) else 0


def _leave(code: int) -> None:
    """End this process and the ones that it started, without waiting for them."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(code)


def _progress(options: argparse.Namespace) -> int:
    print("\n".join(progress(Path.cwd())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
