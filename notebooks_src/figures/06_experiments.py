"""Drawings of section 6: what models see, the ladder of floors, pairs and flipped signs, a budget, a law, merges."""

from __future__ import annotations

import math

import numpy as np
from drawing import BLUE, GREEN, GREY, INK, ORANGE, PALE, PAPER, RED, SIZE, Canvas, chart
from matplotlib.patches import Rectangle


def what_is_seen(MODELS):
    """The beginning of a line and what each model sees of it when it predicts the next symbol."""
    canvas = Canvas(6, 2.65)
    line, cell = "<anna pavlov", 0.33
    for row, (title, (visible, _, _)) in enumerate(MODELS.items()):
        y = 2.25 - 0.48 * row
        seen = {(0, i): BLUE for i in range(max(0, len(line) - visible), len(line))}
        canvas.table(1.45, y, [list(line)], colors=seen, cell=(cell, 0.32), size=SIZE)
        canvas.text(1.35, y - 0.16, title, INK, SIZE - 1, ha="right")
        canvas.arrow((1.5 + cell * len(line), y - 0.16), (1.75 + cell * len(line), y - 0.16))
        canvas.text(1.88 + cell * len(line), y - 0.16, "?", ORANGE, SIZE + 1)
    canvas.text(1.45 + cell * 6, 2.48, "anna pavlov: дальше n или i?", GREY, SIZE - 1)
    canvas.text(1.45 + cell * 6, 0.22, "синее — то, что модель видит, выбирая букву", BLUE, SIZE - 1)
    return canvas.figure


def ladder(LANGUAGE, class_floor):
    """The floors of classes as a staircase down to the floor of the language."""
    figure, axes = chart(5.8, 3.0, "сколько символов видно", "лучшая ошибка, нат на имя")
    limits = [class_floor(LANGUAGE, k) for k in range(1, 16)]
    axes.step(range(1, 16), limits, where="mid", lw=2)
    axes.fill_between(range(1, 16), 5, limits, step="mid", color=PALE[BLUE])
    floor = math.log(len(LANGUAGE))
    axes.axhline(floor, color=GREY, ls="--")
    for k in (1, 2, 3, 12):
        axes.text(k + 0.1, limits[k - 1] + 0.5, f"{limits[k - 1]:.2f}", ha="center" if k > 3 else "left", color=BLUE)
    axes.text(9.5, floor - 0.25, f"предел языка, {floor:.2f}", ha="left", va="top", color=INK)
    axes.set(xlim=(0.4, 15.6), ylim=(5, 33), xticks=(1, 2, 3, 5, 8, 12, 15))
    return figure


def memories():
    """What three kinds of models keep of a line: the last three symbols, all of them, one vector."""
    canvas = Canvas(6, 3.2)
    line, cell, x = "<anna pav", 0.42, 1.55
    middle = [x + cell * (i + 0.5) for i in range(len(line))]
    for y, words, kept in ((2.95, "окно", range(6, 9)), (1.95, "внимание", range(9))):
        canvas.table(x, y, [list(line)], colors={(0, i): BLUE for i in kept}, cell=(cell, 0.32), size=SIZE)
        canvas.text(1.35, y - 0.16, words, INK, SIZE, ha="right")
        end = canvas.circle(5.75, y - 0.16, "?", ORANGE, radius=0.17)
        canvas.line((middle[kept[0]], y - 0.36), (middle[kept[0]], y - 0.48), (5.75, y - 0.48), color=BLUE)
        for i in kept[1:]:
            canvas.line((middle[i], y - 0.36), (middle[i], y - 0.48), color=BLUE)
        canvas.arrow((5.75, y - 0.48), end, color=BLUE)
    canvas.table(x, 0.95, [list(line)], cell=(cell, 0.32), size=SIZE)
    canvas.text(1.35, 0.79, "рекуррентная", INK, SIZE, ha="right")
    cells = [canvas.box(at, 0.28, "", GREEN, width=0.24, height=0.24) for at in middle]
    for i, at in enumerate(middle):
        canvas.arrow((at, 0.61), cells[i])
        if i:
            canvas.arrow(cells[i - 1], cells[i], color=GREEN)
    canvas.text(1.35, 0.28, "память", GREEN, SIZE - 1, ha="right")
    canvas.arrow(cells[-1], canvas.circle(5.75, 0.28, "?", ORANGE, radius=0.17), color=GREEN)
    return canvas.figure


def five_pairs(five_a, five_b):
    """Two losses for each seed, and the difference between them."""
    figure, axes = chart(5.4, 2.5, "зерно", "нат на имя")
    for seed, (a, b) in enumerate(zip(five_a, five_b, strict=True)):
        axes.plot([seed, seed], [a, b], color=GREEN if a > b else RED, lw=3, zorder=1)
        axes.text(seed + 0.09, (a + b) / 2, f"{a - b:+.1f}".replace("-", "−"), va="center")
    axes.plot(five_a, "o", color=BLUE, ms=8, label="a")
    axes.plot(five_b, "s", color=ORANGE, ms=8, label="b")
    axes.legend(frameon=False, loc="upper right", ncols=2)
    axes.text(1.7, 9.09, "зелёный: лучше b", color=GREEN, size=SIZE - 1)
    axes.text(1.7, 8.94, "красный: лучше a", color=RED, size=SIZE - 1)
    axes.set(xlim=(-0.3, 4.6), ylim=(7.95, 9.2), xticks=range(5))
    return figure


def sign_flips(flipped):
    """The means of all arrangements of signs; those that are no nearer to 0 than the observed one."""
    figure, axes = chart(5.4, 2.4, "среднее разностей после перестановки знаков", "сколько раз")
    values, counts = np.unique(np.round(flipped, 2), return_counts=True)
    far = np.abs(values) >= 0.2 - 1e-9
    axes.bar(values[~far], counts[~far], 0.03, color=PALE[BLUE], edgecolor=BLUE)
    axes.bar(values[far], counts[far], 0.03, color=PALE[ORANGE], edgecolor=ORANGE)
    for side in (-1, 1):
        axes.axvline(side * 0.2, color=GREY, ls="--", lw=1, zorder=0)
        words = f"{counts[far & (values * side > 0)].sum()} из 32"
        axes.text(side * 0.208, 2.9, words, ha="left" if side > 0 else "right", color=ORANGE)
    axes.text(0.208, 3.9, "наше, 0.2", color=INK, size=SIZE - 1)
    axes.set(xlim=(-0.29, 0.29), ylim=(0, 4.2), yticks=range(5))
    return figure


def price(make_transformer):
    """The same area twice: a wide model that saw few names and a narrow one that saw many."""
    canvas = Canvas(5.4, 2.5)
    for x, wide, tall, color, model in (
        (0.75, 2.1, 0.85, BLUE, make_transformer(0)),
        (3.75, 1.05, 1.7, ORANGE, make_transformer(0, C=32, H=2, layers=2)),
    ):
        size = sum(p.numel() for p in model.parameters())
        words = f"{size / 1000:.0f} тыс. ×\n{2e9 / size / 1000:.0f} тыс."
        canvas.axes.add_patch(Rectangle((x, 0.5), wide, tall, fc=PALE[color], ec=color, lw=1.3))
        canvas.text(x + wide / 2, 0.5 + tall / 2, words, size=SIZE - 0.5)
        canvas.arrow((x, 0.38), (x + wide, 0.38), color=color)
        canvas.text(x + wide / 2, 0.2, "параметры", GREY, SIZE - 1)
        canvas.arrow((x - 0.12, 0.5), (x - 0.12, 0.5 + tall), color=color)
        canvas.text(x - 0.27, 0.5 + tall / 2, "имена", GREY, SIZE - 1, rotation=90)
    canvas.text(3.2, 2.3, "площадь одна: 2 миллиарда", INK, SIZE)
    return canvas.figure


def average():
    """Weights that walk around the lowest point of a bowl, and their average."""
    canvas = Canvas(5.6, 2.6)
    centre = np.array([3.0, 1.2])
    angles = np.linspace(0, 2 * math.pi, 100)
    for r in (0.35, 0.75, 1.15):
        canvas.axes.plot(centre[0] + 2 * r * np.cos(angles), centre[1] + r * np.sin(angles), color=GREY, lw=0.9)
    generator = np.random.default_rng(1)
    points, w = [], np.array([-2.8, -0.8])
    for _ in range(26):
        w = w - 0.35 * w + generator.normal(0, (0.6, 0.3))
        points.append(centre + w)
    walk, mean = np.array(points), np.mean(points[6:], axis=0)
    canvas.line(*map(tuple, walk), color=BLUE, width=1)
    canvas.axes.plot(*walk.T, "o", color=BLUE, ms=3.5)
    canvas.axes.plot(*walk[-1], "o", color=ORANGE, ms=9)
    canvas.axes.plot(*mean, "D", color=GREEN, ms=9)
    canvas.axes.plot(*centre, "+", color=INK, ms=11, mew=2)
    canvas.text(0.1, 2.45, "кружок — последние веса", ORANGE, SIZE - 0.5, ha="left")
    canvas.text(0.1, 0.35, "ромб — среднее", GREEN, SIZE - 0.5, ha="left")
    canvas.text(0.1, 0.12, "крест — дно", INK, SIZE - 0.5, ha="left")
    return canvas.figure


def three_parts(TRAIN_NAMES, HELD):
    """The names in three parts: to train on, to choose settings by, to judge by."""
    canvas = Canvas(5.8, 1.4)
    sizes = len(TRAIN_NAMES), len(HELD[::2]), len(HELD[1::2])
    x, wide = 0.2, (2.72, 1.3, 1.1)
    for size, width, color, title, words in zip(
        sizes, wide, (BLUE, ORANGE, GREEN), ("обучать", "TUNE", "JUDGE"),
        ("градиент, тысячи раз", "выбор настроек,\nдесятки раз", "приговор,\nодин раз"), strict=True,
    ):  # fmt: skip
        part = canvas.box(x + width / 2, 0.87, f"{title}: {size}", color, width=width, height=0.5)
        canvas.text(part.x, 0.5, words, color, SIZE - 1, va="top")
        x += width + 0.12
    canvas.text(0.2, 1.26, "имена языка", GREY, SIZE - 1, ha="left")
    return canvas.figure


def power_law(LANGUAGE):
    """Loss against names on plain axes; its excess over the floor on logarithmic ones."""
    figure, axes = chart(5.9, 2.7)
    axes.remove()
    left, right = figure.subplots(1, 2)
    n, floor = np.array([200, 400, 800, 1600, 3200]), math.log(len(LANGUAGE))
    left.plot(n, floor + 800 / n, "o-", color=BLUE)
    left.axhline(floor, color=GREY, ls="--")
    left.text(3200, floor - 0.35, "предел языка", ha="right")
    left.set(xlabel="имён", ylabel="нат на имя", ylim=(7, 12), xticks=(200, 1600, 3200))
    right.plot(n, 800 / n, "o-", color=ORANGE)
    for x, words in zip(n, ("4", "2", "1", "½", "¼"), strict=True):
        right.annotate(words, (x, 800 / x), (6, 4), textcoords="offset points")
    right.set(xlabel="имён", ylabel="избыток", xscale="log", yscale="log", ylim=(0.18, 6))
    right.set_xticks([200, 800, 3200], ["200", "800", "3200"])
    right.set_yticks([0.25, 1, 4], ["0.25", "1", "4"])
    for part in (left, right):
        part.minorticks_off()
        part.spines[["top", "right"]].set_visible(False)
    return figure


def merges(merges_by_regex, cut_by_rank):
    """Three merges over three names: the pieces grow, the lines become shorter."""
    canvas = Canvas(5.9, 2.75)
    names = ["ivan", "ivanov", "anna"]
    rules = merges_by_regex(names, 9)
    for step in range(len(rules) + 1):
        y = 2.3 - 0.62 * step
        words = f"{rules[step - 1][0]} + {rules[step - 1][1]}" if step else "буквы"
        canvas.text(0.95, y - 0.16, words, ORANGE if step else GREY, SIZE, ha="right")
        glued = "".join(rules[step - 1]) if step else ""
        for x, name in zip((1.2, 2.6, 4.6), names, strict=True):
            for piece in cut_by_rank(name, rules[:step]):
                width = 0.27 * len(piece)
                color = PALE[ORANGE] if piece == glued else PAPER
                canvas.axes.add_patch(Rectangle((x, y - 0.32), width, 0.32, fc=color, ec=GREY, lw=0.9))
                canvas.text(x + width / 2, y - 0.16, piece, size=SIZE)
                x += width + 0.03
    canvas.text(3.2, 2.55, "склейка и что она меняет", GREY, SIZE - 1)
    return canvas.figure
