"""Section 5: heads, looks, parts of the block, dropout, tying, what heads know, depth, other norms and positions."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import torch

from ..engine import section_namespace
from . import SEEDS

CELLS = "imports Head MultiHead Block TinyTransformer sample_names shortfall looks ready_generate attention_shares"
CELLS += " agreement without dropout_block deep variants weight-tying transformer-dropout without-head generate"
CELLS += " rms-norm rope gradient-norms fused-heads ffn pre-ln-block char-transformer assembled"
FIVE = section_namespace("05_transformer", *CELLS.split())
LEARNT, HELD_ROWS = FIVE["train_rows"], FIVE["held_rows"]
V, FLOOR = FIVE["vocab_size"], FIVE["floor"]


def _trained(make: Any, seed: int, steps: int, rows: tuple = LEARNT, lr: float = 6e-3) -> Any:
    model = FIVE["with_seed"](seed, make)
    FIVE["train_lm"](model, *rows, steps=steps, seed=seed, lr=lr)
    return model


def _held(model: Any) -> float:
    return FIVE["evaluate_lm"](model, *HELD_ROWS)


@cache
def _looks(seed: int, heads: int, looks: int) -> tuple[float, list[float]]:
    model = _trained(partial(FIVE["Looks"], V, heads, looks), seed, 600, lr=2e-2)
    return _held(model), FIVE["shortfall"](model)


def two_heads_are_better_than_one() -> list[float]:
    """Две головы по 8 чисел лучше одной в 16 (в тексте: на семи зёрнах из восьми): на сколько нат."""
    return [_looks(seed, 1, 1)[0] - _looks(seed, 2, 1)[0] for seed in SEEDS]


def two_looks_are_better_than_one() -> list[float]:
    """Два взгляда одной головой лучше одного: на сколько нат."""
    return [_looks(seed, 1, 1)[0] - _looks(seed, 1, 2)[0] for seed in SEEDS]


def two_looks_are_better_than_two_heads() -> list[float]:
    """Второй взгляд даёт больше, чем вторая голова: на сколько нат."""
    return [_looks(seed, 2, 1)[0] - _looks(seed, 1, 2)[0] for seed in SEEDS]


def the_stem_costs_one_head_most() -> list[float]:
    """Дороже всего одной голове основа отчества (на двух зёрнах — выбор окончания, почти ln 2): на сколько нат."""
    lost = [_looks(seed, 1, 1)[1] for seed in SEEDS]
    return [parts[2] - max(parts[:2] + parts[3:]) for parts in lost]


def two_looks_find_the_gender() -> list[float]:
    """С двумя взглядами выбор окончания стоит меньше 0.1 ната: 0.1 минус его цена."""
    return [0.1 - _looks(seed, 1, 2)[1][3] for seed in SEEDS]


@cache
def _without(seed: int, missing: str, lr: float = 0.05) -> float:
    return _held(_trained(partial(FIVE["small_model"], missing), seed, 250, lr=lr))


def without_attention_it_is_much_worse() -> list[float]:
    """Без внимания хуже больше чем на 5 нат: на сколько сверх пяти."""
    return [_without(seed, "внимание") - _without(seed, "") - 5 for seed in SEEDS]


def without_residuals_it_is_much_worse() -> list[float]:
    """Без остаточных связей (два блока) хуже больше чем на 5 нат: на сколько сверх пяти."""
    return [_without(seed, "остаточные связи") - _without(seed, "") - 5 for seed in SEEDS]


def without_residuals_a_large_step_is_to_blame_too() -> list[float]:
    """Без остаточных связей шаг 0.006 вместо 0.05 снимает больше пяти нат: на сколько сверх пяти."""
    return [_without(seed, "остаточные связи") - _without(seed, "остаточные связи", 0.006) - 5 for seed in SEEDS]


def without_residuals_a_small_step_does_not_save() -> list[float]:
    """И с шагом 0.006 без остаточных связей хуже больше чем на 5 нат: на сколько сверх пяти."""
    return [_without(seed, "остаточные связи", 0.006) - _without(seed, "", 0.006) - 5 for seed in SEEDS]


def without_residuals_two_blocks_pass_the_gradient() -> list[float]:
    """Без остаточных связей градиент первого блока из двух больше трети того, что у второго: отношение − 1/3."""
    few = FIVE["build_rows"](FIVE["TRAIN_NAMES"][:64], FIVE["stoi"])
    norms = []
    for seed in SEEDS:
        model = FIVE["with_seed"](seed, partial(FIVE["small_model"], "остаточные связи"))
        norms.append(FIVE["gradient_norms"](model, *few))
    return [first / last - 1 / 3 for first, last in norms]


def without_ffn_it_is_worse() -> list[float]:
    """Без FFN при шаге 0.05 хуже, но меньше чем на нат: на сколько нат."""
    return [_without(seed, "FFN") - _without(seed, "") for seed in SEEDS]


def without_norms_it_is_worse() -> list[float]:
    """Без нормализаций при шаге 0.05 хуже больше чем на 0.5 ната: на сколько сверх того."""
    return [_without(seed, "нормализация") - _without(seed, "") - 0.5 for seed in SEEDS]


def with_a_small_step_norms_do_not_matter() -> list[float]:
    """При шаге 0.006 разница без нормализаций меньше 0.6 ната: 0.6 − |разность|."""
    return [0.6 - abs(_without(seed, "нормализация", 0.006) - _without(seed, "", 0.006)) for seed in SEEDS]


def the_large_step_is_better() -> list[float]:
    """Целая модель за 250 шагов с шагом 0.05 доходит ниже, чем с 0.006: на сколько нат."""
    return [_without(seed, "", 0.006) - _without(seed, "") for seed in SEEDS]


@cache
def _dropout(seed: int, p: float) -> tuple[float, float]:
    few = FIVE["build_rows"](FIVE["TRAIN_NAMES"][:400], FIVE["stoi"])
    functions = FIVE["ready_attend"], FIVE["ready_feed_forward"]
    block = partial(FIVE["DropoutBlock"], p=p, functions=functions)
    model = _trained(lambda: FIVE["TinyTransformer"](V, H=2, block=block), seed, 200, few, 0.02)
    return FIVE["evaluate_lm"](model, *few), _held(model)


def dropout_helps_on_few_names() -> list[float]:
    """На 400 именах dropout 0.2 снижает отложенную ошибку: на сколько нат."""
    return [_dropout(seed, 0.0)[1] - _dropout(seed, 0.2)[1] for seed in SEEDS]


def dropout_raises_the_training_loss() -> list[float]:
    """И повышает обучающую: на сколько нат."""
    return [_dropout(seed, 0.2)[0] - _dropout(seed, 0.0)[0] for seed in SEEDS]


@cache
def _tied(seed: int, tied: bool, token: float, pos: float) -> float:
    def make() -> Any:
        net, draws = FIVE["TinyTransformer"](V), torch.Generator().manual_seed(seed)
        if pos != 1:
            torch.nn.init.normal_(net.pos.weight, std=pos, generator=draws)
        if token != 1:
            torch.nn.init.normal_(net.token.weight, std=token, generator=draws)
        if tied:
            net.lm.weight = net.token.weight
        return net

    return _held(_trained(make, seed, 200))


def small_embeddings_help() -> list[float]:
    """Эмбеддинги с отклонением 0.02 лучше обычных, N(0, 1): на сколько нат."""
    return [_tied(seed, False, 1, 1) - _tied(seed, False, 0.02, 0.02) for seed in SEEDS]


def tying_costs_a_little() -> list[float]:
    """Связывание при тех же начальных весах чуть хуже: на сколько нат."""
    return [_tied(seed, True, 0.02, 0.02) - _tied(seed, False, 0.02, 0.02) for seed in SEEDS]


def forgotten_positions_spoil_it() -> list[float]:
    """Связанная модель с эмбеддингами мест N(0, 1) хуже больше чем на 2 ната: на сколько сверх двух."""
    return [_tied(seed, True, 0.02, 1) - _tied(seed, True, 0.02, 0.02) - 2 for seed in SEEDS]


def four_heads_are_better_than_one() -> list[float]:
    """Четыре головы лучше одной при том же числе параметров, за 200 шагов: на сколько нат."""
    one = [_held(_trained(lambda: FIVE["TinyTransformer"](V, H=1), seed, 200)) for seed in SEEDS]
    return [loss - _tied(seed, False, 1, 1) for loss, seed in zip(one, SEEDS, strict=True)]


@cache
def _full(seed: int) -> Any:
    return _trained(lambda: FIVE["TinyTransformer"](V), seed, 500)


def five_hundred_steps_come_near_the_floor() -> list[float]:
    """За 500 шагов до предела языка остаётся меньше 0.6 ната: сколько ещё было в запасе."""
    return [FLOOR + 0.6 - _held(_full(seed)) for seed in SEEDS]


def what_is_left_is_mostly_in_the_stem() -> list[float]:
    """Больше половины недостачи блока — в основе отчества: доля сверх половины."""
    lost = [FIVE["shortfall"](_full(seed)) for seed in SEEDS]
    return [parts[2] / sum(parts) - 0.5 for parts in lost]


def one_block_finds_the_gender() -> list[float]:
    """Выбор окончания стоит блоку меньше 0.2 ната: 0.2 минус его цена."""
    return [0.2 - FIVE["shortfall"](_full(seed))[3] for seed in SEEDS]


def two_narrow_blocks_are_about_as_good() -> list[float]:
    """Два блока с C = 32 и один с C = 64 за 500 шагов расходятся меньше чем на 0.3 ната: 0.3 − |разность|."""
    narrow = [_held(_trained(lambda: FIVE["TinyTransformer"](V, C=32, layers=2), seed, 500)) for seed in SEEDS]
    return [0.3 - abs(loss - _held(_full(seed))) for loss, seed in zip(narrow, SEEDS, strict=True)]


@cache
def _agreements(seed: int) -> list[float]:
    model = _full(seed)
    return [FIVE["agreement"](model)] + [FIVE["agreement"](FIVE["without_head"](model, 0, h)) for h in range(4)]


def gender_is_known() -> list[float]:
    """Модель согласует род больше чем в 90 % отложенных имён: сверх 0.9."""
    return [_agreements(seed)[0] - 0.9 for seed in SEEDS]


def some_head_matters_for_gender() -> list[float]:
    """Есть голова, без которой согласование падает больше чем на 10 процентных пунктов: доля сверх того."""
    return [_agreements(seed)[0] - min(_agreements(seed)[1:]) - 0.1 for seed in SEEDS]


def _carriers(seed: int) -> int:
    whole, *rest = _agreements(seed)
    return sum(whole - share > 0.03 for share in rest)


def several_heads_know_the_gender() -> list[float]:
    """Голов, без которых согласование падает больше чем на 3 пункта, от двух до четырёх: сколько сверх одной."""
    return [_carriers(seed) - 1 for seed in SEEDS]


def that_head_looks_at_the_name() -> list[float]:
    """Голова, без которой род портится сильнее всего, отдаёт имени больше веса, чем остальные: разность.

    Текст этого не утверждает.
    """
    numbers = []
    for seed in SEEDS:
        shares = FIVE["attention_shares"](_full(seed), FIVE["HELD"][:100])[:, 1]
        keeper = int(np.argmin(_agreements(seed)[1:]))
        numbers.append((shares[keeper] - (shares.sum() - shares[keeper]) / 3).item())
    return numbers


def warmer_is_worse_and_more_diverse() -> list[float]:
    """С температурой 0.3, 1, 2 строк языка после «nikita » всё меньше, а разных всё больше: 1, если так."""
    numbers = []
    for seed in SEEDS:
        found = []
        for T in (0.3, 1.0, 2.0):
            lines = FIVE["continued"](FIVE["generate"], _full(seed), "nikita ", 300, temperature=T)
            found.append((FIVE["quality"](lines)[0], len(set(lines))))
        valid, different = zip(*found, strict=True)
        numbers.append(float(valid[0] > valid[1] > valid[2] and different[0] < different[1] < different[2]))
    return numbers


def samples_are_mostly_of_the_language() -> list[float]:
    """Больше 70 % порождённых строк — строки языка: сверх 0.7."""
    names = [FIVE["sample_names"](_full(seed), 1000, torch.Generator().manual_seed(seed)) for seed in SEEDS]
    return [FIVE["quality"](part)[0] - 0.7 for part in names]


@cache
def _norms(seed: int, kind: str, layers: int) -> list[float]:
    few = FIVE["build_rows"](FIVE["TRAIN_NAMES"][:64], FIVE["stoi"])
    net = FIVE["with_seed"](seed, lambda: FIVE["deep_model"](FIVE[kind], layers))
    return FIVE["gradient_norms"](net, *few)


def pre_ln_gradients_fall_with_depth() -> list[float]:
    """pre-LN: у последнего блока из 18 градиент меньше, чем у последнего из 2, хотя бы в 1.5 раза: отношение − 1.5."""
    return [_norms(seed, "Block", 2)[-1] / _norms(seed, "Block", 18)[-1] - 1.5 for seed in SEEDS]


def post_ln_gradients_do_not() -> list[float]:
    """post-LN: у последнего блока из 18 градиент не меньше половины того, что у последнего из 2: отношение − 0.5."""
    return [_norms(seed, "PostBlock", 18)[-1] / _norms(seed, "PostBlock", 2)[-1] - 0.5 for seed in SEEDS]


def post_ln_first_block_is_not_far_behind() -> list[float]:
    """У post-LN из восемнадцати блоков первый отстаёт от последнего меньше чем вшестеро: 6 − отношение норм."""
    return [6 - _norms(seed, "PostBlock", 18)[-1] / _norms(seed, "PostBlock", 18)[0] for seed in SEEDS]


def post_ln_last_block_is_larger() -> list[float]:
    """При 18 блоках градиент последнего блока у post-LN больше, чем у pre-LN, больше чем втрое: отношение − 3."""
    return [_norms(seed, "PostBlock", 18)[-1] / _norms(seed, "Block", 18)[-1] - 3 for seed in SEEDS]


def pre_ln_first_to_last() -> list[float]:
    """pre-LN, 6 и 18 блоков: градиент первого блока больше, чем последнего: меньшее отношение − 1."""
    found = [[_norms(seed, "Block", layers) for layers in (6, 18)] for seed in SEEDS]
    return [min(norms[0] / norms[-1] for norms in pair) - 1 for pair in found]


@cache
def _variant(seed: int, kind: str) -> float:
    return _held(_trained(lambda: FIVE["variant"](kind, FIVE["ready_rms"], FIVE["ready_rope"]), seed, 250))


def rms_norm_is_as_good() -> list[float]:
    """RMSNorm вместо LayerNorm: отложенная ошибка отличается меньше чем на 0.6 ната: 0.6 − |разность|."""
    return [0.6 - abs(_variant(seed, "RMSNorm") - _variant(seed, "обычная")) for seed in SEEDS]


def rotation_is_better() -> list[float]:
    """Вращение вместо эмбеддингов места лучше: на сколько нат. Текст этого не утверждает."""
    return [_variant(seed, "обычная") - _variant(seed, "вращение") for seed in SEEDS]
