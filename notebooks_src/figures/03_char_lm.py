"""Drawings of section 3: tables of pairs, surprise and its floor, windows, the network."""

from __future__ import annotations

import itertools
import math

import numpy as np
from drawing import BLUE, GREEN, GREY, INK, ORANGE, PALE, PAPER, RED, SIZE, Canvas, chart
from matplotlib.patches import Rectangle


def _letters(canvas, x, y, text, colors=(), cell=0.34):
    """A row of cells with letters whose left upper corner is (x, y); ``colors`` marks cells by their place."""
    canvas.table(x, y, [list(text)], colors={(0, i): color for i, color in dict(colors).items()}, cell=(cell, 0.34))


def _next(NGram, NAMES, prefix, most):
    """The likeliest next symbols and their probabilities, by the bigrams of the names."""
    alphabet = [*sorted({ch for name in NAMES for ch in name}), ">"]
    chances = dict(zip(alphabet, NGram(NAMES, 2, alphabet).probs(prefix), strict=True))
    return dict(sorted(((ch, p) for ch, p in chances.items() if p), key=lambda pair: -pair[1])[:most])


def language_model(NGram, NAMES):
    """The beginning of a name goes in, a probability for each next symbol comes out."""
    canvas = Canvas(5.6, 1.75)
    begin = canvas.box(0.75, 0.85, "< a n n", width=1.1)
    model = canvas.box(2.35, 0.85, "модель", ORANGE, width=1.1, height=0.7)
    canvas.arrow(begin, model)
    canvas.arrow(model, (3.5, 0.85))
    chances = _next(NGram, NAMES, "ann", 4)
    canvas.bars(3.7, 0.35, chances.values(), list(chances), width=0.44, tall=2.2, values=False)
    for i, p in enumerate(chances.values()):
        canvas.text(3.7 + 0.44 * i + 0.18, 0.35 + 2.2 * p + 0.1, f"{p:.2f}", BLUE, SIZE - 1.5)
    canvas.text(0.75, 0.4, "начало имени", GREY, SIZE - 1.5)
    return canvas.figure


def axes(A):
    """Sums along the two axes of a table, and what is left of its shape."""
    canvas = Canvas(4.8, 3.05)
    cell = (0.42, 0.34)
    canvas.table(0.35, 2.5, A.tolist(), cell=cell, colors={(1, j): BLUE for j in range(4)} | {(0, 2): ORANGE})
    for i in (1, 2):
        canvas.axes.add_patch(Rectangle((0.35 + 0.84, 2.5 - 0.34 * (i + 1)), 0.42, 0.34, fc="none", ec=ORANGE, lw=1.6))
    canvas.axes.add_patch(Rectangle((0.35 + 0.84, 2.5 - 0.34), 0.42, 0.34, fc="none", ec=ORANGE, lw=1.6))
    canvas.text(1.19, 2.75, "(3, 4)", GREY)
    canvas.arrow((2.1, 1.99), (3.15, 1.99), "axis=1", BLUE)
    canvas.table(3.3, 2.5, [[x] for x in A.sum(axis=1).tolist()], cell=cell, colors={(1, 0): BLUE})
    canvas.text(3.51, 2.75, "(3,)", BLUE)
    canvas.text(3.51, 1.22, "или с\nkeepdims\n(3, 1)", BLUE, SIZE - 1, va="top")
    canvas.arrow((1.4, 1.42), (1.4, 0.85), color=ORANGE)
    canvas.text(1.75, 1.13, "axis=0", ORANGE, SIZE - 1)
    canvas.table(0.35, 0.78, [A.sum(axis=0).tolist()], cell=cell, colors={(0, 2): ORANGE})
    canvas.text(2.3, 0.61, "(4,)", ORANGE)
    canvas.text(3.85, 1.99, "осталось\nпо числу\nна строку", INK, SIZE - 1, ha="left")
    canvas.text(1.2, 0.2, "осталось по числу на столбец", INK, SIZE - 1)
    return canvas.figure


def broadcasting(A):
    """A column of sums is stretched along the table; a row of the wrong length is refused."""
    canvas = Canvas(5.9, 3.1)
    cell = (0.34, 0.3)
    canvas.table(0.15, 2.85, A.tolist(), cell=cell)
    canvas.text(1.72, 2.4, "/", size=SIZE + 4)
    total = A.sum(axis=1, keepdims=True)
    canvas.table(1.95, 2.85, np.repeat(total, 4, axis=1).tolist(), cell=cell)
    for j in range(1, 4):
        canvas.axes.add_patch(Rectangle((1.95 + j * 0.34, 1.95), 0.34, 0.9, fc=PAPER, ec="none", alpha=0.6))
    canvas.axes.add_patch(Rectangle((1.95, 1.95), 0.34, 0.9, fc="none", ec=BLUE, lw=1.8))
    canvas.arrow((2.32, 1.83), (3.3, 1.83), color=BLUE)
    canvas.text(3.55, 2.4, "=", size=SIZE + 4)
    canvas.table(
        3.8, 2.85, [[f"{x:.2f}" for x in row] for row in (A / total).tolist()], cell=(0.5, 0.3), size=SIZE - 1.5
    )

    def shapes(x, upper, lower, fits, words):
        for y, shape in ((1.4, upper), (1.04, lower)):
            for place, size in enumerate(shape):
                color = fits[place] if size != "" else ""
                canvas.table(x + place * 0.45, y, [[size]], cell=(0.45, 0.34), colors={(0, 0): color}, size=SIZE)
        color = RED if RED in fits else GREEN
        canvas.text(x + 0.45, 0.38, words, color, SIZE - 1)

    canvas.text(0.7, 1.24, "таблица", GREY, SIZE - 1)
    canvas.text(0.7, 0.87, "делитель", GREY, SIZE - 1)
    shapes(1.5, (3, 4), (3, 1), (GREEN, GREEN), "3 = 3; 1 растянется")
    shapes(3.9, (3, 4), ("", 3), (GREY, RED), "4 ≠ 3: ошибка")
    return canvas.figure


def indexing(A):
    """A list of rows, pairs of places, a mask: what each takes out of a table."""
    canvas = Canvas(6, 2.95)
    cell, left = (0.36, 0.3), (0.2, 2.25, 4.3)
    marks = (
        {(i, j): color for i, color in ((2, BLUE), (0, ORANGE)) for j in range(4)},
        {(0, 3): BLUE, (1, 1): ORANGE},
        {(int(i), int(j)): BLUE for i, j in np.argwhere(A > 1)},
    )
    for x, title, colors in zip(left, ("A[[2, 0, 2]]", "A[[0, 1], [3, 1]]", "A[A > 1]"), marks, strict=True):
        canvas.text(x + 0.72, 2.78, title, size=SIZE - 0.5)
        canvas.table(x, 2.6, A.tolist(), cell=cell, colors=colors)
        canvas.arrow((x + 0.72, 1.65), (x + 0.72, 1.3))
    taken = {(i, j): (BLUE, ORANGE, BLUE)[i] for i in range(3) for j in range(4)}
    canvas.table(left[0], 1.25, A[[2, 0, 2]].tolist(), cell=cell, colors=taken)
    canvas.table(left[1] + 0.36, 1.25, [A[[0, 1], [3, 1]].tolist()], cell=cell, colors={(0, 0): BLUE, (0, 1): ORANGE})
    some = A[A > 1].tolist()
    canvas.table(left[2] - 0.18, 1.25, [some], cell=(0.36, 0.3), colors={(0, j): BLUE for j in range(len(some))})
    for x, y, shape in ((left[0], 0.2, "(3, 4)"), (left[1], 0.75, "(2,)"), (left[2], 0.75, f"({len(some)},)")):
        canvas.text(x + 0.72, y, shape, GREY, SIZE)
    return canvas.figure


def pairs(make_bigrams, BOS, EOS):
    """The five pairs of a name and the cells where they are counted."""
    canvas = Canvas(5.8, 2.3)
    symbols = BOS + "an" + EOS
    found = make_bigrams(["anna"], {ch: i for i, ch in enumerate(symbols)})
    nodes = [canvas.circle(0.35 + 0.56 * i, 1.35, ch, radius=0.2) for i, ch in enumerate(BOS + "anna" + EOS)]
    for i, (start, end) in enumerate(itertools.pairwise(nodes)):
        canvas.arrow((start.x + 0.08, start.y + 0.2), (end.x - 0.08, end.y + 0.2), color=ORANGE, bend=-0.7)
        canvas.text((start.x + end.x) / 2, 1.85, i + 1, ORANGE, SIZE - 1)
    canvas.text(1.75, 0.85, "пар: длина имени + 1", GREY, SIZE - 1)
    counts = np.zeros((4, 4), dtype=int)
    for i, j in found:
        counts[i, j] += 1
    rows = [[count or "" for count in row] for row in counts.tolist()]
    seen = {(i, j): ORANGE for i, j in found}
    seen |= {(i, 0): GREY for i in range(4)} | {(3, j): GREY for j in range(4)}
    canvas.table(4.15, 1.75, rows, list(symbols), list(symbols), colors=seen, cell=(0.38, 0.34))
    canvas.text(4.9, 2.17, "следующий", GREY, SIZE - 1)
    canvas.text(3.72, 1.07, "предыдущий", GREY, SIZE - 1, rotation=90)
    canvas.text(4.9, 0.2, "серое всегда пусто", GREY, SIZE - 1)
    return canvas.figure


def row(NGram, NAMES):
    """Counts after one symbol, their shares, and the shares when one was added to each."""
    canvas = Canvas(5.9, 2.15)
    alphabet = [*sorted({ch for name in NAMES for ch in name}), ">"]
    shown = ["a", ">", "n", "i", "b", "d"]
    seen = NGram(NAMES, 2, alphabet).following["n"]
    tables = [[seen[ch] for ch in shown]]
    for alpha in (0.0, 1.0):
        chances = dict(zip(alphabet, NGram(NAMES, 2, alphabet, alpha).probs("n"), strict=True))
        tables.append([chances[ch] for ch in shown])
    shades = [[x / 7 for x in tables[0]], *tables[1:]]
    words = [[*map(str, tables[0]), "0"], *([*(f"{p:.2f}" for p in part), f"{part[-1]:.2f}"] for part in tables[1:])]
    shades = [[*part, part[-1]] for part in shades]
    names = ("счётчики", "частоты", "при α = 1")
    canvas.table(1.25, 1.68, words, names, [*shown, "…"], shades=shades, cell=(0.62, 0.4))
    canvas.text(0.6, 1.9, "после n", INK, SIZE)
    canvas.text(3.42, 0.22, "у тройки было 0.43, стало 0.15; у невиденных пар вместо нуля 0.04", GREY, SIZE - 1.5)
    assert words[1][0] == "0.43" and words[2][0] == "0.15" and words[2][-1] == "0.04"
    return canvas.figure


def walk(NGram, NAMES):
    """A name grows: the row of the last symbol, a draw from it, and again."""
    canvas = Canvas(6, 2.05)
    name = "<na>"
    for step, (last, drawn) in enumerate(itertools.pairwise(name)):
        chances = _next(NGram, NAMES, last.strip("<"), 12)
        kept = sorted({*list(chances)[:4], drawn}, key=list(chances).index)
        x = 0.15 + 2.0 * step
        canvas.text(x + 0.72, 1.88, f"после {last}", size=SIZE)
        for i, ch in enumerate(kept):
            color = ORANGE if ch == drawn else BLUE
            canvas.bars(x + 0.28 * i, 0.75, [chances[ch]], [ch], color, width=0.28, tall=1.6)
        if len(chances) > len(kept):
            canvas.text(x + 0.28 * len(kept) + 0.1, 0.66, "…", va="top")
        end = "конец" if drawn == ">" else drawn
        canvas.text(x + 0.72, 0.2, f"выпало: {end}", ORANGE, SIZE)
        if step < 2:
            canvas.arrow((x + 1.5, 1.2), (x + 1.9, 1.2))
    return canvas.figure


def questions():
    """The game of questions for probabilities 1/2, 1/4, 1/8, 1/8."""
    canvas = Canvas(5.6, 2.95)
    asked = [canvas.box(0.85 + 1.5 * i, 2.65 - 0.55 * i, f"это {ch}?", width=0.95) for i, ch in enumerate("ani")]
    chances, ends = ("½", "¼", "⅛"), []
    for i, (node, ch) in enumerate(zip(asked, "ani", strict=True)):
        ends.append(canvas.circle(node.x, node.y - 0.85, ch, ORANGE, radius=0.22))
        canvas.arrow(node, ends[-1])
        canvas.text(node.x - 0.22, node.y - 0.42, "да", GREY, SIZE - 1)
        canvas.text(node.x, node.y - 1.2, f"{chances[i]}:  {i + 1}", INK, SIZE)
    last = canvas.circle(5.15, 0.7, "o", ORANGE, radius=0.22)
    for start, end in zip(asked, [*asked[1:], last], strict=True):
        canvas.arrow(start, end)
        canvas.text((start.x + end.x) / 2 + 0.12, (start.y + end.y) / 2 + 0.14, "нет", GREY, SIZE - 1)
    canvas.text(5.15, 0.35, "⅛:  3", INK, SIZE)
    canvas.text(0.3, 0.6, "вероятность:\nсколько вопросов", GREY, SIZE - 1, ha="left")
    return canvas.figure


def name_tree(NGram, NAMES):
    """The branch of a name in the tree of all: probabilities multiply, surprises add up."""
    canvas = Canvas(6, 3.0)
    name = "<anna>"
    at = [0.4 + 1.02 * i for i in range(6)]
    steps = []
    for i, ch in enumerate(name):
        node = canvas.circle(at[i], 1.75, ch, ORANGE, radius=0.2)
        if i:
            canvas.arrow(before, node, color=ORANGE)  # noqa: F821
            canvas.text((at[i - 1] + at[i]) / 2, 1.9, f"{steps[-1]:.2f}", ORANGE, SIZE - 1)
        if ch != ">":
            chances = _next(NGram, NAMES, ch.strip("<"), 12)
            steps.append(chances[name[i + 1]])
            others = [other for other in chances if other != name[i + 1]][:2]
            for other, y in zip(others, (2.55, 0.98), strict=False):
                side = canvas.circle(at[i] + 0.72, y, other, GREY, radius=0.16, size=SIZE - 1.5)
                canvas.arrow(node, side)
        before = node  # noqa: F841
    canvas.text(0.1, 0.52, "вероятности:", GREY, SIZE - 1.5, ha="left")
    canvas.text(0.1, 0.17, "удивления:", GREY, SIZE - 1.5, ha="left")
    product = " · ".join(f"{p:.2f}" for p in steps)
    total = " + ".join(f"{-math.log(p):.2f}" for p in steps)
    canvas.text(1.32, 0.52, f"{product} ≈ {math.prod(steps):.5f}", INK, SIZE, ha="left")
    canvas.text(1.32, 0.17, f"{total} ≈ {-math.log(math.prod(steps)):.2f}", INK, SIZE, ha="left")
    canvas.text(5.2, 0.345, "числа округлены", GREY, SIZE - 1.5)
    return canvas.figure


def minus_log():
    """The surprise −ln p."""
    figure, axes = chart(5.2, 2.7, "вероятность, которую модель дала тому, что случилось", "удивление, нат")
    p = np.linspace(0.006, 1, 400)
    axes.plot(p, -np.log(p), lw=2)
    for chance in (0.01, 0.125, 0.5, 1.0):
        axes.plot(chance, -math.log(chance), "o", color=ORANGE)
        words = f"p = {chance:g}: {abs(math.log(chance)):.2f}"
        place, side = (2, "right") if chance == 1 else (8, "left")
        axes.annotate(
            words, (chance, -math.log(chance)), (place, 15 if chance == 1 else 7), textcoords="offset points", ha=side
        )
    axes.set(xlim=(0, 1.03), ylim=(0, 5.4))
    return figure


def wrong_belief():
    """The cross-entropy of an honest coin and what a model believes about it."""
    figure, axes = chart(5.2, 2.6, "какую вероятность модель дала орлу", "нат в среднем")
    q = np.linspace(0.03, 0.97, 300)

    def cost(q):
        return -0.5 * np.log(q) - 0.5 * np.log(1 - q)

    axes.plot(q, cost(q), lw=2)
    axes.axhline(math.log(2), color=GREY, ls="--")
    axes.text(0.02, math.log(2) - 0.05, "энтропия, ln 2", color=GREY, va="top")
    for x, lift in ((0.5, 0.1), (0.6, 0.22), (0.9, 0.12)):
        axes.plot(x, cost(x), "o", color=ORANGE)
        axes.text(
            x - (0.03 if x > 0.8 else 0), cost(x) + lift, f"{x:g}: {cost(x):.3f}", ha="right" if x > 0.8 else "center"
        )
    axes.set(xlim=(0, 1), ylim=(0.4, 1.8), yticks=(0.5, 1, 1.5))
    return figure


def agreement():
    """Two names with the same window of three before the ending, which depends on the first name."""
    canvas = Canvas(5.9, 2.75)
    for y, first, ending, whose in ((2.15, "anna", "na", "n"), (0.95, "anton", "ich", "i")):
        text = f"{first} pavlov{ending}"
        start = len(text) - len(ending)
        colors = {i: GREEN for i in range(len(first))} | {i: BLUE for i in range(start - 3, start)}
        colors |= {i: ORANGE for i in range(start, len(text))}
        x = 0.25 + (0.36 if first == "anna" else 0.0)
        _letters(canvas, x, y, text, colors, cell=0.36)
        left, right = x + 0.36 * len(first) / 2, x + 0.36 * (start + 0.5)
        canvas.arrow((left, y + 0.02), (right, y + 0.02), color=GREEN, bend=-0.09)
        canvas.brace(x + 0.36 * (start - 3), x + 0.36 * start, y - 0.38, "окно: lov", BLUE)
        canvas.text(x + 0.36 * (start + 0.5), y - 0.58, f"{whose}?", ORANGE, SIZE)
    return canvas.figure


def sliding_window():
    """Five windows of three symbols and their targets along a name."""
    canvas = Canvas(5.0, 2.6)
    line, K = "<<<anna>", 3
    for step in range(5):
        y = 2.45 - 0.48 * step
        colors = {i: BLUE for i in range(step, step + K)} | {step + K: ORANGE}
        for i, ch in enumerate(line):
            if i in colors:
                canvas.table(0.2 + 0.4 * i, y, [[ch]], cell=(0.4, 0.36), colors={(0, 0): colors[i]}, size=SIZE)
            else:
                canvas.text(0.4 + 0.4 * i, y - 0.18, ch, GREY, SIZE)
        canvas.text(3.75, y - 0.18, line[step : step + K], BLUE, SIZE + 0.5, family="DejaVu Sans Mono")
        canvas.text(4.17, y - 0.18, "→", GREY, SIZE)
        canvas.text(4.5, y - 0.18, line[step + K], ORANGE, SIZE + 0.5, family="DejaVu Sans Mono")
    return canvas.figure


def surprise_by_place(NGram, LANGUAGE, ALPHABET):
    """Nats letter by letter: for who remembers everything and for who remembers three symbols."""
    canvas = Canvas(6, 3.1)
    text = "anna pavlovna>"
    for y, n, color, words in ((1.75, 32, BLUE, "помнит всё"), (0.3, 4, ORANGE, "помнит три символа")):
        best = NGram(LANGUAGE, n, ALPHABET)
        nats = [-math.log(best.probs(text[:i])[ALPHABET.index(ch)]) for i, ch in enumerate(text)]
        canvas.bars(0.25, y, [abs(x) / 3 for x in nats], list(text.replace(" ", "␣")), color, width=0.4, tall=1.1)
        for i, x in enumerate(nats):
            if x > 0.01:
                canvas.text(0.41 + 0.4 * i, y + x / 3 * 1.1 + 0.1, f"{x:.2f}", color, SIZE - 1.5)
        canvas.text(5.85, y + 0.95, f"{words}: {sum(nats):.2f} ната", color, SIZE - 0.5, ha="right")
    return canvas.figure


def softmax():
    """Logits, their exponents, the shares of the exponents."""
    canvas = Canvas(5.9, 2.05)
    z = np.log([1.0, 2.0, 5.0])
    e = np.exp(z)
    columns = (("логиты", z, 0.5, BLUE), ("экспоненты", e, 0.24, ORANGE), ("вероятности", e / e.sum(), 1.9, GREEN))
    for i, (title, heights, tall, color) in enumerate(columns):
        x = 0.2 + 2.15 * i
        canvas.bars(x, 0.4, heights, ["1", "2", "3"], color, width=0.45, tall=tall)
        for j, height in enumerate(heights):
            words = f"{height:.3f}" if i == 2 else f"{height:.2f}" if i == 0 else f"{height:.0f}"
            canvas.text(x + 0.45 * j + 0.18, 0.4 + height * tall + 0.1, words, color, SIZE - 1.5)
        canvas.text(x + 0.63, 1.92, title, color, SIZE)
    canvas.arrow((1.6, 0.95), (2.25, 0.95), "exp")
    canvas.arrow((3.75, 0.95), (4.4, 0.95), f": {e.sum():.0f}")
    return canvas.figure


def lookup(one_hot, lookup):
    """A one-hot row times a table is a row of the table, which can be taken by its number."""
    import torch

    canvas = Canvas(5.9, 2.6)
    table = torch.tensor([[0.1, 2.0], [1.3, -0.4], [0.7, 0.5], [-1.0, 0.2], [0.6, 1.1]])
    ids = torch.tensor([3])
    hot = one_hot(ids, 5)
    assert torch.equal(hot @ table, lookup(table, ids))
    canvas.table(0.2, 1.6, hot.int().tolist(), (), range(5), colors={(0, 3): ORANGE}, cell=(0.36, 0.36), size=SIZE)
    canvas.text(1.1, 1.05, "(1, 5)", GREY, SIZE - 1)
    canvas.text(2.25, 1.42, "@", size=SIZE + 3)
    rows = [[f"{x:.1f}".replace("-", "−") for x in row] for row in table.tolist()]
    canvas.table(2.75, 2.32, rows, range(5), colors={(3, j): ORANGE for j in range(2)}, cell=(0.52, 0.36), size=SIZE)
    canvas.text(3.27, 0.36, "(5, 2)", GREY, SIZE - 1)
    canvas.text(4.1, 1.42, "=", size=SIZE + 3)
    row = [f"{x:.1f}".replace("-", "−") for x in lookup(table, ids)[0].tolist()]
    end = canvas.table(4.5, 1.6, [row], colors={(0, 0): ORANGE, (0, 1): ORANGE}, cell=(0.52, 0.36), size=SIZE)
    canvas.text(5.02, 1.05, "(1, 2)", GREY, SIZE - 1)
    canvas.arrow((3.83, 1.06), (end.x, 0.78), color=BLUE, bend=0.0)
    canvas.text(4.75, 0.6, "или сразу: table[3]", BLUE, SIZE - 1)
    return canvas.figure


def network():
    """One window on its way through the network, with the shape after each step."""
    canvas = Canvas(6, 3.2)
    colors = (BLUE, GREEN, ORANGE)
    for i, (ch, color) in enumerate(zip("nna", colors, strict=True)):
        y = 2.45 - 0.62 * i
        letter = canvas.circle(0.3, y, ch, color, radius=0.2)
        for j in range(3):
            canvas.axes.add_patch(Rectangle((1.0 + 0.2 * j, y - 0.12), 0.2, 0.24, fc=PALE[color], ec=color))
        canvas.arrow(letter, (0.98, y))
        for j in range(3):
            canvas.axes.add_patch(
                Rectangle((2.15, 2.75 - 0.22 * (3 * i + j) - 0.14), 0.24, 0.22, fc=PALE[color], ec=color)
            )
        canvas.arrow((1.63, y), (2.12, 2.57 - 0.66 * i + 0.0))
    hidden = [canvas.circle(3.4, 2.45 - 0.64 * i, "", GREY, radius=0.16) for i in range(3)]
    logits = [canvas.circle(4.55, 2.6 - 0.52 * i, "", GREY, radius=0.14) for i in range(4)]
    for unit in hidden:
        for i in (0, 8):
            canvas.line((2.4, 2.7 - 0.22 * i), (unit.x - 0.16, unit.y), width=0.7)
        for out in logits:
            canvas.line((unit.x + 0.16, unit.y), (out.x - 0.14, out.y), width=0.7)
    canvas.arrow((4.78, 1.82), (5.2, 1.82))
    canvas.text(5.0, 2.0, "softmax", GREY, SIZE - 1.5)
    for i, p in enumerate((0.1, 0.55, 0.15, 0.3)):
        y = 2.6 - 0.52 * i
        canvas.axes.add_patch(Rectangle((5.3, y - 0.1), p, 0.2, fc=PALE[ORANGE], ec=ORANGE))
    steps = (
        (0.3, "окно", "(B, K)"),
        (1.3, "эмбеддинги", "(B, K, emb)"),
        (2.27, "в ряд", "(B, K·emb)"),
        (3.4, "tanh", "(B, hid)"),
        (4.55, "логиты", "(B, V)"),
        (5.5, "p", "(B, V)"),
    )
    for i, (x, words, shape) in enumerate(steps):
        canvas.text(x, 3.02, words, INK, SIZE - 1.5)
        canvas.text(x, 0.5 - 0.26 * (i % 2), shape, GREY, SIZE - 1)
    return canvas.figure


def places():
    """Embeddings in a row times one matrix are a sum of products, one for each place of the window."""
    canvas = Canvas(5.9, 2.3)
    colors = (BLUE, GREEN, ORANGE)
    for i, color in enumerate(colors):
        canvas.table(0.2 + 0.6 * i, 1.45, [[f"x{'₀₁₂'[i]}"]], cell=(0.6, 0.36), colors={(0, 0): color}, size=SIZE)
        canvas.table(2.35, 1.92 - 0.42 * i, [[f"W{'₀₁₂'[i]}"]], cell=(0.8, 0.42), colors={(0, 0): color}, size=SIZE)
    canvas.text(2.17, 1.27, "@", size=SIZE + 2)
    canvas.text(3.4, 1.27, "=", size=SIZE + 3)
    for i, color in enumerate(colors):
        x = 3.95 + 0.76 * i
        canvas.table(
            x - 0.28, 1.45, [[f"x{'₀₁₂'[i]}W{'₀₁₂'[i]}"]], cell=(0.56, 0.36), colors={(0, 0): color}, size=SIZE
        )
        if i:
            canvas.text(x - 0.38, 1.27, "+", size=SIZE + 1)
    canvas.text(1.1, 0.85, "ряд, (1, K·emb)", GREY, SIZE - 1)
    canvas.text(2.75, 0.42, "(K·emb, hid)", GREY, SIZE - 1)
    canvas.text(4.67, 0.85, "сумма по местам, (1, hid)", GREY, SIZE - 1)
    return canvas.figure


def schedule():
    """The step of training: it warms up, then falls to zero along a cosine."""
    figure, axes = chart(5.2, 2.3, "номер шага", "доля наибольшего")
    steps = np.arange(500)
    share = np.minimum((steps + 1) / 50, 0.5 + 0.5 * np.cos(np.pi * steps / 500))
    axes.plot(steps, share, lw=2)
    axes.axvspan(0, 49, color=PALE[ORANGE], lw=0)
    axes.text(58, 0.12, "разогрев", color=ORANGE)
    axes.text(330, 0.66, "косинус", color=BLUE)
    axes.set(xlim=(0, 500), ylim=(0, 1.05))
    return figure


def temperature(apply_temperature):
    """The same logits at three temperatures."""
    import torch

    canvas = Canvas(5.6, 2.0)
    logits = torch.tensor([0.5, 0.25, 0.25], dtype=torch.float64).log()
    for i, (T, words) in enumerate(((0.5, "T = ½"), (1.0, "T = 1"), (2.0, "T = 2"))):
        x, chances = 0.3 + 1.85 * i, apply_temperature(logits, T).tolist()
        color = (ORANGE, BLUE, GREEN)[i]
        canvas.bars(x, 0.4, chances, ["a", "n", "i"], color, width=0.48, tall=1.8)
        for j, p in enumerate(chances):
            canvas.text(x + 0.48 * j + 0.19, 0.4 + 1.8 * p + 0.1, f"{p:.2f}", color, SIZE - 1.5)
        canvas.text(x + 1.0, 1.75, words, color, SIZE + 0.5)
    return canvas.figure


def tails(top_k, top_p):
    """What top-k and top-p keep of a sure and of an unsure model."""
    import torch

    canvas = Canvas(5.9, 3.15)
    shares = ((0.85, 0.07, 0.04, 0.03, 0.01), (0.3, 0.24, 0.2, 0.16, 0.1))
    for i, (cut, limit, words) in enumerate(((top_k, 2, "top-k, k = 2"), (top_p, 0.8, "top-p, p = 0.8"))):
        y = 1.75 - 1.4 * i
        canvas.text(0.55, y + 0.55, words.replace(", ", ",\n"), INK, SIZE)
        for j, part in enumerate(shares):
            kept = cut(torch.tensor(part, dtype=torch.float64), limit) > 0
            for place, p in enumerate(part):
                color = BLUE if kept[place] else GREY
                canvas.bars(1.4 + 2.3 * j + 0.4 * place, y, [p], ["aniod"[place]], color, width=0.4, tall=1.15)
                canvas.text(1.56 + 2.3 * j + 0.4 * place, y + 1.15 * p + 0.09, f"{p:.2f}", color, SIZE - 1.5)
    canvas.text(2.4, 3.03, "модель уверена", GREY, SIZE)
    canvas.text(4.7, 3.03, "модель не уверена", GREY, SIZE)
    return canvas.figure


def mask(dropout):
    """Numbers, a mask, and what dropout makes of them in training."""
    import torch

    canvas = Canvas(5.9, 1.6)
    x = torch.tensor([[1.0, -2.0, 0.5], [3.0, 1.5, -1.0]])
    kept = torch.tensor([[True, False, True], [False, True, True]])
    y = dropout(x, 0.5, True, kept)
    places = {(i, j): BLUE for i in range(2) for j in range(3) if kept[i, j]}
    lost = {(i, j): GREY for i in range(2) for j in range(3) if not kept[i, j]}
    columns = ((x.tolist(), {}, "вход"), (kept.int().tolist(), places, "маска"), (y.tolist(), places, "выход, ×2"))
    for i, (rows, colors, words) in enumerate(columns):
        canvas.table(
            0.2 + 2.0 * i, 1.15, [[v + 0.0 for v in row] for row in rows], colors=lost | colors, cell=(0.5, 0.4)
        )
        canvas.text(0.95 + 2.0 * i, 1.37, words, GREY, SIZE)
    canvas.text(1.95, 0.75, "·", size=SIZE + 5)
    canvas.text(3.95, 0.75, "→", size=SIZE + 3)
    return canvas.figure
