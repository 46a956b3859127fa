"""What the text says of two models, two heads or two settings, run over seeds: ``python -m tests.claims [SECTION]``.

Beside this file stands a script for each section: a function for each claim, its docstring the sentence, which returns
a number for each seed; the claim holds for a seed whose number is above 0. It takes minutes, so no test runs it.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

SEEDS = range(100, 108)  # not those of the notebooks
HERE = Path(__file__).parent


def scripts(names: Sequence[str]) -> Iterator[ModuleType]:
    """The scripts of these sections, or of all."""
    for path in sorted(HERE.glob("[0-9]*.py")):
        if not names or path.stem in names:
            spec = importlib.util.spec_from_file_location(f"{__name__}.{path.stem}", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            yield module


def claims(module: ModuleType) -> list[Callable[[], Sequence[float]]]:
    """The public functions that a script defines, in its order."""
    found = inspect.getmembers(module, inspect.isfunction)
    mine = [f for name, f in found if f.__module__ == module.__name__ and not name.startswith("_")]
    return sorted(mine, key=lambda f: f.__code__.co_firstlineno)


def line(claim: Callable[[], Sequence[float]]) -> str:
    """The claim, in how many seeds it held, and the number of each."""
    numbers = list(claim())
    held = sum(number > 0 for number in numbers)
    words = " ".join(inspect.getdoc(claim).split())
    return f"{words}\n  {held} of {len(numbers)}: " + " ".join(f"{number:.3g}" for number in numbers)
