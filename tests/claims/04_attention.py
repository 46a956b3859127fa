"""What section 4 says of one head: what it beats, where it looks, what its parts are worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import torch
import torch.nn as nn
import torch.nn.functional as F

from ..engine import section_namespace
from . import SEEDS

CELLS = "imports prefixes rows row_tables by_rows self-attention marked one-head ready_one_head gender look_at honest"
Numbers = list[float]


@cache
def _four() -> SimpleNamespace:
    """The chapter's names."""
    return SimpleNamespace(**section_namespace("04_attention", *CELLS.split(), "continue_names", "two_looks"))


def _each(number: Callable[[int], float]) -> Numbers:
    return [float(number(seed)) for seed in SEEDS]


@cache
def _head(seed: int, steps: int = 1500) -> nn.Module:
    """The network with one head, trained as in the chapter."""
    four = _four()
    model = four.with_seed(seed, lambda: four.OneHead(four.vocab_size))
    four.train_lm(model, *four.train_rows, steps=steps, seed=seed, lr=2e-2)
    return model


@cache
def _loss(seed: int) -> float:
    return _four().evaluate_lm(_head(seed), *_four().held_rows)


@cache
def _without(part: str, seed: int) -> tuple[float, float]:
    """Nats a name of a network that lacks a part: on whole rows, and read place by place."""
    four = _four()
    model = four.with_seed(seed, lambda: four.HeadWithout(four.vocab_size, without=part))
    four.train_lm(model, *four.train_rows, steps=500, seed=seed, lr=2e-2)
    return four.evaluate_lm(model, *four.held_rows), four.honest_loss(model, *four.held_rows)


def _lost(part: str, seed: int) -> float:
    return _without(part, seed)[1] - _without("", seed)[1]


@cache
def _on_name(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Over the held names: the weight at the place of choice on the first name, and that name's share of places."""
    four = _four()
    looks = four.map_of(_head(seed), four.held_rows[0])[torch.arange(len(four.HELD)), four.CHOICE]
    ends = torch.tensor([line.index(" ") for line in four.HELD])
    places = torch.arange(looks.shape[1])
    return (looks * ((places > 0) & (places <= ends[:, None]))).sum(1), ends / (four.CHOICE + 1)


@cache
def _marked(seed: int, learned: bool) -> tuple[float, float]:
    """The toy task: weight on the marked place, share of right letters, after 200 steps."""
    four, draws = _four(), torch.Generator().manual_seed(seed)
    x, y, place = four.marked_rows(500, draws)
    head, out = four.with_seed(seed, lambda: (four.SelfAttention(5, 8), nn.Linear(8, 4)))
    learning = [*(head.parameters() if learned else [head.value.weight]), *out.parameters()]
    adam = torch.optim.Adam(learning, lr=0.03)
    for _ in range(200):
        batch, letters, _ = four.marked_rows(64, draws)
        loss = F.cross_entropy(out(head(batch)[0][:, -1]), letters)
        adam.zero_grad()
        loss.backward()
        adam.step()
    seen, w = head(x)
    right = (out(seen[:, -1]).argmax(-1) == y).float().mean().item()
    return w[torch.arange(500), -1, place].mean().item(), right


def marked_is_learned() -> Numbers:
    """Обученная голова отдаёт помеченному месту больше 0.9 веса."""
    return _each(lambda seed: _marked(seed, True)[0] - 0.9)


def marked_frozen() -> Numbers:
    """Со случайными запросами и ключами она называет букву верно меньше чем в 55 % строк."""
    return _each(lambda seed: 0.55 - _marked(seed, False)[1])


def loss_of_one_head() -> Numbers:
    """До предела языка одной голове остаётся меньше 0.6 ната (само расстояние: 0.6 минус число)."""
    return _each(lambda seed: 0.6 - (_loss(seed) - _four().floor))


def beats_the_window_of_twelve() -> Numbers:
    """Голова обгоняет окно в двенадцать."""

    def number(seed):
        four = _four()
        net = four.make_mlp(four.vocab_size, 12, seed=seed)
        four.train_mlp(net, *four.build_dataset(four.TRAIN_NAMES, 12, four.stoi), steps=500, seed=seed)
        return four.evaluate_lm(net, *four.build_dataset(four.HELD, 12, four.stoi)) - _loss(seed)

    return _each(number)


def gender_is_right() -> Numbers:
    """Окончание она выбирает верно больше чем в 93 % отложенных имён."""
    return _each(lambda seed: _four().right_gender(_four().choice_logits(_head(seed))) - 0.93)


def _far(seed: int, *, own: bool) -> float:
    """How much likelier the right letter is than the wrong one after the worse of the two long prefixes.

    Without their own vectors all places beyond the last where training chose either ending share its vector.
    """
    four = _four()
    model, last = _head(seed), max(len(name) - 3 for name in four.TRAIN_NAMES if name.endswith("ich"))
    kept = model.pos.weight.detach().clone()
    with torch.no_grad():
        if not own:
            model.pos.weight[last + 1 :] = kept[last]
        chances = [model(four.ids_of(prefix))[0, -1].softmax(-1) for prefix in four.far]
        model.pos.weight.copy_(kept)
    n, i = four.stoi["n"], four.stoi["i"]
    return min(chances[0][n] - chances[0][i], chances[1][i] - chances[1][n]).item()


def seeing_is_not_yet_knowing() -> Numbers:
    """После nadezhda konstantinov и oleg konstantinov верны оба ответа: только у одной из восьми."""
    return _each(lambda seed: _far(seed, own=True))


def the_places_are_to_blame() -> Numbers:
    """Они верны, если все места после 15 получили вектор места 15."""
    return _each(lambda seed: _far(seed, own=False))


def two_heads_at_once_do_not_find_what_follows() -> Numbers:
    """Букву справа от метки две головы сразу называют верно меньше чем в 65 % строк."""
    return _each(lambda seed: 0.65 - _four().right_after_mark(_four().SelfAttention, False, seed))


def two_heads_in_turn_do() -> Numbers:
    """Одна за другой — больше чем в 95 %."""
    return _each(lambda seed: _four().right_after_mark(_four().SelfAttention, True, seed) - 0.95)


def a_thousand_steps_may_be_few() -> Numbers:
    """После 1000 шагов верны больше 93 % окончаний: у одной из восьми ещё нет."""
    return _each(lambda seed: _four().right_gender(_four().choice_logits(_head(seed, 1000))) - 0.93)


def small_embeddings_help() -> Numbers:
    """С обычными начальными эмбеддингами N(0, 1) сеть за те же шаги учится хуже."""

    def number(seed):
        four = _four()
        model = four.with_seed(seed, lambda: four.OneHead(four.vocab_size))
        with torch.no_grad():
            for table in (model.token, model.pos):
                table.weight /= 0.3
        four.train_lm(model, *four.train_rows, steps=1500, seed=seed, lr=2e-2)
        return four.evaluate_lm(model, *four.held_rows) - _loss(seed)

    return _each(number)


def looks_at_the_name() -> Numbers:
    """В месте выбора на имя приходится больше веса, чем поровну."""
    return _each(lambda seed: (_on_name(seed)[0] - _on_name(seed)[1]).mean())


def more_than_half_on_the_name() -> Numbers:
    """Средняя доля больше половины."""
    return _each(lambda seed: _on_name(seed)[0].mean() - 0.5)


def little_on_some_names() -> Numbers:
    """У отдельных имён она меньше 0.3."""
    return _each(lambda seed: 0.3 - _on_name(seed)[0].min())


def looks_at_its_left_neighbour() -> Numbers:
    """Соседка слева в среднем по всем местам получает больше, чем поровну."""

    def number(seed):
        four = _four()
        inside = four.held_rows[1][:, 1:] != four.IGNORED
        even = (1 / torch.arange(2.0, four.held_rows[0].shape[1] + 1)).expand(inside.shape)
        return (four.map_of(_head(seed), four.held_rows[0]).diagonal(-1, 1, 2) - even)[inside].mean()

    return _each(number)


def positions_are_worth_three_nats() -> Numbers:
    """Без позиций теряется больше трёх нат."""
    return _each(lambda seed: _lost("positions", seed) - 3)


def learned_looks_are_worth_something() -> Numbers:
    """Без обученных запросов и ключей потеря есть."""
    return _each(lambda seed: _lost("learned", seed))


def positions_matter_more_than_learned_looks() -> Numbers:
    """Без позиций потеря больше, чем без обученных запросов и ключей."""
    return _each(lambda seed: _lost("positions", seed) - _lost("learned", seed))


def without_mask_it_copies() -> Numbers:
    """Без маски ошибка на строках меньше 0.5 ната."""
    return _each(lambda seed: 0.5 - _without("mask", seed)[0])


def without_mask_it_knows_nothing() -> Numbers:
    """Честно измеренная, сеть без маски хуже сети без позиций."""
    return _each(lambda seed: _lost("mask", seed) - _lost("positions", seed))


def the_ending_costs_little() -> Numbers:
    """Окончание стоит обученной голове меньше трети броска монеты, 0.23 ната."""

    def number(seed):
        four = _four()
        with torch.no_grad():
            logits = _head(seed)(four.held_rows[0]).transpose(1, 2)
        each = F.cross_entropy(logits, four.held_rows[1], reduction="none")
        ending = torch.arange(each.shape[1]) >= four.CHOICE[:, None]
        return math.log(2) / 3 - (each * ending).sum().item() / len(four.HELD)

    return _each(number)


def nikita_is_a_man() -> Numbers:
    """При температуре 0.3 больше 90 % строк после nikita — строки языка."""

    def number(seed):
        four = _four()
        draws = torch.Generator().manual_seed(seed)
        return four.quality(four.continue_names(_head(seed), "nikita ", 300, 0.3, draws))[0] - 0.9

    return _each(number)
