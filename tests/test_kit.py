"""The kit of section 0: what it says of every kind of answer, in a shell like a notebook's."""

from __future__ import annotations

import builtins
import json
import linecache
import math
import re
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from praktikum.mistakes.table import packed
from praktikum.source import read_section

from .conftest import ROOT

START = read_section(ROOT / "notebooks_src" / "00_start.md", ROOT)
KIT = "\n\n\n".join(START.named(name).source for name in ("kit", "comparison", "yours"))


class Misbehaved:
    """An object that answers every question with an error."""

    def __eq__(self, other):
        raise RuntimeError

    def __repr__(self):
        raise RuntimeError

    def __getattr__(self, name):
        raise RuntimeError

    __hash__ = None


RECURSIVE: list[Any] = []
RECURSIVE.append(RECURSIVE)
STRANGE = [
    "5", "x", b"5", None, True, 5, -0.0, 5.0000001, 10**400, math.nan, math.inf, 1 + 2j, Fraction(5), int, object(),
    Misbehaved(), RECURSIVE, {}, {1, 2}, (i for i in range(3)), len, [1, [2]], [Misbehaved()], [], (), [None],
    np.float32(5), np.array(["a"]), np.array(None), np.array([1.0, 2.0]), np.zeros((0, 3)), np.bool_(True),
    torch.nn.Linear(2, 2), torch.tensor(5), torch.tensor([5.0]), torch.empty(3, device="meta"),
    torch.tensor(5.0, dtype=torch.bfloat16, requires_grad=True), torch.tensor([1 + 2j]), [torch.tensor(1.0), 2],
]  # fmt: skip
WANTED = [5.0, 5, [1.0, 2.0], np.zeros((2, 3)), True, [True, False], "x", ["a", 1], (True, 2.0), ValueError, list, None]
EQUAL = [
    (5, 5.0), (np.float32(0.1), 0.1), (torch.tensor([1, 2]), [1.0, 2.0]), ((1, 2), [1, 2]),
    ([np.int64(1), 2.0], [1, 2]),
    (torch.tensor([[1.5]], dtype=torch.float16), [[1.5]]), (math.nan, math.nan), (math.inf, math.inf), ([], []),
    (torch.tensor(2.0, requires_grad=True), 2.0), (np.bool_(True), True), (torch.tensor(True), True), ("a", "a"),
    ([torch.tensor(1.0, requires_grad=True), 2], [1, 2]), (["a", 1], ["a", 1.0]), (list, list), (None, None),
    (torch.tensor([1.0], dtype=torch.bfloat16), [1.0]), (1.0, True + 0.0), ([[1], [2, 3]], [[1], [2, 3]]),
]  # fmt: skip
UNEQUAL = [
    ("5", 5), (True, "x"), (1.0, True), (1, True), ([1, 2], [1, 2, 3]), ([[1, 2]], [1, 2]), (math.nan, 1.0),
    (-math.inf, math.inf),
    (7, 8), (10**15, 10**15 + 1), ([True, 0.0], [True, False]), (1 + 0j, 1.0), (Fraction(1, 2), 0.5), ("a", "b"),
    (tuple, list),
]  # fmt: skip


@pytest.fixture
def kit() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(KIT, "<kit>", "exec"), names)
    return names


def words(kit: dict[str, Any], got: Any, want: Any, **options: float) -> str:
    """What ``same`` says; empty if it is content."""
    try:
        kit["same"](got, want, "наблюдение", **options)
    except AssertionError as different:
        return different.args[2]
    return ""


def test_nothing_that_an_answer_returns_stops_the_kit(kit: dict[str, Any]) -> None:
    for got, want in product(STRANGE, WANTED):
        kit["check"]("strange")(lambda got=got, want=want: kit["same"](got, want, "наблюдение"))
        mark = kit["_results"]["strange"]
        assert mark.sign in "✅❌" and len(mark.words) <= 300
        json.dumps(mark.came)
        assert "проверка" != mark.what, mark.words


@pytest.mark.parametrize(("got", "want"), EQUAL, ids=repr)
def test_equal(kit: dict[str, Any], got: Any, want: Any) -> None:
    assert words(kit, got, want) == ""


@pytest.mark.parametrize(("got", "want"), UNEQUAL, ids=repr)
def test_unequal(kit: dict[str, Any], got: Any, want: Any) -> None:
    assert words(kit, got, want)


SAID = [
    (8.25, 4.125, "ожидалось 4.125, получилось 8.25"),
    (20.08553692, 20.08553693, "ожидалось 20.08553693, получилось 20.08553692"),
    ([54, -36, -18], [27, -18, -9], "ожидалось [27, -18, -9], получилось [54, -36, -18]"),
    (np.arange(12).reshape(3, 4) == 6, np.zeros((3, 4), bool), "строка 1, столбец 2: ожидалось False, получилось True"),
    (np.arange(40), np.arange(1, 41), "место 0: ожидалось 1, получилось 0; различаются 40 из 40"),
    (np.zeros((2, 3, 4)), np.ones((2, 3, 4)), "место [0, 0, 0]: ожидалось 1, получилось 0; различаются 24 из 24"),
    (np.zeros((3, 2)), np.zeros((2, 3)), "ожидалась форма (2, 3), получилась (3, 2)"),
    ([4.0], 4.0, "ожидалась форма (), получилась (1,); у числа форма ()"),
    ("4.0", 4.0, "ожидалось число, а пришло '4.0'"),
    (None, 4.0, "функция ничего не вернула, нет return?"),
    (False, True, "это не так"),
    (["a", "b"], ["a", "c"], "место 1: ожидалось 'c', получилось 'b'"),
    (["a"], ["a", "c"], "ожидалось элементов: 2, получилось: 1"),
    (lambda: 5, ValueError, "ожидалась ошибка ValueError, а вернулось 5"),
    (tuple, list, "ожидалось list, получилось tuple"),
]


@pytest.mark.parametrize(("got", "want", "said"), SAID, ids=[said for *_, said in SAID])
def test_words(kit: dict[str, Any], got: Any, want: Any, said: str) -> None:
    assert words(kit, got, want, tol=1e-12).startswith(said)


def test_the_tolerance_is_that_of_the_observation(kit: dict[str, Any]) -> None:
    assert words(kit, 1.0, 1.0 + 5e-7) == "" and words(kit, 1.0, 1.0 + 5e-6)
    assert words(kit, 1.0, 1.02, tol=0.03) == "" and words(kit, 1.0, 1.0 + 1e-9, tol=1e-12)
    assert words(kit, 1e-9, 2e-9, tol=1e-12)


def test_an_exception_is_an_observation(kit: dict[str, Any]) -> None:
    assert isinstance(kit["same"](lambda: int("x"), ValueError, ""), ValueError)
    assert words(kit, lambda: int("x"), KeyError).startswith(
        "ожидалась ошибка KeyError, а код остановился: ValueError: inv"
    )
    with pytest.raises(NotImplementedError):
        words(kit, lambda: (_ for _ in ()).throw(NotImplementedError()), 5)


def test_without_bz2_checks_use_generic_words(kit: dict[str, Any], monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "bz2", None)
    kit["mistakes"](packed({"double": {"square": ["это квадрат", [["double(3)", 9.0]]]}}))
    assert "нет bz2" in capsys.readouterr().out
    kit["check"]("double")(lambda: kit["same"](9, 6, "double(3)"))
    assert capsys.readouterr().out.startswith("❌ double: double(3): ожидалось 6, получилось 9\n")


EXERCISE = "# Упражнение 1.1: double\ndef double(x):\n    {}\n"
UNSOLVED = EXERCISE.format("raise NotImplementedError  # ваш код вместо этой строки")
CHECK = '@check("double")\ndef _():\n    same(lambda: double(3), 6, "double(3)")\n'
TABLE = {"double": {"square": ["Это квадрат, а нужно удвоить.", [["double(3)", 9.0]]]}}
REPORT = 'report({"double": "1.1. Удвоение"})'


@pytest.fixture
def run(capsys: pytest.CaptureFixture) -> Iterator[Callable[[str], str]]:
    """Run a cell in a notebook's shell with the kit and a table of mistakes; return what it printed."""
    InteractiveShell.clear_instance()
    original = builtins.print
    shell = InteractiveShell.instance()

    def run_cell(source: str) -> str:
        capsys.readouterr()
        shell.run_cell(source, store_history=True)
        return re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)

    assert run_cell(KIT) == "" and run_cell(f'mistakes("{packed(TABLE)}")') == ""
    yield run_cell
    InteractiveShell.clear_instance()
    builtins.print = original
    linecache.clearcache()


def test_waiting_wrong_right(run: Callable[[str], str]) -> None:
    run(UNSOLVED)
    assert run(CHECK) == "⏳ double: ещё не решено\n"
    run(EXERCISE.format("return x**2"))
    assert run(CHECK) == "❌ double: Это квадрат, а нужно удвоить. (double(3): ожидалось 6, получилось 9)\n"
    assert run("print(_results['double'].mistake, _results['double'].what)") == "square double(3)\n"
    run(EXERCISE.format("return x + 4"))
    assert run(CHECK).startswith("❌ double: double(3): ожидалось 6, получилось 7\n   Непонятно, в чём дело?")
    assert run('ask("double")').endswith("получилось 7\n\n# Упражнение 1.1: double\ndef double(x):\n    return x + 4\n")
    run(EXERCISE.format("return x + x"))
    assert run(CHECK) == "✅ double: верно\n"


def test_an_error_names_the_line_of_the_answer_and_shows_it(run: Callable[[str], str]) -> None:
    run(EXERCISE.format("y = 2\n    return y * z"))
    assert "код остановился: NameError: name 'z' is not defined, строка 4: return y * z\n" in run(CHECK)
    run(EXERCISE.format("return math.sqrt(-x)").replace("def", "import math\ndef", 1))
    assert "строка 4: return math.sqrt(-x)" in run(CHECK)
    run("def helper(x):\n    return x / 0\n")
    run(EXERCISE.format("return helper(x)"))
    assert "ZeroDivisionError: division by zero, строка 3: return helper(x)" in run(CHECK)
    run(EXERCISE.format("raise SystemExit"))
    assert "код остановился: SystemExit" in run(CHECK)


def test_an_answer_that_calls_another_unsolved_exercise_waits(run: Callable[[str], str]) -> None:
    run("def triple(x):\n    raise NotImplementedError  # ваш код вместо этой строки\n")
    run(EXERCISE.format("return triple(x) - x"))
    assert run(CHECK) == "⏳ double: ваш код вызывает triple, а она ещё не решена\n"


def test_an_interrupted_loop_gets_a_sentence(run: Callable[[str], str]) -> None:
    run(EXERCISE.format("while True:\n        if x := 1: raise KeyboardInterrupt  # как если бы ядро прервали здесь"))
    said = run(CHECK)
    assert said.startswith("❌ double: double(3): вы прервали вычисление, строка 4: if x := 1: raise")
    assert "меняется ли условие цикла" in said


def test_a_cell_that_does_not_parse_is_noticed_by_its_check_and_by_the_score(run: Callable[[str], str]) -> None:
    run(EXERCISE.format("return x + x"))
    assert run(CHECK) == "✅ double: верно\n"
    run(EXERCISE.format("return (x + x"))
    said = run(CHECK)
    assert said.startswith("❌ double: ячейку с ответом Python не прочитал") and "строка 3: return (x + x" in said
    assert "Решено 0 из 1" in run(REPORT)
    run("def double(x):\n    return 2 * x")
    assert run(CHECK) == "✅ double: верно\n"
    run("def double(x:\n    return 2 * x")
    assert "Решено 0 из 1\n❌ 1.1. Удвоение" in run(REPORT)


def test_a_cell_with_magic_or_await_is_read(run: Callable[[str], str]) -> None:
    run(EXERCISE.format("return x + x") + "%time double(2)\n")
    assert run(CHECK) == "✅ double: верно\n"
    run("import asyncio\n" + EXERCISE.format("return x + x") + "await asyncio.sleep(0)\n")
    assert run(CHECK) == "✅ double: верно\n"


def test_the_score_judges_an_answer_below_its_check(run: Callable[[str], str]) -> None:
    run(UNSOLVED)
    run(CHECK)
    run("def double(x):\n    return x**2")
    assert run(REPORT).startswith("❌ double: Это квадрат")
    run("def double(x):\n    return 2 * x")
    assert run(REPORT).startswith("✅ double: верно\nРешено 1 из 1\n✅ 1.1. Удвоение\n")
    assert run(REPORT).startswith("Решено 1 из 1\n"), "nothing has changed: nothing is judged again"


def mark(kit: dict[str, Any], good: bool) -> None:
    kit["check"]("f")(lambda: kit["same"](good, True, "наблюдение"))


def test_the_learner_s_own_piece_goes_on_if_its_check_accepts_it(
    kit: dict[str, Any], capsys: pytest.CaptureFixture
) -> None:
    yours = kit["yours"]
    assert yours("f", 1, instead=2) == 2
    mark(kit, False)
    assert yours("f", 1, instead=2) == 2
    mark(kit, True)
    assert yours("f", 1, instead=2) == 1
    said = [line for line in capsys.readouterr().out.splitlines() if "дальше" in line]
    assert said == ["f: верного решения пока нет, дальше работает готовое"] * 2 + ["f: дальше работает ваше решение"]


def test_a_right_piece_that_is_slow_or_stops_does_not_go_on(kit: dict[str, Any], capsys: pytest.CaptureFixture) -> None:
    mark(kit, True)
    assert kit["yours"]("f", 0.3, 0.001, trial=time.sleep) == 0.001
    assert "но шаг с ним дольше в" in capsys.readouterr().out
    assert kit["yours"]("f", "x", 0.001, trial=time.sleep) == 0.001
    assert "с вашим решением шаг остановился" in capsys.readouterr().out
    assert kit["yours"]("f", 0.002, 0.001, trial=time.sleep) == 0.002


def test_an_answer_that_was_changed_after_its_check_is_checked_again(kit: dict[str, Any]) -> None:
    exec("def f(): return 1", kit)
    exec("@check('f')\ndef _():\n    same(f(), 1, 'наблюдение')", kit)
    assert kit["yours"]("f", kit["f"], instead=None) is kit["f"]
    exec("def f(): return 2", kit)
    assert kit["yours"]("f", kit["f"], instead=None) is None
