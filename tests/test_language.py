"""The language of sections 3, 5 and 6: one reading each, floors exact, all models over the same targets."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch

from .engine import section_namespace


@pytest.fixture(scope="module")
def six() -> dict:
    return section_namespace("06_experiments", "imports", "windowed", "fast_block", "models")


@pytest.fixture(scope="module")
def three() -> dict:
    return section_namespace("03_char_lm", "imports", "names", "language", "split", "build_dataset", "window_floor")


def test_every_string_has_one_reading(six) -> None:
    readings = Counter(
        f"{first} {stem}{ending}"
        for (ending, firsts), stem in product(six["ENDINGS"].items(), six["STEMS"])
        for first in firsts
    )
    assert set(readings.values()) == {1}
    assert sorted(readings) == six["LANGUAGE"]
    assert not set(six["MALE"]) & set(six["FEMALE"])
    agreed = [six["quality"]([name])[:2] for name in six["LANGUAGE"]]
    assert agreed == [(1.0, 1.0)] * len(agreed)


def test_the_language_keeps_the_workbooks_names_and_leaves_ambiguous_ones_out(six) -> None:
    firsts = {*six["MALE"], *six["FEMALE"]}
    assert set(six["NAMES"]) - {"petya"} <= firsts
    assert not {"petya", "sasha", "zhenya", "valya"} & firsts
    assert sum(name.endswith("a") for name in six["MALE"]) >= 6
    assert sum(name[-1] not in "aeiouy" for name in six["FEMALE"]) >= 3


def entropy_place_by_place(language: list[str], k: int) -> float:
    """Nats per name: at each place of each name, how often its symbol follows the k before it."""
    contexts, pairs = [], []
    for name in language:
        line = "^" * k + name + "$"
        for place in range(k, len(line)):
            contexts.append(line[place - k : place])
            pairs.append(line[place - k : place + 1])
    counts = []
    for strings in (contexts, pairs):
        _, inverse, number = np.unique(strings, return_inverse=True, return_counts=True)
        counts.append(number[inverse])
    return math.fsum(np.log(counts[0] / counts[1])) / len(language)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8, 19, 24])
def test_class_floors_are_those_of_brute_force(six, three, k: int) -> None:
    floor = six["class_floor"](six["LANGUAGE"], k)
    assert floor == pytest.approx(entropy_place_by_place(six["LANGUAGE"], k), abs=1e-9)
    X, Y = three["build_dataset"](three["LANGUAGE"], k, three["stoi"])
    assert floor == pytest.approx(three["window_floor"](X, Y) * len(Y) / len(three["LANGUAGE"]), abs=1e-9)
    if k >= max(map(len, six["LANGUAGE"])):
        assert floor == pytest.approx(math.log(len(six["LANGUAGE"])), abs=1e-9)
        assert floor == pytest.approx(six["floor"], abs=1e-9)


def test_the_split_is_four_fifths_and_one_fifth_of_the_names(six) -> None:
    train, held = six["TRAIN_NAMES"], six["HELD"]
    assert sorted(train + held) == six["LANGUAGE"]
    assert len(held) == len(six["LANGUAGE"]) // 5
    again = section_namespace("03_char_lm", "imports", "names", "language", "split")
    assert (again["TRAIN_NAMES"], again["HELD"]) == (train, held)


def test_all_models_are_measured_over_the_same_targets(six) -> None:
    """Rows and windows hold the same (prefix, target) pairs, and a model of equal logits pays ln V for each."""
    held, stoi, V = six["HELD"], six["stoi"], six["vocab_size"]
    want = Counter()
    for name in held:
        ids = [stoi[ch] for ch in "<" + name + ">"]
        want.update((tuple(ids[:place]), ids[place]) for place in range(1, len(ids)))

    X, Y = rows = six["build_rows"](held, stoi)
    places = (Y != six["IGNORED"]).nonzero().tolist()
    assert Counter((tuple(X[row, : place + 1].tolist()), Y[row, place].item()) for row, place in places) == want
    windows = contexts, targets = six["build_dataset"](held, 24, stoi)
    pairs = zip(contexts.tolist(), targets.tolist(), strict=True)
    assert Counter(((0, *(i for i in context if i)), target) for context, target in pairs) == want

    class Equal(torch.nn.Module):
        def forward(self, idx):
            shape = idx.shape if torch.equal(idx, X) else idx.shape[:1]
            return torch.zeros(*shape, V)

    for table in (rows, windows):
        assert six["evaluate_lm"](Equal(), *table) == pytest.approx(want.total() * math.log(V) / len(held), rel=1e-5)
    for _, make, _ in six["MODELS"].values():
        assert make(0)(X).shape == (*X.shape, V)


def test_a_model_sees_as_many_symbols_as_its_row_in_the_table_says(six) -> None:
    idx = torch.randint(1, six["vocab_size"], (2, 20), generator=torch.Generator().manual_seed(0))
    for title, (visible, make, _) in six["MODELS"].items():
        model = make(0).eval()
        with torch.no_grad():
            before = model(idx)
            for place in (0, 5, 11):
                changed = idx.clone()
                changed[:, place] = changed[:, place] % (six["vocab_size"] - 1) + 1
                moved = (model(changed) - before).abs().amax(dim=(0, 2)) > 1e-6
                assert moved.nonzero().flatten().tolist() == list(range(place, min(20, place + visible))), title
