"""The commands. What learners and teachers run speaks Russian; what maintainers run, English."""

from __future__ import annotations

import argparse
import os
import re
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from .errors import BuildError, Problem, UnfinishedError

ROOT = Path(__file__).resolve().parent.parent
DESCRIPTION = "Открыть тетради практикума, проверить ответы, получить новую версию."
IN_RUSSIAN = (
    (r"the following arguments are required: (.*)", r"не хватает: \1"),
    (r"unrecognized arguments: (.*)", r"непонятно: \1"),
    (r"argument (.*?): expected one argument", r"после \1 нужно значение"),
    (r"argument (.*?): invalid choice: (\S+) \(choose from (.*)\)", r"нет такого: \2; есть \3"),
    (r"argument (.*?): ignored explicit argument (.*)", r"\1 пишут без значения, а не с \2"),
    (r"ambiguous option: (\S+) could match (.*)", r"неясно, что такое \1: \2"),
    (r"argument (.*?): (.*)", r"\1: \2"),
    (r"usage: ", "Как вызвать: "),
    (r"positional arguments:", "что указать:"),
    (r"options:", "параметры:"),
    (r"show this help message and exit", "показать эту справку"),
)


class Parser(argparse.ArgumentParser):
    """A parser whose help and complaints are in Russian, but for a command of maintainers."""

    def __init__(self, *arguments: Any, english: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.words = () if english else IN_RUSSIAN

    def format_usage(self) -> str:
        return self._translated(super().format_usage())

    def format_help(self) -> str:
        return self._translated(super().format_help())

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.format_usage()}{self._translated(message)}\n")

    def _translated(self, text: str) -> str:
        for english, russian in self.words:
            text = re.sub(english, russian, text)
        return text


def run(arguments: list[str] | None = None) -> int:
    """Run a command; return 0 if all is well, 1 if not."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except ModuleNotFoundError as error:
        if (error.name or "praktikum").startswith("praktikum"):
            raise
        print(_outside(error.name, options.command), file=sys.stderr)
        return 1
    except UnfinishedError as error:
        print(error, file=sys.stderr)
        return 1
    except (BuildError, OSError, UnicodeDecodeError) as error:
        print(error, *options.refused, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(*options.interrupted, sep="\n", file=sys.stderr, flush=True)
        if options.run is _check:  # the threads that watch over notebooks end with their processes
            _leave(130)
        return 130


def course() -> Path:
    """The folder of the course: this one, or else the one that this package lies in."""
    return Path.cwd() if (Path.cwd() / "notebooks_src").is_dir() else ROOT


def _outside(package: str, command: str) -> str:
    """What to say where a package is missing: most likely this is not the Python of the course's environment."""
    said = f"В этом Python ({sys.executable}) нет пакета {package.partition('.')[0]}. "
    if command == "cards":
        return f"{said}Поставьте его: {sys.executable} -m pip install -r requirements-cards.txt"
    if Path(sys.prefix).resolve() == (ROOT / ".venv").resolve():  # an installation that was interrupted
        return f"{said}Поставьте недостающее: {'py' if os.name == 'nt' else 'python3'} -m praktikum install"
    own = ROOT / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not own.exists():
        return f"{said}Сначала поставьте всё нужное: make notebooks"
    shown = own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own
    return f"{said}У практикума есть свой: {shown} -m praktikum {command}"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m praktikum", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="КОМАНДА")

    command = commands.add_parser("install", help="поставить в .venv всё, что нужно практикуму")
    command.add_argument("--dev", action="store_true", help="и то, что нужно только его тестам")
    command.set_defaults(run=_install, refused=(), interrupted=("прервано; та же команда продолжит",))

    command = commands.add_parser("lab", help="открыть практикум в JupyterLab")
    command.add_argument("--port", type=_port, metavar="N", help="порт; иначе первый свободный, начиная с 8888")
    command.add_argument("--ip", default="localhost", metavar="АДРЕС", help="0.0.0.0, чтобы видеть снаружи контейнера")
    command.add_argument("--no-browser", action="store_true", help="не открывать браузер, только показать адрес")
    command.set_defaults(run=_lab, refused=(), interrupted=())

    command = commands.add_parser("progress", help="сказать, что решено и что дальше, по сохранённым выводам")
    command.set_defaults(run=_progress, refused=(), interrupted=())

    command = commands.add_parser(
        "check",
        help="проверить ответы: свои или целого класса",
        description="Выполняет ответы из тетрадей, каждую в отдельном процессе, и проверяет их проверками практикума. "
        "Сами тетради не меняет. Код возврата 1, если есть неверный ответ или файл не прочитан. "
        "Чужой код выполняется с вашими правами: о контейнере сказано в README.",
    )
    command.add_argument("paths", nargs="*", type=Path, metavar="ТЕТРАДЬ|ПАПКА", help="без них — notebooks/")
    command.add_argument("--details", action="store_true", help="показать каждое упражнение, и нетронутое")
    jobs = os.cpu_count() or 1
    command.add_argument("--jobs", type=_positive, default=jobs, metavar="N", help="сколько тетрадей сразу")
    command.add_argument("--report", type=Path, metavar="ФАЙЛ", help="записать отчёт: .csv или .json")
    command.add_argument("--timeout", type=_positive, default=60, metavar="С", help="секунд на ячейку, иначе 60")
    command.add_argument("--dask", metavar="АДРЕС", help="отдать работу этому кластеру Dask")
    again = "прервано; с --report та же команда продолжит с этого места"
    command.set_defaults(run=_check, refused=("ничего не проверено",), interrupted=(again,))

    command = commands.add_parser("cards", help="записать вопросы раздела 7 колодой для Anki")
    command.set_defaults(run=_cards, refused=("ничего не записано",), interrupted=("прервано, ничего не записано",))

    command = commands.add_parser(
        "update",
        help="получить новую версию практикума, ответы останутся",
        description="Забирает новую версию из git. Ответы остаются на местах, прежние тетради — в notebooks/.backup/.",
    )
    again = "прервано; ничего не потеряно, повторите команду"
    command.set_defaults(run=_update, refused=("ничего не изменено",), interrupted=(again,))

    command = commands.add_parser(
        "build",
        english=True,
        help="для авторов: собрать тетради из исходников",
        description="Make notebooks/ (stubs) and solutions/ (executed) wherever the sources have changed. "
        "Answers in an edited notebook are carried over; what else was edited is kept in notebooks/.backup/.",
    )
    command.add_argument("--check", action="store_true", help="change nothing, only say what is not up to date")
    nothing = "nothing was written"
    command.set_defaults(run=_build, refused=(nothing,), interrupted=(f"interrupted: {nothing}",))

    command = commands.add_parser(
        "mistakes",
        english=True,
        help="для авторов: что видит проверка в ответах из каталога ошибок",
        description="Run the answers in the catalogues that have changed, or whose check has. Show at which "
        "observation each fails, what came there, what its learner is told, and what the builder would refuse.",
    )
    command.add_argument("exercise", nargs="?", metavar="NAME", help="an exercise, such as relu; otherwise all")
    command.set_defaults(run=_mistakes, refused=(), interrupted=("interrupted: repeat the command",))

    command = commands.add_parser(
        "mutants",
        english=True,
        help="для авторов: какие мелкие изменения решений проверки принимают",
        description="Try every small change of our solutions on its check. What a check accepts must stand in "
        "tests/survivors.md with the reason; anything else is a hole. What is known is kept in .mutants.json.",
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="sections or exercises; otherwise all")
    command.set_defaults(run=_mutants, refused=(), interrupted=("interrupted: the same command goes on from here",))
    return parser


def _positive(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"нужно целое число не меньше 1, а не {value!r}")
    return int(value)


def _port(value: str) -> int:
    if _positive(value) > 65535:
        raise argparse.ArgumentTypeError(f"порт — число от 1 до 65535, а не {value}")
    return int(value)


def _install(options: argparse.Namespace) -> int:
    from .install import install

    install(course(), options.dev)
    return 0


def _lab(options: argparse.Namespace) -> int:
    from .lab import lab

    lab(course(), options.ip, options.port, browser=not options.no_browser)
    return 0


def _progress(options: argparse.Namespace) -> int:
    from .progress import progress

    print("\n".join(progress(course())))
    return 0


def _build(options: argparse.Namespace) -> int:
    from . import build

    if options.check:
        lines = build.check(course())
        print("\n".join(lines) or "everything is as the sources give it")
        return 1 if lines else 0
    print("\n".join(build.build(course())) or "nothing to do: the notebooks are up to date")
    return 0


def _mistakes(options: argparse.Namespace) -> int:
    from .mistakes.listing import listing

    return _told(*listing(course(), options.exercise))


def _mutants(options: argparse.Namespace) -> int:
    from .mistakes.mutants import mutants

    return _told(*mutants(course(), options.names))


def _told(lines: list[str], problems: list[Problem]) -> int:
    """Say what was found; 1 if anything is wrong."""
    print("\n".join(lines))
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


def _cards(options: argparse.Namespace) -> int:
    from .cards import cards

    print("\n".join(cards(course())))
    return 0


def _update(options: argparse.Namespace) -> int:
    from .update import update

    print("\n".join(update(course())) or "новой версии нет")
    return 0


def _check(options: argparse.Namespace) -> int:
    from .grade import classroom, report
    from .grade.course import read_stubs

    root = course()
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
    if not options.paths:  # one's own notebooks, whatever their names
        grades = [replace(grade, learner="notebooks") for grade in grades]
    print(*report.doubles(grades), sep="\n", end="", file=sys.stderr)
    grades = report.one_row_each(grades, stubs)
    if options.report:
        report.write_report(options.report, grades)
    journal.close()
    several = len({grade.learner for grade in grades}) > 1
    print("\n".join(report.summary(grades) if several else report.table(grades, stubs, options.details)))
    if options.report:
        print(f"записано: {options.report}")
    return 1 if any(grade.verdict.mark == report.WRONG for grade in grades) else 0


def _leave(code: int) -> None:
    """End this process and the ones that it started, without waiting for them."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it may have ended by itself meanwhile
            child.kill()
    os._exit(code)
