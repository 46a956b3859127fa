"""Put what the course needs into a virtual environment of its own, and say what is going on meanwhile.

Imports nothing but the standard library: nothing else is there yet.
"""

from __future__ import annotations

import importlib.util
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .errors import BuildError
from .interpreter import NEWEST, complaint

VENV = ".venv"
LOG = "install.log"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
BEAT = 10  # seconds of silence, at the most
LARGE = 5  # MB of a package that is named
PACKAGE = re.compile(r"\s*(?:Downloading|Using cached|Processing) \S*?([^/\s]+?)-(\d[^-\s]*)")
SMALL = "Скачать придётся около 300 МБ, на диске будет 1,3 ГБ; обычно это две–пять минут."
WITH_CUDA = "Скачать придётся до 3 ГБ, на диске будет до 5: torch с CUDA или такой, какой даст ваш сервер пакетов."
OFFLINE = "нет связи с сервером пакетов"
CAUSES = (  # what pip says from its first «ERROR:» on
    (r"No space left", "на диске кончилось место"),
    (r"Permission denied|WinError 5", "нет прав на запись в эту папку"),
    (r"Connection|timed out|name resolution|SSLError|ProxyError", OFFLINE),
    (r"No matching distribution found for (\S+)", r"для этого Python нет пакета \1"),
    (r"ERROR: (.*)", r"\1"),
)

Say = Callable[[str], None]


def _print(line: str) -> None:
    print(line, flush=True)


def install(root: Path, dev: bool = False, index: str = CPU_INDEX, say: Say = _print) -> None:
    """Make ``.venv`` in ``root`` and install the requirements there, with those of the tests if ``dev``.

    Where no CUDA can be of use, torch comes from ``index``, if that can be reached. What is installed already, or
    comes from an index that the user has chosen, is left alone. Raises BuildError with one sentence if it fails.
    """
    if problem := complaint(sys.version_info, NEWEST):
        raise BuildError(problem)
    started = time.monotonic()
    requirements = root / ("requirements-dev.txt" if dev else "requirements.txt")
    python = _python(root)
    if not python:
        say("Создаю для практикума отдельное окружение в папке .venv.")
        python = _new_environment(root)
    log = root / VENV / LOG
    log.write_text("", encoding="utf-8")
    if _has(python, "torch"):
        say("Добавляю в .venv то, что нужно тестам практикума." if dev else "Проверяю, всё ли есть в .venv.")
    else:
        wanted = _wants_cpu_build(python)
        reached = wanted and _has_torch(python, index)
        if wanted and not reached:
            say(f"torch: {index} не отвечает, вместо сборки для процессора беру обычную.")
        say(SMALL if reached or sys.platform != "linux" else WITH_CUDA)
        say("Прервать можно в любой момент, повтор продолжит.")
        if reached:
            say("torch: сборка для процессора, видеокарты NVIDIA здесь нет.")
            (torch,) = re.findall(r"^torch\b.*", (root / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
            _pip(python, [torch, "--no-deps", "--index-url", index], log, say)  # what it needs comes with the rest
    _pip(python, ["-r", str(requirements)], log, say)
    _make_findable(python, root)
    say(f"Готово за {time.monotonic() - started:.0f} с. Практикум откроет make lab.")


def _run(python: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, *arguments], capture_output=True, **_text())


def _text() -> dict[str, Any]:
    """How to read what another Python prints, whatever the system's encoding is."""
    return {"env": {**os.environ, "PYTHONIOENCODING": "utf-8"}, "encoding": "utf-8", "errors": "replace"}


def _python(root: Path) -> Path | None:
    """The Python of the environment; None if there is none, or none that works and will do."""
    python = root / VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    try:
        version = _run(python, "-c", "import sys; print(*sys.version_info[:2])").stdout.split()
        whole = version and _run(python, "-m", "pip", "--version").returncode == 0
    except OSError:
        return None
    return python if whole and not complaint(tuple(map(int, version)), NEWEST) else None


def _new_environment(root: Path) -> Path:
    missing = [name for name in ("venv", "ensurepip") if not importlib.util.find_spec(name)]
    if missing:
        package = f"python3.{sys.version_info[1]}-venv"
        raise BuildError(
            f"В этом Python ({sys.executable}) нет модуля {missing[0]}. В Debian и Ubuntu: sudo apt install {package}"
        )
    for options in ([], ["--clear"]):  # what lies there already is deleted only if it cannot be mended
        made = _run(sys.executable, "-m", "venv", *options, str(root / VENV))
        if made.returncode == 0 and (python := _python(root)):
            return python
    said = made.stdout + made.stderr
    raise BuildError(f"Не удалось создать {root / VENV}: {_cause(said) or ' '.join(said.split()[-20:])}")


def _has(python: Path, package: str) -> bool:
    """True if the package is installed, to its end."""
    return _run(python, "-c", f"from importlib.metadata import version; version({package!r})").returncode == 0


def _wants_cpu_build(python: Path) -> bool:
    """True on Linux without an NVIDIA GPU, if nobody has named an index of their own."""
    if sys.platform != "linux" or _nvidia():
        return False
    return not re.search(r"(index-url|find-links|no-index)=", _run(python, "-m", "pip", "config", "list").stdout)


def _nvidia() -> bool:
    return bool(shutil.which("nvidia-smi")) or Path("/proc/driver/nvidia").exists()


def _has_torch(python: Path, index: str) -> bool:
    """True if a torch for this Python is to be had from the index, which has some seconds to answer."""
    options = ("--index-url", index, "--timeout", "6", "--retries", "0")
    return _run(python, "-m", "pip", "index", "versions", "torch", *options).returncode == 0


def _pip(python: Path, arguments: Sequence[str], log: Path, say: Say) -> None:
    """``pip install`` with a line for each large package and a sign of life every few seconds.

    Raises BuildError with one sentence if it fails; what pip said is in ``log``.
    """
    command = [python, "-u", "-m", "pip", "install", "--progress-bar", "off", "--disable-pip-version-check", *arguments]
    started = spoke = time.monotonic()
    packages, said = 0, ""
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **_text()) as process,
        log.open("a", encoding="utf-8") as record,
    ):
        for line in _lines(process):
            record.write(line)
            said += line
            packages += bool(PACKAGE.match(line)) and ".metadata" not in line
            message = _worth_saying(line)
            if not message and time.monotonic() - spoke > BEAT:
                message = f"… {time.monotonic() - started:.0f} с, пакетов: {packages}"
            if message:
                say(f"  {message}")
                spoke = time.monotonic()
    if process.returncode:
        raise BuildError(f"Не удалось поставить пакеты: {_cause(said) or 'pip остановился'}. Что сказал pip: {log}")


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """What a process says, line by line; an empty string for each second in which it is silent."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=1)
        except queue.Empty:
            yield ""
            continue
        if line is None:
            return
        yield line


def _worth_saying(line: str) -> str:
    """What to tell of a line of pip's: a large package, or that all are there; an empty string for other lines."""
    if line.startswith("Installing collected packages"):
        return f"пакетов: {line.count(',') + 1}; раскладываю их по местам"
    package, size = PACKAGE.match(line), re.search(r"\(([\d.]+) (MB|GB)", line)
    if not package or not size or (size[2] == "MB" and float(size[1]) < LARGE):
        return ""
    amount = f"{size[1].replace('.', ',')} {'МБ' if size[2] == 'MB' else 'ГБ'}"
    return f"{package[1]} {unquote(package[2])}, {amount}"


def _cause(said: str) -> str:
    """Why pip has failed, in a few words."""
    errors = said[max(said.find("ERROR:"), 0) :]
    if "Retrying" in said and "No matching distribution" in errors:
        return OFFLINE
    for pattern, words in CAUSES:
        if found := re.search(pattern, errors):
            return found.expand(words)
    return ""


def _make_findable(python: Path, root: Path) -> None:
    """Let the environment's Python find this package from any folder."""
    packages = _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    line = f"import sys; sys.path.append({str(root)!a})\n"  # how a path is encoded here differs between systems
    (Path(packages) / "praktikum.pth").write_text(line, encoding="ascii")
