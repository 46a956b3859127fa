"""The first hour: what is installed from where, and one sentence for each thing that is missing."""

from __future__ import annotations

import ast
import functools
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import venv
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from praktikum import install as module
from praktikum.__main__ import main
from praktikum.errors import BuildError
from praktikum.install import install
from praktikum.interpreter import complaint

from .conftest import ROOT
from .helpers import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="bin/ of a virtual environment")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux torch comes with CUDA")
CPU, ORDINARY = "2.13.0+cpu", "2.13.0"


def wheel(folder: Path, version: str, name: str = "torch") -> None:
    """A package with nothing in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        info = f"{name}-{version}.dist-info"
        archive.writestr(f"{name}/__init__.py", "")
        needs = "Requires-Dist: sympy\n" if name == "torch" else ""
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with nothing but pip."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    venv.create(folder, with_pip=True)
    return folder


@pytest.fixture
def root(environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course whose requirements are torch alone, to be had from a folder; a user who has configured nothing."""
    root = tmp_path / "Курс Ивана"
    shutil.copytree(environment, root / ".venv", symlinks=True)
    (root / "praktikum").symlink_to(ROOT / "praktikum")
    wheel(tmp_path / "wheels", ORDINARY)
    wheel(tmp_path / "wheels", "1.14.0", "sympy")  # only here, not at the index of CPU builds
    (root / "requirements.txt").write_text(f"--no-index\n--find-links {tmp_path}/wheels\ntorch>=2.2,<2.14\n")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(module, "_nvidia", lambda: False)
    return root


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a package index with the CPU build of torch, and the paths that it was asked for."""
    wheel(tmp_path / "index" / "torch", CPU)
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=tmp_path / "index"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def installed(root: Path, name: str = "torch") -> str:
    """The version of a package in the environment of the course."""
    program = f"from importlib.metadata import version; print(version({name!r}))"
    return subprocess.run([root / ".venv/bin/python", "-c", program], capture_output=True, text=True).stdout.strip()


@LINUX
def test_torch_comes_without_cuda_and_says_so(root: Path, index: tuple[str, list[str]]) -> None:
    said: list[str] = []
    install(root, index=index[0], say=said.append)
    assert installed(root) == CPU and installed(root, "sympy") == "1.14.0"
    assert "torch: сборка для процессора, видеокарты NVIDIA здесь нет." in said and module.SMALL in said
    assert re.fullmatch(r"Готово за \d+ с\. Практикум откроет make lab\.", said[-1])


@LINUX
def test_what_was_unpacked_by_halves_is_not_installed(root: Path, index: tuple[str, list[str]]) -> None:
    """As Ctrl+C leaves it while pip unpacks torch: the repeat must not bring the ordinary build."""
    (packages,) = (root / ".venv/lib").glob("python3*/site-packages")
    (packages / "torch").mkdir()
    (packages / "torch/__init__.py").touch()
    install(root, index=index[0], say=lambda line: None)
    assert installed(root) == CPU


@LINUX
@pytest.mark.parametrize("listening", [False, True], ids=["refused", "never answered"])
def test_an_index_that_cannot_be_reached_costs_a_line_and_a_few_seconds(root: Path, listening: bool) -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if not listening:
            silent.close()
        install(root, index=f"http://127.0.0.1:{port}", say=said.append)
    assert installed(root) == ORDINARY
    (line,) = [line for line in said if line.startswith("torch: ")]
    assert line.endswith("не отвечает, вместо сборки для процессора беру обычную.") and module.WITH_CUDA in said


def own_index(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "http://127.0.0.1:9")


def own_torch(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [root / ".venv/bin/python", "-m", "pip", "install", "-q", "-r", root / "requirements.txt"]
    subprocess.run(command, check=True)


def nvidia(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    program(root / "bin", "nvidia-smi", "exit 0")
    monkeypatch.setenv("PATH", f"{root}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in [name for name in os.environ if name.startswith("PIP_") and name != "PIP_CONFIG_FILE"]:
        monkeypatch.delenv(name)


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("prepare", [own_index, own_torch, nvidia])
def test_who_has_chosen_is_left_alone(
    root: Path, index: tuple[str, list[str]], prepare: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(root, monkeypatch)
    install(root, index=index[0], say=lambda line: None)
    assert installed(root) == ORDINARY
    assert index[1] == []


def test_a_new_environment_is_announced_and_found_from_any_folder(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(root / ".venv")
    (root / ".venv" / "lib").mkdir(parents=True)  # a run that was interrupted
    (root / "requirements.txt").write_text("")
    monkeypatch.setattr(module, "_wants_cpu_build", lambda python: False)
    said: list[str] = []
    install(root, say=said.append)
    assert "отдельное окружение в папке .venv" in said[0] and said[1].startswith("Скачать придётся")
    command = [root / ".venv/bin/python", "-m", "praktikum", "progress"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "1. Микро-autograd" in done.stdout


def test_silence_is_broken(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT", -1)
    said: list[str] = []
    module._pip(root / ".venv/bin/python", ["-r", str(root / "requirements.txt")], root / "log", said.append)
    assert any(re.fullmatch(r"  … \d+ с, пакетов: [12]", line) for line in said), said
    assert "  пакетов: 2; раскладываю их по местам" in said


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "кончилось место"),
        ("ERROR: HTTPSConnectionPool(host='pypi.org', port=443): Read timed out.", "нет связи"),
        (
            "ERROR: Could not find a version\nERROR: No matching distribution found for torch<2.14",
            "нет пакета torch<2.14",
        ),
        ("WARNING: Retrying\nERROR: No matching distribution found for torch<2.14", "нет связи"),
        ("WARNING: Retrying\nERROR: [Errno 13] Permission denied: 'x'", "нет прав"),
        ("WARNING: Retrying\nERROR: the dependency resolver has conflicts", "the dependency resolver has conflicts"),
    ],
)
def test_what_pip_complains_of_is_one_sentence(root: Path, said: str, words: str) -> None:
    python = root / "python"
    program(root, "python", f"cat <<'END'\n{said}\nEND\nexit 1")
    with pytest.raises(BuildError) as caught:
        module._pip(python, ["x"], root / "install.log", lambda line: None)
    sentence = str(caught.value)
    assert words in sentence and "\n" not in sentence
    assert said in (root / "install.log").read_text(encoding="utf-8")


def test_a_package_that_is_nowhere_is_one_sentence(root: Path) -> None:
    (root / "requirements.txt").write_text("--no-index\ntorch\nnowhere\n")
    with pytest.raises(
        BuildError, match=r"^Не удалось поставить пакеты: для этого Python нет пакета \w+\. .*install\.log$"
    ):
        install(root, index="http://127.0.0.1:9", say=lambda line: None)


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_venv_is_one_sentence(root: Path, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(root / ".venv")
    find = module.importlib.util.find_spec
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(BuildError, match=rf"нет модуля {missing}.*sudo apt install python3\.\d+-venv"):
        install(root, say=lambda line: None)
    assert not (root / ".venv").exists()


@pytest.mark.parametrize("name", ["__init__", "__main__", "interpreter"])
def test_an_old_python_can_read_what_tells_it_so(name: str) -> None:
    text = (ROOT / "praktikum" / f"{name}.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))
    assert "__future__" not in text  # annotations came with 3.7


def test_a_python_of_another_version_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sentence = "Python 3.9 не подойдёт: практикуму нужен Python от 3.10 до 3.14. "
    assert complaint((3, 9)) == sentence + "Поставьте его с python.org."
    assert "не подойдёт" in complaint((3, 15), newest=(3, 14)) and complaint((3, 15)) == ""
    assert complaint((3, 10)) == complaint((3, 14), newest=(3, 14)) == ""
    program(tmp_path, "python3.13", "echo 'no such version' >&2; exit 127")  # as pyenv's shims say
    program(tmp_path, "python3.12", "echo Python 3.12.1")
    assert complaint((3, 9)) == sentence + "Здесь есть python3.12: make notebooks PYTHON=python3.12"
    monkeypatch.setattr("sys.version_info", (3, 8, 18))
    assert main(["progress"]) == 1
    assert capsys.readouterr().err.startswith("Python 3.8 не подойдёт")


def test_no_python_at_all_is_one_sentence(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "praktikum/install.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    done = subprocess.run(["make", "notebooks", "PYTHON=python3.99"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == "Не найден python3.99: поставьте Python 3.10–3.13 с python.org\n"


def test_an_environment_without_its_python_is_made_again(tmp_path: Path) -> None:
    """As after an upgrade of the system's Python: the link leads nowhere."""
    for name in ("requirements.txt", "praktikum/install.py", ".venv/installed"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv/bin").mkdir()
    (tmp_path / ".venv/bin/python").symlink_to(tmp_path / "gone")
    command = ["make", "--dry-run", "progress"]
    assert "praktikum install" in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    (tmp_path / "gone").touch()
    assert "praktikum install" not in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout


@pytest.mark.parametrize(("command", "package"), [("check", "psutil"), ("lab", "jupyterlab"), ("build", "tomllib")])
def test_outside_the_environment_is_one_sentence(command: str, package: str) -> None:
    block = f"import sys; sys.modules[{package!r}] = sys.modules['tomli'] = None; sys.prefix = '/usr'; "
    code = f"{block} from praktikum.__main__ import main; sys.exit(main([{command!r}]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    lacks = "tomli" if package == "tomllib" else package
    advice = rf"(У практикума есть свой: \.venv/bin/python -m praktikum {command}|Сначала .*: make notebooks)\n"
    assert re.fullmatch(rf"В этом Python \(\S+\) нет пакета {lacks}\. {advice}", done.stderr)


def test_in_an_environment_where_something_is_missing_the_advice_is_to_install(monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.prefix", str(ROOT / ".venv"))
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    assert main(["lab"]) == 1
    assert capsys.readouterr().err.endswith("Поставьте недостающее: python3 -m praktikum install\n")


def test_a_command_works_from_any_folder(tmp_path: Path) -> None:
    done = run(tmp_path, "progress")
    assert done.returncode == 0 and "1. Микро-autograd" in done.stdout


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "lab", "--no-browser", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"порт {port} занят: может быть, JupyterLab уже запущен? Без --port найдётся свободный"
    ]


def test_an_address_that_is_not_ours_is_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "lab", "--no-browser", "--ip", "192.0.2.1")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("по адресу 192.0.2.1, порт 8888, JupyterLab не открыть: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "не хватает: КОМАНДА"),
        (["chek"], "нет такого: 'chek'; есть "),
        (["check", "--jobs", "0"], "--jobs: нужно целое число не меньше 1, а не '0'"),
        (["check", "--timeout", "x"], "--timeout: нужно целое число не меньше 1, а не 'x'"),
        (["check", "--report"], "после --report нужно значение"),
        (["progress", "--all"], "непонятно: --all"),
        (["lab", "--port", "http"], "--port: нужно целое число"),
        (["lab", "--port", "70000"], "--port: порт — число от 1 до 65535, а не 70000"),
        (["check", "--details=1"], "--details пишут без значения"),
    ],
)
def test_usage_errors_are_in_russian(arguments: list[str], words: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    printed = capsys.readouterr().err
    assert printed.startswith("Как вызвать: python -m praktikum") and words in printed
    assert not re.search(r"usage|error|argument|required|invalid", printed)


@pytest.mark.parametrize("command", [[], ["install"], ["lab"], ["progress"], ["check"], ["update"]])
def test_the_help_of_learners_and_teachers_is_in_russian(command: list[str], capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--help"])
    printed = capsys.readouterr().out
    assert "показать эту справку" in printed
    assert not re.search(r"usage|options|optional|positional|arguments|default|show this", printed)


BLOCKED = "import sys; sys.modules['distributed'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))"


@pytest.mark.parametrize("arguments", [[], ["solutions/00_start.ipynb"], ["."]])
def test_pytest_with_what_a_learner_has_tests_the_notebooks_and_says_what_it_lacks(arguments: list[str]) -> None:
    command = [sys.executable, "-c", BLOCKED, "--nbval", "--collect-only", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests/ needs distributed: run `make test`, or pip install -r requirements-dev.txt" in done.stdout
    assert "solutions/00_start.ipynb" in done.stdout and "tests/test_" not in done.stdout


def test_a_test_that_cannot_run_says_what_it_lacks() -> None:
    command = [sys.executable, "-c", BLOCKED, "tests/test_carry.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 4 and "Traceback" not in done.stderr
    assert "tests/ needs distributed: run `make test`, or pip install -r requirements-dev.txt" in done.stderr


def test_the_size_that_is_promised() -> None:
    """1.3 GB on the disk, as a new environment and the README announce; with CUDA about 5."""
    waiting, there = ["jupytext", "jupyter", "numpy", "torch", "nbval", "matplotlib"], {}
    while waiting:
        name = re.match(r"[\w.-]+", waiting.pop())[0]
        with suppress(PackageNotFoundError):  # what is needed on other systems only
            found = distribution(name)
            if found.metadata["Name"] not in there:
                there[found.metadata["Name"]] = found
                waiting += [need for need in found.requires or () if "extra ==" not in need]
    size = sum(path.locate().stat().st_size for one in there.values() for path in one.files if path.locate().exists())
    assert "1,3 ГБ" in (ROOT / "README.md").read_text(encoding="utf-8")
    with_cuda = any(name.startswith("nvidia") for name in there)
    assert (3e9 if with_cuda else 0.9e9) < size < (7e9 if with_cuda else 1.6e9)
