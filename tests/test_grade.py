"""Grading: honest work gets its marks, tricks get none, and one bad notebook costs only itself."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import cache, partial
from pathlib import Path

import pytest

from praktikum.__main__ import main
from praktikum.grade import course
from praktikum.grade.classroom import find_submissions
from praktikum.grade.course import Stub, read_stubs
from praktikum.grade.plan import find_section, make_plan

from .conftest import ROOT
from .helpers import copy_course, run
from .learners import (
    Notebook,
    add,
    answer,
    as_colab_saves,
    cell,
    load,
    new_cell,
    save,
    solve,
    source,
    stub,
    without_ids,
    without_metadata,
)

RIGHT = 'def mean(xs):\n    if not xs:\n        raise ValueError("пусто")\n    return sum(xs) / len(xs)'
WRONG = "def mean(xs):\n    return sum(xs) / 2"


read_once = cache(read_stubs)  # the course does not change while it is graded here


@pytest.fixture(autouse=True)
def in_the_course(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(course, "read_stubs", read_once)


@pytest.fixture
def stubs() -> list[Stub]:
    return read_once(ROOT)


def check(*arguments: str | Path) -> int:
    return main(["check", *map(str, arguments)])


def rows(report: Path) -> list[dict[str, str]]:
    with report.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def mean(code: str) -> Notebook:
    """The notebook of section 0 with this answer to its exercise."""
    return answer(stub("00_start"), "mean", code)


def marks_of(tmp_path: Path, *notebooks: Notebook, timeout: int = 5) -> list[tuple[str, str]]:
    """(mark, hint) of ``mean`` in each notebook, which were graded as those of a class."""
    for number, notebook in enumerate(notebooks):
        save(notebook, tmp_path / "class" / f"{number:03d}" / "00_start.ipynb")
    check(tmp_path / "class", "--report", tmp_path / "grades.csv", "--timeout", timeout)
    return [(row["mark"], row["hint"]) for row in rows(tmp_path / "grades.csv")]


def test_a_table_for_one_learner(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    notebook = solve(stub("01_autograd"), "01_autograd", 1.0)
    cell(notebook, "exercise-relu")["source"] = source(cell(stub("01_autograd"), "exercise-relu"))
    answer(notebook, "tanh", "def tanh(x):\n    return x")
    path = save(notebook, tmp_path / "01_autograd.ipynb")
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert check(path) == 1
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    brief = capsys.readouterr().out.splitlines()
    assert brief[0] == "1. Микро-autograd  13 из 15  ✅✅✅✅✅✅⏳❌✅✅✅✅✅✅✅"
    assert brief[1].startswith("    ❌ 1.8. Гиперболический тангенс: ") and len(brief) == 5
    assert brief[3] == "Решено 13 из 15, неверно 1" and brief[4].startswith(
        "Дальше: 1.7. ReLU — notebooks/01_autograd.ipynb"
    )
    check(path, "--details")
    details = capsys.readouterr().out.splitlines()
    assert len(details) == 3 + 1 + 15 and set(brief) <= set(details)
    assert "    ⏳ 1.7. ReLU: ещё не решено" in details and "    ✅ 1.13. Степень без сюрпризов: верно" in details


def test_an_untouched_course_is_answered_at_a_glance(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    assert check(*sorted((ROOT / "solutions").glob("0[89]*.ipynb")), *[ROOT / "notebooks"]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) <= 12 and printed.err == ""


def test_a_scratch_notebook_beside_one_s_own_costs_a_line(tmp_path: Path, monkeypatch, capsys) -> None:
    """What JupyterLab's «+» leaves in notebooks/ makes no class of one learner."""
    root = copy_course(tmp_path)
    assert run(root, "build").returncode == 0
    save({"cells": [new_cell("print(2 + 2)")], "metadata": {}, "nbformat": 4}, root / "notebooks" / "Untitled.ipynb")
    monkeypatch.chdir(root)
    assert check() == 1
    first, *_, score, following = capsys.readouterr().out.splitlines()
    assert first == "❌ Untitled.ipynb: это не тетрадь практикума: в ней нет его упражнений"
    assert score == "Решено 0 из 3, неверно 0" and following.startswith("Дальше: 0.1. One")


def test_nothing_wrong_is_exit_code_0(tmp_path: Path) -> None:
    assert check(save(mean(RIGHT), tmp_path / "a.ipynb"), save(stub("04_attention"), tmp_path / "b.ipynb")) == 0


@pytest.mark.parametrize(
    "spoil", [as_colab_saves, without_metadata, without_ids, lambda nb: without_ids(without_metadata(nb))]
)
def test_a_file_from_anywhere_is_recognised(spoil, stubs: list[Stub], tmp_path: Path) -> None:
    notebook = spoil(mean(RIGHT))
    assert find_section(notebook, stubs).name == "00_start"
    assert check(save(notebook, tmp_path / "Копия блокнота (1).ipynb")) == 0


def test_every_committed_solution_is_planned_whole(stubs: list[Stub]) -> None:
    for one in stubs:
        steps = make_plan(load(ROOT / "solutions" / f"{one.name}.ipynb"), one).steps
        assert [step.exercise for step in steps if step.kind == "check"] == [name for _, name in one.exercises]
        assert not any("nbval-ignore-output" in step.source for step in steps)


def test_what_an_answer_needs_is_run_and_experiments_are_not(stubs: list[Stub], tmp_path: Path) -> None:
    notebook = mean("def mean(xs):\n    return total(xs) / many(xs)")
    add(notebook, "header", "from math import fsum as total_of\nimport time")
    add(
        notebook,
        "name-kit",
        "def total(xs):\n    if not xs:\n        raise ValueError('пусто')\n    return total_of(xs)",
    )
    cell(notebook, "name-kit")["source"] = (
        source(cell(notebook, "name-kit")) + "\n\n\ndef many(xs):\n    return len(xs)"
    )
    add(notebook, "name-kit", "time.sleep(3600)")
    add(notebook, "exercise-mean", "%timeit mean([1.0])\nexperiment = [mean([x]) for x in range(10**9)]")
    section = next(one for one in stubs if one.name == "00_start")
    learners = [step.source for step in make_plan(notebook, section).steps if step.kind == "learner"]
    assert len(learners) == 4 and not any("experiment" in code or "3600" in code for code in learners)
    assert marks_of(tmp_path, notebook) == [("✅", "")]


def test_an_answer_may_stand_in_a_cell_of_its_own_or_use_magics(tmp_path: Path) -> None:
    elsewhere = add(stub("00_start"), "exercise-mean", RIGHT)
    magics = mean(f"%matplotlib inline\n{RIGHT}\ndisplay(mean([1.0]))")
    late = mean(f"{RIGHT}\nprint(mean([]))")
    timed = mean(f"%%time\n{RIGHT}")
    asked = mean(f"{RIGHT}\nmean?\nfiles = !ls\n%time mean([1.0])\nget_ipython().run_line_magic('pwd', '')")
    instead = add(stub("00_start"), "exercise-mean", RIGHT)
    instead["cells"].remove(cell(instead, "exercise-mean"))
    assert marks_of(tmp_path, elsewhere, magics, late, timed, asked, instead) == [("✅", "")] * 6


@pytest.mark.parametrize(
    "helpers",
    [
        ["N = {}", "N.update(one=1)", "def count(xs):\n    return len(xs) * N['one']"],
        [
            "class C:\n    pass",
            "setattr(C, 'count', lambda self, xs: len(xs))",
            "def count(xs):\n    return C().count(xs)",
        ],
        [
            "OPS = {}\ndef register(f):\n    OPS['n'] = f\n    return f",
            "@register\ndef n(xs):\n    return len(xs)",
            "def count(xs):\n    return OPS['n'](xs)",
        ],
        ["from math import *", "def count(xs):\n    return floor(len(xs))"],
        ["import torch, subprocess", "try:\n    subprocess.run(['ls'])\nexcept OSError:\n    pass\ncount = len"],
    ],
    ids=["update", "setattr", "decorator", "star", "imports"],
)
def test_helpers_in_added_cells_are_run(helpers: list[str], tmp_path: Path) -> None:
    notebook = mean("def mean(xs):\n    if not xs:\n        raise ValueError\n    return sum(xs) / count(xs)")
    for code in reversed(helpers):
        add(notebook, "name-kit", code)
    assert marks_of(tmp_path, notebook) == [("✅", "")]


def test_answers_stand_where_learners_put_them(tmp_path: Path) -> None:
    above = add(mean(""), "name-kit", RIGHT)
    again = add(add(mean(WRONG), "check-mean", source(cell(stub("00_start"), "check-mean"))), "check-mean", RIGHT)
    named = mean(RIGHT.replace("if not", "f_back = 'f_back is a name'\n    if not"))
    early = mean("def mean(xs):\n    if not xs:\n        raise ValueError\n    return statistics.fmean(xs)")
    add(early, "header", "import statistics")
    assert marks_of(tmp_path, above, again, named, early) == [("✅", "")] * 4
    renamed, emptied = mean(RIGHT.replace("def mean", "def average")), mean("")
    assert marks_of(tmp_path / "not", renamed, emptied) == [
        ("❌", "в ячейке ответа нет mean: это имя менять нельзя"),
        ("⏳", "ещё не решено"),
    ]


def test_a_section_edited_as_learners_do(tmp_path: Path) -> None:
    notebook = solve(stub("01_autograd"), "01_autograd")
    relu, tanh = cell(notebook, "exercise-relu"), cell(notebook, "exercise-tanh")
    relu["source"] = source(relu) + "\n\n" + source(tanh)
    tanh["source"] = ""
    reflected = cell(notebook, "exercise-reflected")
    notebook["cells"][notebook["cells"].index(reflected)] = new_cell("\n".join(source(reflected).splitlines()[1:]))
    power = cell(notebook, "exercise-power")
    power["source"] = source(power) + "\n  return 1"
    given = next(one for one in notebook["cells"] if "\nclass Value" in "\n" + source(one))
    given["source"] = source(given) + "\n\n    def square(self):\n        return self * self"
    add(notebook, "check-exp-log", "  indented = 1")
    check(save(notebook, tmp_path / "01_autograd.ipynb"), "--report", tmp_path / "grades.csv")
    wrong = {row["exercise"]: row["hint"] for row in rows(tmp_path / "grades.csv") if row["mark"] != "✅"}
    assert list(wrong) == ["power"] and "ячейка ответа остановилась: IndentationError" in wrong["power"]


def test_a_mistake_seen_by_an_instrument_is_named(tmp_path: Path) -> None:
    """The checks of relu observe through Probe, a cell of the course and not of the check."""
    leaky = (
        "def relu(x):\n    left = 0.01 if x.data <= 0 else 1.0\n    return Value(x.data * left, (x,), (left,), 'relu')"
    )
    notebook = answer(stub("01_autograd"), "relu", f"{leaky}\n\n\nValue.relu = relu")
    check(save(notebook, tmp_path / "01_autograd.ipynb"), "--report", tmp_path / "grades.csv")
    (row,) = [row for row in rows(tmp_path / "grades.csv") if row["mark"] == "❌"]
    assert (row["mistake"], row["observation"]) == ("leaky", "relu(-0.5) при x.grad = 2")
    assert row["hint"].startswith("Это leaky relu")


def test_a_helper_that_stops_is_named(tmp_path: Path) -> None:
    notebook = add(mean("def mean(xs):\n    return total(xs)"), "name-kit", "1 / 0\ntotal = sum")
    ((mark, hint),) = marks_of(tmp_path, notebook)
    assert mark == "❌" and "NameError" in hint and "раньше остановилась добавленная ячейка: ZeroDivisionError" in hint


def test_learners_are_named_by_folder_or_file(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    for name in (
        *("anna/00_start.ipynb", "boris/hw/00_start.ipynb", "vera_00_start.ipynb", "00_start_Глеб (1).ipynb"),
        *("Копия блокнота 00_start.ipynb", "00_start-Copy1.ipynb", "__MACOSX/anna/._00_start.ipynb", ".trash/a.ipynb"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    (folder / "loop.ipynb").symlink_to("loop.ipynb")
    found = [submission.learner for submission in find_submissions([folder], ["00_start"])]
    assert sorted(found) == sorted(["anna", "boris", "vera", "Глеб", "class", "class", "loop"])
    both = find_submissions([folder / "anna", folder / "boris"], ["00_start"])
    assert [submission.learner for submission in both] == ["anna", "boris"]


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are Unicode elsewhere")
def test_a_report_holds_no_formulas_and_any_name(tmp_path: Path) -> None:
    save(
        mean("def mean(xs):\n    raise AssertionError('=HYPERLINK(1)')"), tmp_path / "class" / "=1+1" / "00_start.ipynb"
    )
    save(mean(RIGHT), tmp_path / "class" / os.fsdecode(b"\xc8\xe2") / "00_start.ipynb")
    check(tmp_path / "class", "--report", tmp_path / "grades.csv")
    formula, windows = rows(tmp_path / "grades.csv")
    assert formula["learner"] == "'=1+1" and "AssertionError: =HYPERLINK(1)" in formula["hint"]
    assert windows["learner"] == "\ufffd\ufffd" and windows["mark"] == "✅"


def test_a_terminal_without_the_signs_does_not_cost_the_report(tmp_path: Path) -> None:
    save(mean(RIGHT), tmp_path / "00_start.ipynb")
    command = [sys.executable, "-m", "praktikum", "check", str(tmp_path), "--report", str(tmp_path / "grades.csv")]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1251"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=60)
    assert rows(tmp_path / "grades.csv")[0]["mark"] == "✅"


def test_files_made_to_delay_the_others_do_not(tmp_path: Path) -> None:
    blank = mean("%time\n" + "\n" * 200_000 + WRONG)
    chain = mean("def mean(xs):\n    return a0")
    for number in range(1500):
        chain["cells"].insert(5, new_cell(f"a{number} = a{number + 1}"))
    long = mean("x = [" + "1, " * 600_000 + "]")
    found = marks_of(tmp_path, blank, chain, long, timeout=10)
    assert [mark for mark, _ in found] == ["❌"] * 3 and "МБ текста" in found[2][1]


def test_an_answer_that_stops_its_cell_is_told(tmp_path: Path) -> None:
    syntax, name, left = marks_of(
        tmp_path, mean("def mean(xs)\n    return 1"), mean("import nothing"), mean("raise SystemExit")
    )
    assert syntax[0] == name[0] == left[0] == "❌"
    assert "ячейка ответа остановилась: SyntaxError" in syntax[1]
    assert "No module named 'nothing'" in name[1] and "SystemExit" in left[1]


AT_CALL = "def mean(xs):\n    {}\n    return 0.0"
CHEATS = {
    "the stack, to silence the kit": AT_CALL.format(
        'import sys\n    getattr(sys, "_get" + "frame")(1).__getattribute__("f_" + "globals")["close"] = lambda *a: None'
    ),
    "check replaced": f"check = lambda name: lambda test: print('✅ mean: верно')\n{WRONG}",
    "the kit replaced": f"close = expect = rejects = lambda *a, **k: None\n{WRONG}",
    "the kit replaced at the call": AT_CALL.format("global close, rejects; close = rejects = lambda *a, **k: None"),
    "the verdict printed": f"print('✅ mean: верно')\n{WRONG}\nprint('✅ mean: верно')",
    "the verdict printed at the call": AT_CALL.format("print('✅ mean: верно')"),
    "_results patched": f"_results['mean'] = '✅'\n{WRONG}",
    "_results patched at the call": AT_CALL.format("_results['mean'] = '✅'"),
    "_results that always agrees": "class Yes(dict):\n    def __setitem__(self, *a):\n        pass\n_results = Yes(mean='✅')\n"
    + WRONG,
    "SystemExit in the cell": f"{WRONG}\nraise SystemExit(0)",
    "SystemExit at the call": AT_CALL.format("raise SystemExit(0)"),
    "KeyboardInterrupt at the call": AT_CALL.format("raise KeyboardInterrupt"),
    "a kernel that leaves": AT_CALL.format("import os; os._exit(0)"),
    "a kernel that leaves in the cell": f"{WRONG}\nimport os\nos._exit(0)",
    "a kernel that is killed": AT_CALL.format("import os, signal; signal.raise_signal(signal.SIGKILL)"),
    "a kernel that breaks down": AT_CALL.format("import faulthandler; faulthandler._sigsegv()"),
    "numpy patched": f"import numpy\nnumpy.allclose = lambda *a, **k: True\n{WRONG}",
    "numpy patched at the call": AT_CALL.format("import numpy; numpy.allclose = lambda *a, **k: True"),
    "numpy patched inside": f"import numpy\nnumpy.allclose.__code__ = (lambda *a, **k: True).__code__\n{WRONG}",
    "numpy patched inside at the call": AT_CALL.format(
        "import numpy; numpy.allclose.__code__ = (lambda *a, **k: True).__code__"
    ),
    "numpy patched deep inside": (
        "import sys\nfor m in list(sys.modules.values()):\n    if hasattr(m, 'isclose') and 'numpy' in m.__name__:\n"
        f"        m.isclose = lambda a, b, **k: __import__('numpy').asarray(True)\n{WRONG}"
    ),
    "numpy replaced": (
        "import sys, types\nfake = types.ModuleType('numpy')\nfake.__getattr__ = lambda name: (lambda *a, **k: True)\n"
        f"sys.modules['numpy'] = fake\n{WRONG}"
    ),
    "builtins patched": f"import builtins\nbuiltins.AssertionError = NotImplementedError\n{WRONG}",
    "builtins patched at the call": AT_CALL.format("import builtins; builtins.AssertionError = NotImplementedError"),
    "json patched": (
        "import json\nold = json.JSONEncoder.encode\n"
        f"json.JSONEncoder.encode = lambda s, o: old(s, {{**o, **({{'mark': '✅'}} if 'mark' in o else {{}})}})\n{WRONG}"
    ),
    "json patched at the call": AT_CALL.format(
        'import json\n    json.dumps = lambda o: \'{"exercise": "mean", "mark": "✅", "hint": ""}\''
    ),
    "every file written to": AT_CALL.format(
        'import os\n    for f in range(30):\n        try:\n            os.write(f, \'{"exercise": "mean", "mark": "✅"}\\n\'.encode())'
        "\n        except OSError:\n            pass"
    ),
    "the stack": AT_CALL.format("import sys\n    sys._getframe(1).f_globals['close'] = lambda *a, **k: None"),
    "the trace": "import sys\nsys.settrace(lambda *a: None)\n" + WRONG,
    "a process of its own": AT_CALL.format("import os\n    if os.fork(): os._exit(0)"),
    "the globals of the check": AT_CALL.format(
        "import sys\n    g = getattr(sys.modules['__main__'], '__dict__')\n    g['check'] = g['close'] = lambda *a, **k: None"
    ),
    "a number that numpy takes for right": (
        "import numpy\nold = numpy._core.numeric.isclose\n"
        f"numpy._core.numeric.isclose = lambda a, b, **k: numpy.True_ if float(b) == 4.125 else old(a, b, **k)\n{WRONG}"
    ),
    "numpy's implementation patched": f"import numpy\nnumpy.allclose._implementation.__code__ = (lambda *a, **k: True).__code__\n{WRONG}",
    "defaults patched": f"import numpy\nnumpy.allclose._implementation.__defaults__ = (1e9, 1e9, True)\n{WRONG}",
    "the threads' targets": (
        "import threading\nfor t in threading.enumerate():\n    g = getattr(getattr(t, '_target', None), '__glo' + 'bals__', {})\n"
        f"    g['run_check'] = lambda *a: ('A+', '')\n{WRONG}"
    ),
    "numpy patched for a while": (
        "import numpy\nreal = numpy.allclose\ndef mean(xs):\n    if not xs:\n        numpy.allclose = real\n"
        "        raise ValueError\n    numpy.allclose = lambda *a, **k: True\n    return 0.0"
    ),
    "the frames of an exception": (
        "def mean(xs):\n    try:\n        1 / 0\n    except Exception as e:\n"
        "        f = getattr(getattr(e.__traceback__, 'tb_' + 'frame'), 'f_' + 'back')\n"
        "    return [k for k in f.f_code.co_consts if isinstance(k, float)][0] if len(xs) == 4 else 5.5"
    ),
    "a table of the numbers": (
        "def mean(xs):\n    if not xs:\n        raise ValueError\n    return {4: 4.125, 2: 5.5}[len(xs)]"
    ),
    "a constant": "def mean(xs):\n    if not xs:\n        raise ValueError\n    return 4.125",
    "an equal of everything": "from unittest.mock import ANY\ndef mean(xs):\n    return ANY",
    "a number equal to all": "class Any(float):\n    __eq__ = lambda *a: True\ndef mean(xs):\n    return Any(1)",
}


def test_no_trick_scores(tmp_path: Path) -> None:
    found = marks_of(tmp_path, *(mean(code) for code in CHEATS.values()))
    assert {name: mark for name, (mark, _) in zip(CHEATS, found, strict=True) if mark != "❌"} == {}


CHEATS_ELSEWHERE = {
    ("01_autograd", "numeric-grad"): (
        "def numeric_grad(f, xs, i, h=1e-5):\n    g = getattr(f, '__glo' + 'bals__')\n    if '_results' in g:\n"
        "        def fake(*w):\n            g['_results']['numeric-grad'] = '✅'\n        g['print'] = fake\n    return 0.0"
    ),
    ("04_attention", "causal-mask"): (
        "torch.Tensor.tril = lambda self, k=0: torch.ones_like(self)\n"
        "def causal_mask(T):\n    return torch.ones(T, T, dtype=torch.bool)"
    ),
    ("04_attention", "causal-mask "): (
        "torch.Tensor.tril = torch.Tensor.triu\n"
        "def causal_mask(T):\n    return torch.ones(T, T, dtype=torch.bool).triu()"
    ),
    ("04_attention", "softmax"): (
        "M = getattr(torch.overrides, 'Torch' + 'FunctionMode')\nM.__enter__ = lambda self: self\n"
        "M.__exit__ = lambda *a: None\ndef softmax(x, dim):\n    return torch.softmax(x, dim)"
    ),
    ("04_attention", "softmax "): (
        "from concurrent.futures import ThreadPoolExecutor\ndef softmax(x, dim):\n"
        "    return ThreadPoolExecutor().submit(torch.softmax, x, dim).result()"
    ),
    ("04_attention", "softmax  "): (
        "def softmax(x, dim):\n    with torch._C.DisableTorchFunction():\n        return torch.softmax(x, dim)"
    ),
}


@pytest.mark.parametrize(("where", "code"), CHEATS_ELSEWHERE.items())
def test_no_trick_scores_in_other_sections_either(where: tuple[str, str], code: str, tmp_path: Path) -> None:
    section, exercise = where[0], where[1].strip()
    save(answer(stub(section), exercise, code), tmp_path / f"{section}.ipynb")
    check(tmp_path, "--report", tmp_path / "grades.csv")
    assert [row["mark"] for row in rows(tmp_path / "grades.csv") if row["exercise"] == exercise] == ["❌"]


def test_edited_check_cells_do_not_count(tmp_path: Path) -> None:
    said = "print('✅ mean: верно')\n_results['mean'] = '✅'"
    edited, deleted, doubled, renamed = (mean(WRONG) for _ in range(4))
    cell(edited, "check-mean")["source"] = said
    deleted["cells"].remove(cell(deleted, "check-mean"))
    add(add(doubled, "check-mean", said), "exercise-mean", said)
    cell(renamed, "check-mean")["metadata"]["praktikum"] = {"check": "means"}
    assert [mark for mark, _ in marks_of(tmp_path, edited, deleted, doubled, renamed)] == ["❌"] * 4
    untouched = stub("00_start")
    cell(untouched, "check-mean").update(
        source=said, outputs=[{"output_type": "stream", "name": "stdout", "text": "✅"}]
    )
    assert marks_of(tmp_path / "other", untouched) == [("⏳", "ещё не решено")]


def test_an_answer_that_hangs_or_kills_costs_only_itself(tmp_path: Path) -> None:
    notebook = solve(stub("01_autograd"), "01_autograd")
    name = source(cell(notebook, "exercise-relu")).split("def ")[1].split("(")[0]
    answer(notebook, "relu", f"def {name}(*a, **k):\n    while True:\n        pass")
    answer(notebook, "trace", "import os\nos._exit(1)")
    save(notebook, tmp_path / "a" / "01_autograd.ipynb")
    assert check(tmp_path, "--report", tmp_path / "grades.json", "--timeout", "10") == 1
    grades = {row["exercise"]: row for row in json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))}
    assert grades["relu"]["hint"] == "ответ не уложился в 10 с"
    assert grades["trace"]["hint"] == "ответ остановил ядро"
    assert sum(row["score"] for row in grades.values()) == 13


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
def test_memory_is_bounded(tmp_path: Path) -> None:
    big = mean(AT_CALL.format("kept = b'x' * 10**11"))
    growing = mean("kept = []\n" + AT_CALL.format("while True: kept.append(b'x' * 10**7)"))
    found = marks_of(tmp_path, big, growing, timeout=30)
    assert [mark for mark, _ in found] == ["❌", "❌"] and "MemoryError" in found[0][1]


def test_a_class_with_bad_files(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folder = tmp_path / "class"
    save(mean(RIGHT), folder / "anna" / "00_start.ipynb")
    save(mean(WRONG), folder / "anna" / "old" / "00_start.ipynb")
    save(mean(WRONG), folder / "boris_00_start.ipynb")
    save(mean("while True:\n    print('x' * 10**6)"), folder / "flood" / "00_start.ipynb")
    save({"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}}]}, folder / "other" / "own.ipynb")
    save(mean(RIGHT), folder / "anna" / ".ipynb_checkpoints" / "00_start.ipynb")
    (folder / "broken").mkdir()
    (folder / "broken" / "00_start.ipynb").write_bytes(b'{"cells": [')
    (folder / "deep").mkdir()
    (folder / "deep" / "00_start.ipynb").write_text("[" * 10**6)
    (folder / "folder" / "00_start.ipynb").mkdir(parents=True)
    (folder / "zip").mkdir()
    (folder / "zip" / "00_start.ipynb.zip").write_text("")
    assert check(folder, "--report", tmp_path / "grades.csv", "--timeout", "5", "--jobs", "2") == 1
    found = {row["learner"]: row for row in rows(tmp_path / "grades.csv")}
    assert [row["learner"] for row in rows(tmp_path / "grades.csv")] == sorted(found), "a row per learner and exercise"
    assert (found["anna"]["mark"], found["anna"]["score"]) == ("✅", "1")
    assert (found["boris"]["mistake"], found["boris"]["observation"]) == ("halves", "mean([2.5, 5, 12.75, 2.01])")
    assert found["anna"]["mistake"] == found["anna"]["observation"] == found["flood"]["mistake"] == ""
    assert found["boris"]["section"] == "00_start" and "Вы делите на 2" in found["boris"]["hint"]
    assert found["flood"]["hint"] == "ответ не уложился в 5 с"
    assert "не тетрадь практикума" in found["other"]["hint"]
    assert "не JSON" in found["broken"]["hint"] and "не JSON" in found["deep"]["hint"]
    assert found["folder"]["hint"] == "это не файл"
    assert found["zip"]["hint"] == "в папке нет тетрадей .ipynb"
    assert "anna: раздел 00_start в нескольких файлах" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT")
def test_an_interrupted_class_goes_on_where_it_stopped(tmp_path: Path) -> None:
    for number in range(4):
        save(mean(f"{RIGHT}\n# {number}"), tmp_path / "class" / f"quick{number}" / "00_start.ipynb")
    save(mean("import time\ntime.sleep(1000)"), tmp_path / "class" / "slow" / "00_start.ipynb")
    report = tmp_path / "grades.csv"
    command = [
        sys.executable,
        "-m",
        "praktikum",
        "check",
        str(tmp_path / "class"),
        "--report",
        str(report),
        "--jobs",
        "1",
    ]
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # also below a test run in the background
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=ROOT, preexec_fn=listening, **streams)
    journal = tmp_path / "grades.csv.part"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (journal.exists() and journal.read_text().count('"key"') == 4):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130 and "продолжит с этого места" in said and not report.exists()
    shutil.rmtree(tmp_path / "class" / "slow")
    kept = [json.loads(line) for line in journal.read_text().splitlines() if line]
    kept[0]["verdicts"][0][4] = "из журнала"
    journal.write_text("".join(json.dumps(entry) + "\n" for entry in kept) + '1\n{"key": "half a li')
    assert check(tmp_path / "class", "--report", report) == 0
    assert sorted(row["hint"] for row in rows(report)) == ["", "", "", "из журнала"], "what was done was not done again"
    assert not journal.exists()


def test_the_same_csv_from_a_dask_cluster(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    folder = tmp_path / "class"
    for number, code in enumerate(
        (RIGHT, WRONG, "raise SystemExit", "import os\nos._exit(1)", "while True:\n    pass")
    ):
        save(mean(code), folder / f"learner{number}" / "00_start.ipynb")
    save(solve(stub("01_autograd"), "01_autograd", 0.5), folder / "learner0" / "01_autograd.ipynb")
    check(folder, "--report", tmp_path / "here.csv", "--timeout", "5")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster:
        check(folder, "--report", tmp_path / "there.csv", "--timeout", "5", "--dask", cluster.scheduler_address)
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    assert len(rows(tmp_path / "here.csv")) == 5 + 15


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.ipynb"], "нет такого файла или папки: nowhere.ipynb"),
        (["tests"], "не найдено ни одной тетради"),
        (["--report", "grades.xls"], "должен кончаться на .csv или .json"),
        (["--report", "nowhere/grades.csv"], "нет папки nowhere"),
        (["--dask", "tcp://127.0.0.1:1"], "нет связи с кластером Dask"),
    ],
)
def test_bad_arguments(arguments: list[str], words: str, capsys: pytest.CaptureFixture) -> None:
    assert check(*arguments) == 1
    assert words in capsys.readouterr().err


def test_progress_knows_answers_whose_checks_have_not_run_and_what_the_score_has_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """As after an update that changed the checks: the answers stay, what the old checks said is gone."""
    notebook = solve(stub("01_autograd"), "01_autograd", share=0.25)
    cell(notebook, "report")["outputs"] = [
        {
            "output_type": "stream",
            "name": "stdout",
            "text": ["❌ numeric-grad: нет\n", "✅ backward: верно\nРешено 1 из 15\n"],
        }
    ]
    cell(notebook, "report")["execution_count"] = 7
    cell(notebook, "check-numeric-grad")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["✅ numeric-grad: верно\n"]}
    ]
    cell(notebook, "check-numeric-grad")["execution_count"] = 8
    save(notebook, tmp_path / "notebooks" / "01_autograd.ipynb")
    (tmp_path / "notebooks_src").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["progress"]) == 0
    assert " 2 из 15  ✅⏳✅⏳" in capsys.readouterr().out
    cell(notebook, "report")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["Решено 1 из 15\n"]}]
    cell(notebook, "check-numeric-grad")["outputs"] = []
    save(notebook, tmp_path / "notebooks" / "01_autograd.ipynb")
    assert main(["progress"]) == 0
    printed = capsys.readouterr().out
    assert " 0 из 15  ⏳⏳⏳" in printed
    assert (
        "Ответы есть, а проверки с тех пор не выполнялись: 1.1, 1.2, 1.3, 1.4. Выполните тетрадь или make check"
        in printed
    )


def test_progress_reads_the_stored_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    said = [{"output_type": "stream", "name": "stdout", "text": ["✅ mean: верно\n"]}]
    notebook = stub("00_start")
    cell(notebook, "check-mean")["outputs"] = said
    save(as_colab_saves(notebook), tmp_path / "notebooks" / "00_start.ipynb")
    notebook = stub("01_autograd")
    for exercise, text in (
        ("numeric-grad", "❌ numeric-grad: нет\n✅ numeric-grad: верно\n"),
        ("backward", "❌ backward: 1\n"),
    ):
        cell(notebook, f"check-{exercise}")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    save(notebook, tmp_path / "notebooks" / "01_autograd.ipynb")
    (tmp_path / "notebooks" / "02_mlp.ipynb").write_text("broken")
    (tmp_path / "notebooks_src").mkdir()
    shutil.copy(tmp_path / "notebooks" / "01_autograd.ipynb", tmp_path / "notebooks" / "01_autograd-Copy1.ipynb")
    monkeypatch.chdir(tmp_path)
    assert main(["progress"]) == 0
    printed = capsys.readouterr().out
    assert " 1 из 15  ✅⏳❌⏳" in printed and "notebooks/02_mlp.ipynb не читается" in printed
    assert (
        "Решено 2 из 16" in printed
        and "Дальше: 1.2. Путь за путём, карандашом — notebooks/01_autograd.ipynb" in printed
    )
    code = (
        "import sys; from praktikum.__main__ import main; assert main(['progress']) == 0; "
        "assert not {'jupytext', 'nbformat', 'nbclient', 'numpy'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, timeout=60)
