"""Time ``Value`` beside micrograd: the graph of section 2's loss, built and differentiated.

The same network (2-16-1, ReLU), the same batch of 32, the same weights; blocks of steps
alternate, and the median block counts. A block is long enough to contain the work of the
garbage collector, which micrograd's circular references leave to it and Value does not.
Run it with ``make bench``.
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from micrograd.nn import MLP as MicrogradMLP

from tests.engine import section_namespace

BLOCKS, STEPS = 9, 40


def main() -> None:
    engine = section_namespace("02_mlp", "engine", "mlp", "data", "mse", "sgd")
    gc.set_threshold(700, 10, 10)  # Python's default, for both
    X, Y = engine["make_batch"](32, random.Random(0))
    ours = engine["MLP"]([2, 16, 1], "relu", random.Random(0))
    theirs = MicrogradMLP(2, [16, 1])
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        q.data = p.data

    def run_ours() -> float:
        engine["zero_grad"](ours.parameters())
        loss = engine["mse"]([ours(x)[0] for x in X], Y)
        engine["backward"](loss)
        return loss.data

    def run_theirs() -> float:
        theirs.zero_grad()
        loss = sum((theirs(x) - y) ** 2 for x, y in zip(X, Y, strict=True)) / len(Y)
        loss.backward()
        return loss.data

    def block(run: Callable[[], float]) -> float:
        """Milliseconds per step."""
        gc.collect()
        start = time.perf_counter()
        for _ in range(STEPS):
            run()
        return 1000 * (time.perf_counter() - start) / STEPS

    difference = abs(run_ours() - run_theirs())
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        difference = max(difference, abs(p.grad - q.grad))
    assert difference < 1e-12, difference
    pairs = [(block(run_ours), block(run_theirs)) for _ in range(BLOCKS)]
    ours_ms, theirs_ms = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratios = sorted(theirs_time / ours_time for ours_time, theirs_time in pairs)
    print(f"loss and {len(ours.parameters())} gradients agree to {difference:.0e}")
    print(f"Value {ours_ms:.1f} ms a step, micrograd {theirs_ms:.1f} ms; {BLOCKS} alternating blocks of {STEPS} steps")
    print(f"ratio: median {statistics.median(ratios):.1f}, from {ratios[0]:.1f} to {ratios[-1]:.1f}")


if __name__ == "__main__":
    main()
