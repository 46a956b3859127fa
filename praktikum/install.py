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
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote

from .errors import BuildError
from .interpreter import NEWEST, complaint

VENV = ".venv"
LOG = "install.log"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
BEAT = 10  # seconds of silence, at the most
LARGE = 5  # MB of a package that is named
CAUSES = (
    (r"No space left", "на диске кончилось место"),
    (r"Retrying|Connection|timed out|resolve|SSLError|ProxyError", "нет связи с сервером пакетов"),
    (r"No matching distribution found for (\S+)", r"для этого Python нет пакета \1"),
    (r"Permission denied", "нет прав на запись в эту папку"),
    (r"ERROR: (.*)", r"\1"),
)

Say = Callable[[str], None]


def install(root: Path, dev: bool = False, index: str = CPU_INDEX, say: Say = print) -> None:
    """Make ``.venv`` in ``root`` and install the requirements there, with those of the tests if ``dev``.

    Where no CUDA can be of use, torch comes from ``index``, if that can be reached. What is installed already, or
    comes from an index that the user has chosen, is left alone. Raises BuildError with one sentence if it fails.
    """
    if problem := complaint(sys.version_info, NEWEST):
        raise BuildError(problem)
    started = time.monotonic()
    requirements = root / ("requirements-dev.txt" if dev else "requirements.txt")
    python = _python(root)
    if not python or not _has(python, "torch"):
        say("Ставлю в папку .venv всё, что нужно практикуму: скачать придётся около 300 МБ, на диске будет 1,3 ГБ.")
        say("Обычно хватает двух–пяти минут; прервать можно в любой момент, повтор продолжит.")
    elif dev:
        say("Добавляю в .venv то, что нужно тестам практикума.")
    else:
        say("Проверяю, всё ли есть в .venv.")
    python = python or _new_environment(root)
    log = root / VENV / LOG
    log.write_text("", encoding="utf-8")
    if _wants_cpu_build(python):
        _install_cpu_build(python, requirements.parent, index, log, say)
    _pip(python, ["-r", str(requirements)], log, say)
    _make_findable(python, root)
    say(f"Готово за {time.monotonic() - started:.0f} с. Практикум откроет make lab.")


def _python(root: Path) -> Path | None:
    """The Python of the environment; None if there is none, or none that works and will do."""
    python = root / VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    program = "import pip, sys; print(*sys.version_info[:2])"
    try:
        version = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return None
    return None if complaint(tuple(map(int, version)), NEWEST) else python


def _new_environment(root: Path) -> Path:
    missing = [name for name in ("venv", "ensurepip") if not importlib.util.find_spec(name)]
    if missing:
        package = f"python3.{sys.version_info[1]}-venv"
        raise BuildError(
            f"В этом Python ({sys.executable}) нет модуля {missing[0]}. В Debian и Ubuntu: sudo apt install {package}"
        )
    command = [sys.executable, "-m", "venv", "--clear", str(root / VENV)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    python = _python(root)
    if made.returncode or not python:
        said = made.stdout.strip().splitlines() or ["без объяснений"]
        raise BuildError(f"Не удалось создать {root / VENV}: {_cause(made.stdout) or said[-1]}")
    return python


def _has(python: Path, package: str) -> bool:
    program = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec({package!r}))"
    return subprocess.run([python, "-c", program]).returncode == 0


def _wants_cpu_build(python: Path) -> bool:
    """True on Linux without an NVIDIA GPU, where torch is not installed and nobody has named an index."""
    if sys.platform != "linux" or shutil.which("nvidia-smi") or Path("/proc/driver/nvidia").exists():
        return False
    if _has(python, "torch"):
        return False
    settings = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    return not re.search(r"(index-url|find-links|no-index)=", settings)


def _install_cpu_build(python: Path, root: Path, index: str, log: Path, say: Say) -> None:
    """The build of torch without CUDA; if it cannot be had, one line that says so."""
    (wanted,) = re.findall(r"^torch\b.*", (root / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    probe = ["index", "versions", "torch", "--index-url", index, "--timeout", "4", "--retries", "0"]
    found = subprocess.run([python, "-m", "pip", *probe], capture_output=True, text=True)
    try:
        if found.returncode:
            raise BuildError(found.stderr)
        say("torch: сборка для процессора, видеокарты NVIDIA здесь нет")
        _pip(python, [wanted, "--no-deps", "--index-url", index], log, say)  # what it needs comes with the rest
    except BuildError:
        say(f"torch: сборку для процессора с {index} взять не удалось, беру обычную: это 3 ГБ, на диске 5")


def _pip(python: Path, arguments: Sequence[str], log: Path, say: Say) -> None:
    """``pip install`` with a line for each large package and a sign of life every few seconds.

    Raises BuildError with one sentence if it fails; what pip said is in ``log``.
    """
    command = [python, "-u", "-m", "pip", "install", "--progress-bar", "off", "--disable-pip-version-check", *arguments]
    started = time.monotonic()
    packages = 0
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
        ) as process,
        log.open("a", encoding="utf-8") as record,
    ):
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(process, lines), daemon=True).start()
        spoke = started
        while True:
            try:
                line = lines.get(timeout=1)
            except queue.Empty:
                line = "\n"
            if not line:
                break
            record.write(line)
            package = re.match(r"\s*(?:Downloading|Using cached|Processing) \S*?([^/\s]+?)-(\d[^-\s]*)\S*(.*)", line)
            size = re.search(r"\(([\d.]+) (MB|GB)", line)
            packages += bool(package)
            message = ""
            if package and size and float(size[1]) >= (LARGE if size[2] == "MB" else 0):
                unit = {"MB": "МБ", "GB": "ГБ"}[size[2]]
                message = f"{package[1]} {unquote(package[2])}, {size[1].replace('.', ',')} {unit}"
            elif line.startswith("Installing collected packages"):
                message = f"пакетов: {line.count(',') + 1}; раскладываю их по местам"
            elif time.monotonic() - spoke > BEAT:
                message = f"… {time.monotonic() - started:.0f} с, пакетов: {packages}"
            if message:
                say(f"  {message}")
                spoke = time.monotonic()
    if process.returncode:
        said = log.read_text(encoding="utf-8")
        shown = os.path.relpath(log)
        raise BuildError(f"Не удалось поставить пакеты: {_cause(said) or 'pip остановился'}. Что сказал pip: {shown}")


def _read(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    """Hand over what a process says, line by line; an empty string is the end."""
    for line in process.stdout:
        lines.put(line)
    lines.put("")


def _cause(said: str) -> str:
    """Why pip has failed, in a few words."""
    for pattern, words in CAUSES:
        if found := re.search(pattern, said):
            return found.expand(words)
    return ""


def _make_findable(python: Path, root: Path) -> None:
    """Let the environment's Python find this package from any folder."""
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    line = f"import sys; sys.path.append({str(root)!a})\n"  # how a path is encoded here differs between systems
    (Path(packages) / "praktikum.pth").write_text(line, encoding="ascii")
