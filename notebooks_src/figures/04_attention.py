"""Drawings of section 4: looking back, scores and weights, the mask, query, key and value, positions, one head."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import torch
from drawing import BLUE, GREEN, GREY, INK, ORANGE, RED, SIZE, Canvas, chart

FRACTIONS = {"0": "0", "1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/8": "⅛", "5/8": "⅝"}


def _fraction(x):
    """A weight as a fraction in one sign, or as a/b."""
    text = str(Fraction(float(x)).limit_denominator(20))
    return FRACTIONS.get(text, text)


def _score(x):
    """A score as it was made: ln of a whole number, 0 or minus infinity."""
    x = float(x)
    return "−∞" if x == -math.inf else "0" if x == 0 else f"ln {round(math.exp(x))}"


def _whole(rows):
    return [[f"{x:.0f}".replace("-", "−") for x in row] for row in rows.tolist()]


def choice(prefixes):
    """Two beginnings, the window of three that cannot tell them apart, and a look that reaches the name."""
    canvas = Canvas(5.9, 2.75)
    cell = 0.36
    for y, prefix, answer in ((1.88, prefixes[0], "n"), (0.75, prefixes[1], "i")):
        name = prefix.index(" ")
        marks = {(0, i): ORANGE for i in range(name)} | {(0, i): BLUE for i in range(len(prefix) - 3, len(prefix))}
        left = 4.85 - cell * len(prefix)
        canvas.table(left, y, [list(prefix)], colors=marks, cell=(cell, 0.36), size=SIZE)
        question = canvas.circle(5.2, y - 0.18, answer, GREEN, radius=0.2)
        canvas.arrow((question.x, y), (left + cell * name / 2, y + 0.03), color=ORANGE, bend=0.13)
        canvas.text(4.85 - cell * 1.5, y - 0.5, "окно из трёх", BLUE, SIZE - 1)
    canvas.text(0.12, 2.6, "нужен взгляд, который сам выберет имя", ORANGE, SIZE - 0.5, ha="left")
    return canvas.figure


def triangle(small):
    """The weights of the average, the vectors, and what comes out."""
    canvas = Canvas(5.4, 2.05)
    T = len(small)
    weights = torch.ones(T, T).tril() / torch.arange(1, T + 1)[:, None]
    rows = [[_fraction(w) for w in row] for row in weights]
    marks = {(i, j): BLUE for i in range(T) for j in range(i + 1)}
    cell = (0.48, 0.4)
    canvas.table(0.75, 1.55, rows, ["место 0", "1", "2"], ["0", "1", "2"], colors=marks, cell=cell, size=SIZE)
    canvas.text(2.42, 0.95, "·", size=SIZE + 6)
    canvas.table(2.65, 1.55, _whole(small), cell=cell, size=SIZE)
    canvas.text(3.87, 0.95, "=", size=SIZE + 3)
    marks = {(i, j): ORANGE for i in range(T) for j in range(2)}
    canvas.table(4.12, 1.55, _whole(weights @ small), colors=marks, cell=cell, size=SIZE)
    for x, words, color in ((1.47, "веса W", BLUE), (3.13, "векторы x", INK), (4.6, "средние y", ORANGE)):
        canvas.text(x, 1.93, words, color, SIZE - 0.5)
    for x, shape in ((1.47, "(3, 3)"), (3.13, "(3, 2)"), (4.6, "(3, 2)")):
        canvas.text(x, 0.17, shape, GREY, SIZE - 1)
    return canvas.figure


def closed(closed_row):
    """Scores, exponentials and weights; a closed place takes nothing."""
    canvas = Canvas(5.6, 1.6)
    powers = closed_row.exp()
    weights = closed_row.softmax(-1)
    parts = ((0.15, "сходства", [_score(s) for s in closed_row]), (2.1, "экспоненты", _whole(powers[None])[0]))
    parts += ((4.05, "веса", [_fraction(w) for w in weights]),)
    for x, words, row in parts:
        canvas.text(x + 0.69, 1.42, words, size=SIZE)
        canvas.table(x, 1.2, [row], colors={(0, 2): GREY}, cell=(0.46, 0.4), size=SIZE)
    for x in (1.58, 3.53):
        canvas.arrow((x, 1.0), (x + 0.46, 1.0))
    canvas.text(1.81, 1.15, "exp", GREY, SIZE - 1)
    canvas.text(3.76, 1.15, f": {powers.sum():.0f}", GREY, SIZE - 1)
    canvas.text(2.8, 0.3, "закрытого места будто и нет: единицу делят остальные", GREY, SIZE - 1)
    return canvas.figure


def padding(build_rows, IGNORED, ALPHABET, stoi):
    """Two names of different length: inputs, targets one symbol ahead, and the padding."""
    canvas = Canvas(5.9, 2.35)
    names = ["olga", "lev"]
    X, Y = build_rows(names, stoi)
    for title, y, x0, table, void in (("вход X", 2.0, 0.55, X, None), ("цель Y", 2.0, 3.5, Y, IGNORED)):
        rows, marks = [], {}
        for i, row in enumerate(table.tolist()):
            past = len(names[i]) + 1
            rows.append(
                ["<" if j == 0 and void is None else ALPHABET[s] if s != void else "−" for j, s in enumerate(row)]
            )
            marks |= {(i, j): GREY for j in range(past, len(row))}
            marks |= {(i, j): BLUE if void is None else ORANGE for j in range(past)}
            if void is not None:
                rows[i][past:] = ["−100"] * (len(row) - past)
            else:
                rows[i][past:] = [">"] * (len(row) - past)
        canvas.table(x0, y, rows, colors=marks, cell=(0.44, 0.4), size=SIZE - 1)
        canvas.text(x0 + 1.1, y + 0.2, title, size=SIZE)
    for i in range(5):
        canvas.text(0.55 + 0.44 * (i + 0.5), 1.05, i, GREY, SIZE - 1.5)
        canvas.text(3.5 + 0.44 * (i + 0.5), 1.05, i, GREY, SIZE - 1.5)
    canvas.text(0.42, 1.05, "место", GREY, SIZE - 1.5, ha="right")
    canvas.arrow((2.85, 1.6), (3.4, 1.6), color=GREY)
    canvas.text(2.95, 0.65, "место 2 прочитало < o l и предсказывает g", INK, SIZE - 0.5)
    canvas.text(2.95, 0.25, "серое: дополнение; целей −100 ошибка не видит", GREY, SIZE - 0.5)
    return canvas.figure


def mask(row_scores):
    """One row of weights: without a mask, zeroed after softmax, closed before it."""
    canvas = Canvas(5.9, 2.5)
    free = row_scores.softmax(-1)
    shut = torch.cat([row_scores[:2], torch.tensor([-math.inf])])
    parts = (
        ("без маски", row_scores, free, 1),
        ("ноль после", row_scores, free * torch.tensor([1.0, 1.0, 0.0]), 1),
        ("маска до", shut, shut.softmax(-1), 0),
    )
    for x, (words, scores, weights, leak) in zip((0.9, 2.57, 4.24), parts, strict=True):
        color = RED if leak else GREEN
        canvas.text(x + 0.72, 2.32, words, color, SIZE + 0.5)
        marks = {(0, 2): RED if leak else GREY}
        canvas.table(x, 2.1, [[_score(s) for s in scores]], colors=marks, cell=(0.48, 0.38), size=SIZE - 0.5)
        canvas.arrow((x + 0.72, 1.68), (x + 0.72, 1.33))
        row = [f"{8 * w:.0f}/8" if w else "0" for w in weights] if leak else [_fraction(w) for w in weights]
        last = RED if weights[2] else GREY
        marks = {(0, 0): BLUE, (0, 1): BLUE, (0, 2): last}
        canvas.table(x, 1.3, [row], colors=marks, cell=(0.48, 0.38), size=SIZE)
        canvas.text(x + 0.72, 0.7, f"сумма {_fraction(weights.sum())}", INK, SIZE - 0.5)
        canvas.text(x + 0.72, 0.36, "будущее в знаменателе" if leak else "будущего нет", color, SIZE - 2)
    canvas.text(0.85, 1.91, "сходства", GREY, SIZE - 1, ha="right")
    canvas.text(0.85, 1.11, "веса", GREY, SIZE - 1, ha="right")
    canvas.text(1.55, 1.51, "softmax", GREY, SIZE - 1.5, ha="right")
    return canvas.figure


def likeness(arrows):
    """Four vectors in the plane with their products with the first."""
    canvas = Canvas(4.6, 3.3)
    scale, zero = 0.75, (2.25, 1.35)
    canvas.line((0.2, zero[1]), (4.4, zero[1]))
    canvas.line((zero[0], 0.2), (zero[0], 3.2))
    places = ((0.12, 0.1), (0.2, 0.2), (-0.25, 0.2), (-0.1, -0.25))
    for vector, name, color, (dx, dy) in zip(arrows, "abce", (INK, GREEN, GREY, RED), places, strict=True):
        end = zero[0] + scale * float(vector[0]), zero[1] + scale * float(vector[1])
        canvas.arrow(zero, end, color=color)
        product = f"{float(vector @ arrows[0]):.0f}".replace("-", "−")
        canvas.text(end[0] + dx, end[1] + dy, name if name == "a" else f"{name}: a·{name} = {product}", color, SIZE)
    return canvas.figure


def spread():
    """The densities of products of two vectors at d = 4 and 64, before and after the division."""
    figure, axes = chart(5.8, 2.5, "скалярное произведение")
    s = np.linspace(-24, 24, 481)
    for d, color in ((4, BLUE), (64, ORANGE)):
        axes.plot(s, np.exp(-s * s / 2 / d) / math.sqrt(2 * math.pi * d), color=color, label=f"d = {d}")
    axes.plot(s, np.exp(-s * s / 2) / math.sqrt(2 * math.pi), "--", color=GREEN, label="любое d, после деления на √d")
    axes.set(yticks=[], ylim=(0, 0.43))
    axes.spines["left"].set_visible(False)
    axes.legend(frameon=False, loc="upper right", fontsize=SIZE - 1)
    return figure


def saturation():
    """The weight of the first of two places, and its derivative."""
    figure, axes = chart(5.6, 2.6, "Δ, разность двух сходств")
    gap = np.linspace(-8, 8, 161)
    w = 1 / (1 + np.exp(-gap))
    axes.plot(gap, w, color=BLUE)
    axes.plot(gap, w * (1 - w), color=ORANGE)
    axes.text(8, 0.9, "вес w", color=BLUE, ha="right", va="top")
    axes.text(1.2, 0.24, "w(1 − w)", color=ORANGE, ha="left", va="bottom")
    for x, words in ((-6, "не учится"), (6, "не учится")):
        axes.axvspan(x - 2, x + 2, color=RED, alpha=0.08, lw=0)
        axes.text(x, 0.5, words, color=RED, ha="center")
    axes.set(ylim=(0, 1.03), xlim=(-8, 8), yticks=[0, 0.25, 0.5, 1])
    return figure


def soft_dict(one_query, three_keys, three_values):
    """A dict gives one value, attention a mixture of all."""
    canvas = Canvas(5.9, 2.5)
    weights = (three_keys @ one_query / math.sqrt(len(one_query))).softmax(-1)
    for x, title, asked, keys, shares in (
        (0.2, "dict", "anna", ("anna", "anton", "igor"), (1, 0, 0)),
        (3.15, "внимание", "гласная в конце имени?", ("a, конец имени", "a в отчестве", "v"), weights),
    ):
        canvas.text(x + 1.3, 2.33, title, size=SIZE + 0.5)
        canvas.text(x + 0.75, 1.98, asked, ORANGE, SIZE - 1.5)
        rows = [[key] for key in keys]
        whole = canvas.table(x, 1.75, rows, cell=(1.35, 0.42), colors={(i, 0): BLUE for i in range(3)}, size=SIZE - 1.5)
        gifts = ("na", "ich", "ich") if title == "dict" else [f"({a:.0f}, {b:.0f})" for a, b in three_values.tolist()]
        canvas.table(x + 1.95, 1.75, [[g] for g in gifts], cell=(0.62, 0.42), colors={(i, 0): GREEN for i in range(3)})
        for i, part in enumerate(shares):
            y = 1.75 - 0.42 * (i + 0.5)
            if part:
                words = "1" if title == "dict" else _fraction(part)
                canvas.line((whole.x + 0.68, y), (x + 1.95, y), color=ORANGE, width=0.6 + 5 * float(part))
                canvas.text(x + 1.65, y + 0.12, words, ORANGE, SIZE - 2)
        mixed = (weights @ three_values).tolist()
        answer = "na" if title == "dict" else f"({mixed[0]:.0f}, {mixed[1]:.0f})"
        canvas.text(x + 2.26, 0.25, answer, ORANGE, SIZE + 0.5)
        canvas.text(x + 0.68, 0.25, "ключи", BLUE, SIZE - 1)
        canvas.text(x + 1.75, 0.25, "ответ:", INK, SIZE - 1)
    return canvas.figure


def one_look(one_query, three_keys, three_values):
    """One step of attention with every number: query, keys, scores, weights, values, mixture."""
    canvas = Canvas(6, 3.3)
    scores = three_keys @ one_query / math.sqrt(len(one_query))
    weights = scores.softmax(-1)
    unit = 2 * math.log(2)
    cell = (0.34, 0.4)
    canvas.text(0.22, 3.02, "запрос, в 2 ln 2", ORANGE, SIZE - 1, ha="left")
    query = [[f"{x / unit:.0f}" for x in one_query.tolist()]]
    canvas.table(1.55, 3.2, query, cell=cell, colors={(0, j): ORANGE for j in range(4)})
    canvas.arrow((2.23, 2.76), (2.23, 2.33), color=ORANGE)
    canvas.text(2.35, 2.55, "произведение с каждым ключом, : √4", GREY, SIZE - 1.5, ha="left")
    letters = ["a из anna", "a из pavlov", "v"]
    canvas.table(
        1.55, 2.25, _whole(three_keys), letters, cell=cell, colors={(i, j): BLUE for i in range(3) for j in range(4)}
    )
    twos = ["0", "ln 2", "2 ln 2"]
    parts = (
        (3.09, [twos[round(float(s) / math.log(2))] for s in scores], GREY, 0.56),
        (3.95, [_fraction(w) for w in weights], ORANGE, 0.5),
    )
    for x, column, color, width in parts:
        canvas.table(
            x, 2.25, [[c] for c in column], cell=(width, 0.4), colors={(i, 0): color for i in range(3)}, size=SIZE
        )
    canvas.table(
        4.8, 2.25, _whole(three_values), cell=(0.4, 0.4), colors={(i, j): GREEN for i in range(3) for j in range(2)}
    )
    for x, words in ((2.23, "ключи"), (3.37, "сходства"), (4.2, "веса"), (5.2, "значения")):
        canvas.text(x, 0.87, words, INK, SIZE - 1)
    for x in (2.93, 3.66, 4.47):
        canvas.arrow((x, 1.65), (x + 0.3 if x > 3 else x + 0.15, 1.65))
    mixed = _whole((weights @ three_values)[None])
    canvas.arrow((5.2, 0.74), (5.2, 0.5), color=GREEN)
    canvas.table(4.8, 0.46, mixed, cell=(0.4, 0.36), colors={(0, 0): ORANGE, (0, 1): ORANGE}, size=SIZE)
    canvas.text(4.7, 0.28, "смесь: голоса за na и за ich", ORANGE, SIZE - 1, ha="right")
    return canvas.figure


def projections():
    """From the vectors x to the answer of a head, with shapes."""
    canvas = Canvas(6, 3.0)
    x = canvas.box(0.55, 1.5, "x\n(T, C)", INK, width=0.8, height=0.75)
    made = {}
    for y, name, words, color in ((2.45, "Q", "запросы Q\n(T, d)", ORANGE), (1.5, "K", "ключи K\n(T, d)", BLUE)):
        made[name] = canvas.box(2.3, y, words, color, width=1.15, height=0.65, size=SIZE - 1)
    made["V"] = canvas.box(2.3, 0.5, "значения V\n(T, d_v)", GREEN, width=1.15, height=0.65, size=SIZE - 1)
    for name, box in made.items():
        canvas.arrow(x, box, color=RED)
        canvas.text(1.28, {"Q": 2.2, "K": 1.63, "V": 0.8}[name], f"W_{name}", RED, SIZE - 1)
    weights = canvas.box(4.1, 1.97, "веса\n(T, T)", GREY, width=0.9, height=0.75)
    canvas.arrow(made["Q"], weights)
    canvas.arrow(made["K"], weights)
    canvas.text(4.1, 2.68, "QKᵀ/√d, маска, softmax", GREY, SIZE - 1.5)
    answer = canvas.box(5.4, 1.0, "ответ\n(T, d_v)", ORANGE, width=0.95, height=0.75)
    canvas.arrow(weights, answer)
    canvas.arrow(made["V"], answer)
    canvas.text(0.12, 0.18, "красное учится", RED, SIZE - 1, ha="left")
    return canvas.figure


def transpose(table):
    """A table, its transpose and the reshape of the same shape."""
    canvas = Canvas(5.2, 2.0)
    cell = (0.42, 0.36)
    marks = {(0, j): BLUE for j in range(3)} | {(1, j): ORANGE for j in range(3)}
    turned = {(j, i): color for (i, j), color in marks.items()}
    flat = {(n // 2, n % 2): BLUE if n < 3 else ORANGE for n in range(6)}
    canvas.table(0.2, 1.4, _whole(table), colors=marks, cell=cell, size=SIZE)
    canvas.table(2.3, 1.55, _whole(table.mT), colors=turned, cell=cell, size=SIZE)
    canvas.table(3.95, 1.55, _whole(table.reshape(3, 2)), colors=flat, cell=cell, size=SIZE)
    canvas.text(0.83, 1.8, "(2, 3)", GREY, SIZE)
    canvas.text(2.72, 1.8, "transpose", GREEN, SIZE)
    canvas.text(4.37, 1.8, "reshape", RED, SIZE)
    canvas.text(2.72, 0.22, "строка стала\nстолбцом", GREEN, SIZE - 1.5)
    canvas.text(4.37, 0.22, "форма та же,\nчисла не там", RED, SIZE - 1.5)
    canvas.arrow((1.55, 1.02), (2.15, 1.02))
    return canvas.figure


def _stack(canvas, x, y, width, height, words, colors):
    """Two sheets, one behind the other."""
    for i, color in reversed(list(enumerate(colors))):
        canvas.box(x + 0.14 * i, y + 0.14 * i, "", color, width, height)
    canvas.text(x, y, words, size=SIZE - 0.5)


def batched():
    """A stack of queries times a stack of transposed keys is a stack of scores."""
    canvas = Canvas(5.6, 1.9)
    _stack(canvas, 0.75, 0.95, 0.7, 1.0, "Tq × d", (BLUE, ORANGE))
    canvas.text(1.6, 1.0, "@", size=SIZE + 3)
    _stack(canvas, 2.5, 0.95, 1.15, 0.7, "d × Tk", (BLUE, ORANGE))
    canvas.text(3.55, 1.0, "=", size=SIZE + 3)
    _stack(canvas, 4.5, 0.95, 1.15, 1.0, "Tq × Tk", (BLUE, ORANGE))
    for x, shape in ((0.8, "(B, Tq, d)"), (2.55, "(B, d, Tk)"), (4.55, "(B, Tq, Tk)")):
        canvas.text(x, 0.2, shape, GREY, SIZE - 0.5)
    canvas.text(2.6, 1.72, "синяя с синей, рыжая с рыжей", INK, SIZE - 1)
    return canvas.figure


def filled():
    """Scores, the mask turned over, and what masked_fill gives."""
    canvas = Canvas(6, 2.1)
    scores = torch.tensor([[3, 1, 2], [0, 2, 5], [1, 4, 2]])
    future = torch.ones(3, 3).triu(1) > 0
    cell = (0.4, 0.4)
    canvas.table(1.12, 1.6, _whole(scores), cell=cell, size=SIZE)
    marks = {(i, j): GREY for i in range(3) for j in range(i + 1, 3)}
    rows = [["T" if shut else "F" for shut in row] for row in future.tolist()]
    canvas.table(2.5, 1.6, rows, colors=marks, cell=cell, size=SIZE)
    rows = [
        ["−∞" if shut else s for s, shut in zip(*pair, strict=True)]
        for pair in zip(scores.tolist(), future, strict=True)
    ]
    canvas.table(4.72, 1.6, rows, colors=marks, cell=cell, size=SIZE)
    for x, words in ((1.72, "сходства"), (3.1, "~mask"), (5.32, "ответ")):
        canvas.text(x, 1.85, words, size=SIZE)
    for x, words in ((0.58, "masked_fill("), (2.4, ","), (4.0, ", −∞)")):
        canvas.text(x, 1.0, words, size=SIZE)
    canvas.arrow((4.32, 1.0), (4.66, 1.0))
    canvas.text(3.1, 0.18, "T — закрыть, F — оставить", GREY, SIZE - 1)
    return canvas.figure


def positions():
    """The letters' embeddings and the places' embeddings are added."""
    canvas = Canvas(5.8, 2.6)
    for i, ch in enumerate("anna"):
        x = 1.55 + 1.1 * i
        canvas.box(x, 2.3, ch, ORANGE if ch == "a" else GREEN, width=0.75, height=0.38)
        canvas.text(x, 1.95, "+", size=SIZE + 1)
        canvas.box(x, 1.6, f"место {i}", BLUE, width=0.85, height=0.38, size=SIZE - 1.5)
        canvas.arrow((x, 1.38), (x, 1.02))
        canvas.box(x, 0.78, f"{ch} на {i}", INK, width=0.85, height=0.42, size=SIZE - 1)
    for y, words in ((2.3, "token"), (1.6, "pos"), (0.78, "x")):
        canvas.text(0.95, y, words, GREY, SIZE, ha="right")
    canvas.text(3.2, 0.25, "две a, две n: буквы те же, векторы теперь разные", INK, SIZE - 1)
    return canvas.figure


def one_step_back():
    """Queries of places meet the keys of their left neighbours."""
    canvas = Canvas(5.4, 2.2)
    keys = [
        canvas.box(1.3 + 1.15 * i, 1.85, f"место {i}", BLUE, width=0.95, height=0.42, size=SIZE - 1) for i in range(4)
    ]
    asks = [
        canvas.box(1.3 + 1.15 * i, 0.5, f"ищу {i - 1}" if i else "любой", ORANGE, width=0.95, height=0.42)
        for i in range(4)
    ]
    for i, ask in enumerate(asks):
        if i:
            canvas.arrow(ask, keys[i - 1], color=ORANGE)
    canvas.arrow(asks[0], keys[0], color=GREY, dashed=True)
    canvas.text(0.7, 1.85, "ключи", BLUE, SIZE - 0.5, ha="right")
    canvas.text(0.7, 0.5, "запросы", ORANGE, SIZE - 0.5, ha="right")
    canvas.text(3.0, 0.12, "у места 0 соседа нет: видит только себя", GREY, SIZE - 1.5)
    return canvas.figure


def one_head(vocab_size):
    """The network with one head, a shape at every step."""
    canvas = Canvas(6, 2.9)
    ids = canvas.box(0.5, 1.9, "номера\n(B, t)", GREY, width=0.8, height=0.65, size=SIZE - 1)
    x = canvas.box(1.75, 1.9, "token + pos\n(B, t, 32)", BLUE, width=1.2, height=0.65, size=SIZE - 1)
    head = canvas.box(1.75, 0.75, "голова\n(B, t, 16)", ORANGE, width=1.2, height=0.65, size=SIZE - 1)
    both = canvas.box(3.25, 1.9, "[x; y]\n(B, t, 48)", GREEN, width=1.05, height=0.65, size=SIZE - 1)
    hidden = canvas.box(4.4, 0.75, "tanh\n(B, t, 64)", INK, width=1.05, height=0.65, size=SIZE - 1)
    logits = canvas.box(5.35, 1.9, f"логиты\n(B, t, {vocab_size})", RED, width=1.05, height=0.65, size=SIZE - 1)
    canvas.arrow(ids, x)
    canvas.arrow(x, both)
    canvas.arrow(x, head)
    canvas.arrow(head, both)
    canvas.arrow(both, hidden)
    canvas.arrow(hidden, logits)
    canvas.text(2.5, 2.05, "x", BLUE, SIZE)
    canvas.text(2.68, 1.22, "y", ORANGE, SIZE)
    canvas.text(3.0, 2.62, "вместо окна — один взгляд на всё прочитанное", INK, SIZE - 0.5)
    canvas.text(1.75, 0.2, "смотрит назад, маска", ORANGE, SIZE - 1.5)
    return canvas.figure


def cross():
    """Queries from one sequence, keys and values from another."""
    canvas = Canvas(5.6, 2.1)
    x = canvas.box(0.75, 1.65, "x\n(B, Tx, C)", ORANGE, width=1.15, height=0.62, size=SIZE - 1)
    memory = canvas.box(0.75, 0.5, "memory\n(B, Tm, C)", BLUE, width=1.15, height=0.62, size=SIZE - 1)
    weights = canvas.box(3.0, 1.65, "веса\n(B, Tx, Tm)", GREY, width=1.15, height=0.62, size=SIZE - 1)
    answer = canvas.box(4.9, 0.5, "ответ\n(B, Tx, d)", ORANGE, width=1.1, height=0.62, size=SIZE - 1)
    canvas.arrow(x, weights, "запросы", ORANGE)
    canvas.arrow(memory, weights, color=BLUE)
    canvas.text(1.95, 1.2, "ключи", BLUE, SIZE - 1, ha="right")
    canvas.arrow(memory, answer, "значения", GREEN)
    canvas.arrow(weights, answer)
    return canvas.figure
