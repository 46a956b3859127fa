"""The engine that section 2 carries, against torch in float64."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from .engine import section_namespace

ENGINE = section_namespace("02_mlp", "engine")
Value, backward = ENGINE["Value"], ENGINE["backward"]

# name: (number of operands, the operation; the same text means the same for Value and for tensors)
OPERATIONS: dict[str, tuple[int, Any]] = {
    "+": (2, lambda a, b: a + b),
    "-": (2, lambda a, b: a - b),
    "*": (2, lambda a, b: a * b),
    "/": (2, lambda a, b: a / (b * b + 0.5)),
    "2 -": (1, lambda a: 2 - a),
    "1 /": (1, lambda a: 1 / (a * a + 1)),
    "3 *": (1, lambda a: 3 * a),
    "neg": (1, lambda a: -a),
    "square": (1, lambda a: a**2),
    "root": (1, lambda a: (a * a + 0.1) ** 0.5),
    "tanh": (1, lambda a: a.tanh()),
    "relu": (1, lambda a: a.relu()),
    "exp": (1, lambda a: (a.tanh() * 2).exp()),
    "log": (1, lambda a: (a * a + 0.2).log()),
}
LEAVES = st.lists(st.floats(-2, 2).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=4)
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=25
)


def evaluate(program: list[tuple[str, int, int]], leaves: list[Any]) -> Any:
    """Each step applies an operation to earlier results, so values are shared in many ways."""
    results = list(leaves)
    for name, i, j in program:
        count, operation = OPERATIONS[name]
        operands = [results[i % len(results)], results[j % len(results)]][:count]
        results.append(operation(*operands))
    return results[-1] + sum(results) * 0.25


@settings(max_examples=300, deadline=None, derandomize=True)
@given(LEAVES, PROGRAMS)
def test_gradients_of_random_expressions(numbers: list[float], program: list[tuple[str, int, int]]) -> None:
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]
    want = evaluate(program, tensors)
    if not math.isfinite(want.item()) or abs(want.item()) > 1e100:
        return
    want.backward()
    values = [Value(x) for x in numbers]
    got = evaluate(program, values)
    backward(got)
    assert got.data == pytest.approx(want.item(), rel=1e-9, abs=1e-9)
    for value, tensor in zip(values, tensors, strict=True):
        if math.isfinite(tensor.grad.item()):
            assert value.grad == pytest.approx(tensor.grad.item(), rel=1e-7, abs=1e-9)


def test_the_expression_of_the_workbook() -> None:
    a, b, c = Value(2.0, label="a"), Value(-3.0), Value(1.5)
    f = (a * b + c) ** 2
    f.grad = 1.0
    backward(f)
    assert (f.data, a.grad, b.grad, c.grad) == (20.25, 27.0, -18.0, -9.0)
    assert a.label == "a" and f._op == "**2" and len(f._prev) == 1
    assert ENGINE["topological_sort"](f)[-1] is f


def test_a_chain_of_100_000_operations() -> None:
    x = Value(1.0)
    y = x
    for _ in range(50_000):
        y = (y + 1.0) * 1.0
    backward(y)
    assert x.grad == 1.0


def test_large_arguments() -> None:
    assert Value(400.0).tanh().data == 1.0
    assert Value(-400.0).tanh().data == -1.0
