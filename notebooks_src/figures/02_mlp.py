"""Drawings of section 2: neurons, layers, descent, batches, overfitting and the bridge to matrices."""

from __future__ import annotations

import numpy as np
from drawing import BLUE, FONTS, GREEN, GREY, INK, ORANGE, PALE, RED, Canvas, chart, number
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def _panels(count: int, width: float, height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure with panels side by side in the style of the kit's charts."""
    figure = Figure((width, height), layout="constrained")
    axes = list(figure.subplots(rows, count // rows, squeeze=False).flat)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def hinges(best_line, xs_of_v, ys_of_v, hinge, topological_sort):
    """The best line misses the points of |x|, the sum of two hinges goes through them."""
    figure, (left, right) = _panels(2, 5.8, 2.7)
    slope, shift, loss = best_line()
    xs = np.linspace(-2.3, 2.3, 93)
    left.plot(xs, slope * xs + shift, color=RED, label="лучшая прямая")
    left.vlines(xs_of_v, [slope * x + shift for x in xs_of_v], ys_of_v, color=GREY, ls=":", lw=1.3)
    left.text(0, 2.35, f"средний квадрат\nпромаха {number(round(loss, 2))}", ha="center", color=RED)
    right.plot(xs, [hinge(x) + hinge(-x) for x in xs], color=INK, lw=8, alpha=0.18)
    right.plot(xs, [hinge(-x) for x in xs], color=ORANGE)
    right.plot(xs, [hinge(x) for x in xs], color=BLUE)
    right.text(0.35, 0.12, "relu(−x)", color=ORANGE, ha="left", va="bottom")
    right.text(-0.35, 0.12, "relu(x)", color=BLUE, ha="right", va="bottom")
    right.text(0, 2.35, "сумма шарниров:\nпромахов нет", ha="center")
    for ax in (left, right):
        ax.plot(xs_of_v, ys_of_v, "o", color=INK, markersize=6)
        ax.set(ylim=(-0.2, 3.0), xlabel="x", xticks=[-2, -1, 0, 1, 2], yticks=[0, 1, 2])
    return figure


def steps():
    """Three steps of tanh and their sum, close to the sine."""
    figure, (left, right) = _panels(2, 5.8, 2.6)
    xs = np.linspace(-3.1, 3.1, 156)
    parts = np.stack([np.tanh(1.2 * (xs - centre)) for centre in (-3.0, 0.0, 3.0)])
    heights = np.array([-0.9, 1.05, -0.9])  # as in the text
    assert abs(heights @ parts - np.sin(xs)).max() < 0.1, "the sum is far from the sine"
    for part, height, color in zip(parts, heights, (ORANGE, BLUE, GREEN), strict=True):
        left.plot(xs, height * part, color=color)
    right.plot(xs, heights @ parts, color=INK, lw=2.6)
    right.plot(xs, np.sin(xs), color=RED, ls=(0, (2, 2)), lw=2)
    left.text(0, 1.32, "три ступеньки", ha="center")
    right.text(0, 1.32, "их сумма", ha="center")
    right.text(1.5, 0.62, "sin x", color=RED, ha="center")
    for ax in (left, right):
        ax.set(ylim=(-1.3, 1.6), xlabel="x", xticks=[-3, 0, 3], yticks=[-1, 0, 1])
    return figure


def neuron(Neuron):
    """A neuron with two inputs: products, sum, activation."""
    import random

    unit = Neuron(2, "relu", random.Random(0))
    for parameter, value in zip(unit.parameters(), (2.0, -1.0, 1.0), strict=True):
        parameter.data = value
    w1, w2, b = (p.data for p in unit.parameters())
    out = unit([3.0, 4.0]).data
    canvas = Canvas(5.8, 2.4)
    x1, x2 = canvas.circle(0.75, 1.75, "3"), canvas.circle(0.75, 0.6, "4")
    total = canvas.circle(3.0, 1.18, number(3 * w1 + 4 * w2 + b), ORANGE, 0.36, 13)
    act = canvas.box(4.2, 1.18, "relu", GREEN, 0.75, 0.5)
    y = canvas.circle(5.35, 1.18, number(out), BLUE)
    one = canvas.circle(3.0, 0.28, number(b), GREY, 0.2)
    canvas.arrow(x1, total, f"·{number(w1)} = {number(3 * w1)}", at=0.45)
    canvas.arrow(x2, total, "", at=0.45)
    canvas.text(1.72, 0.55, f"·({number(w2)}) = {number(4 * w2)}", size=9.5)
    canvas.arrow(one, total)
    canvas.arrow(total, act)
    canvas.arrow(act, y)
    canvas.text(0.75, 2.2, "входы x", GREY)
    canvas.text(1.95, 2.2, "веса w", GREY)
    canvas.text(3.0, 1.75, "сумма z", GREY)
    canvas.text(3.3, 0.28, "смещение b", GREY, ha="left")
    canvas.text(4.2, 1.62, "активация", GREY)
    canvas.text(5.35, 1.62, "выход y", GREY)
    return canvas.figure


def network(Net):
    """The net 2-16-1: each input to each neuron, each neuron to the output."""
    canvas = Canvas(5.8, 2.95)
    net = Net(2, 1)
    hidden = sum(len(unit.w) + 1 for unit in net.h)
    last = sum(len(unit.w) + 1 for unit in net.out)
    heights = [2.35, 1.85, 0.95, 0.45]
    middle = [canvas.circle(2.9, y, "", BLUE, 0.19) for y in heights]
    inputs = [canvas.circle(0.8, y, f"$x_{i}$", GREY, 0.24) for i, y in enumerate((1.85, 0.95))]
    out = canvas.circle(5.0, 1.4, "$\\hat y$", ORANGE, 0.27)
    for unit in middle:
        for x in inputs:
            canvas.line((x.x + 0.24, x.y), (unit.x - 0.19, unit.y), width=0.9)
        canvas.line((unit.x + 0.19, unit.y), (out.x - 0.27, out.y), width=0.9)
    for place, name in ((0, "0"), (1, "1"), (2, "14"), (3, "15")):
        canvas.text(2.9, heights[place], name, size=9)
    canvas.text(2.9, 1.43, "⋮", size=14)
    for x, words in ((0.8, "2 входа"), (2.9, "16 нейронов, tanh"), (5.0, "1 выход")):
        canvas.text(x, 2.78, words, INK)
    canvas.text(1.85, 0.1, f"(2 + 1)·16 = {hidden} параметров", BLUE, 9.5)
    canvas.text(4.6, 0.1, f"(16 + 1)·1 = {last}", ORANGE, 9.5)
    return canvas.figure


def descent(bowl, path_down, topological_sort):
    """Three paths of descent on a stretched bowl."""
    figure, ax = chart(5.8, 3.3, "$v_1$", "$v_2$")
    across, along = np.meshgrid(np.linspace(-0.9, 2.6, 150), np.linspace(-0.25, 1.5, 150))
    levels = [0.05, 0.2, 0.5, 1, 2, 3.5, 5.5]
    ax.contour(across, along, bowl(across, along), levels=levels, colors=GREY, linewidths=0.8)
    for lr, count, color in ((0.55, 5, RED), (0.45, 8, ORANGE), (0.1, 25, BLUE)):
        xs, ys = zip(*path_down(lr, count), strict=True)
        ax.plot(xs, ys, "o-", color=color, markersize=4, lw=1.5, label=f"η = {number(lr)}")
    ax.plot(1, 1, "*", color=GREEN, markersize=15)
    ax.text(1.02, 1.13, "дно", color=GREEN, ha="center")
    ax.plot(0.5, 0, "o", color=INK, markersize=7)
    ax.text(0.43, -0.02, "начало", ha="right", va="center")
    ax.legend(frameon=True, loc="upper left", fontsize=FONTS["font.size"] - 1)
    ax.set(xlim=(-0.9, 2.6), ylim=(-0.25, 1.5), yticks=[0, 0.5, 1, 1.5])
    return figure


def epoch():
    """Ten shuffled points cut into batches, in two epochs."""
    import random

    canvas, order, rng = Canvas(5.9, 2.35), list(range(10)), random.Random(9)
    for name, y in (("эпоха 1", 1.75), ("эпоха 2", 0.75)):
        rng.shuffle(order)
        canvas.text(0.08, y, name, ha="left")
        for start, x in ((0, 0.95), (4, 2.9), (8, 4.85)):
            part = order[start : start + 4]
            color = ORANGE if len(part) < 4 else BLUE
            for i, point in enumerate(part):
                canvas.box(x + 0.2 + 0.4 * i, y, str(point), color, 0.38, 0.4)
            end = x + 0.4 * len(part)
            canvas.brace(x + 0.02, end - 0.02, y - 0.26, "шаг", GREY)
    canvas.text(1.75, 2.2, "батч", BLUE)
    canvas.text(3.7, 2.2, "батч", BLUE)
    canvas.text(5.25, 2.2, "остаток", ORANGE)
    return canvas.figure


def curves():
    """What the curves of training and held-out error look like in health and in three troubles."""
    figure, axes = _panels(4, 5.8, 3.9, rows=2)
    t, rng = np.linspace(0, 1, 80), np.random.default_rng(0)

    def shaky(line, size=0.025):
        return line + size * rng.normal(size=len(t))

    healthy = 0.3 + 0.67 * np.exp(-6 * t)
    small = 0.97 - 0.12 * t
    large = 0.75 + 0.5 * abs(np.sin(26 * t)) * (0.25 + t)
    learnt = 0.12 + 0.93 * np.exp(-6 * t)
    cases = (
        ("Здоровое обучение", healthy, healthy + 0.07),
        ("η мало", small, small + 0.05),
        ("η велико", large, large + 0.06),
        ("Переобучение", learnt, 0.2 + 0.85 * np.exp(-8 * t) + 0.55 * t**1.5),
    )
    for ax, (words, seen, held_out) in zip(axes, cases, strict=True):
        ax.plot(t, shaky(seen), color=BLUE, lw=1.2)
        ax.plot(t, held_out, color=ORANGE, lw=2)
        ax.set(ylim=(0, 1.5 if words == "η велико" else 1.2), xticks=[], yticks=[])
        ax.set_title(words, fontsize=FONTS["font.size"])
    handles = [axes[0].lines[1], axes[0].lines[0]]
    figure.legend(handles, ["отложенная", "обучающая"], loc="outside lower center", ncols=2, frameon=False)
    for ax in axes[2:]:
        ax.set_xlabel("шаги")
    for ax in axes[::2]:
        ax.set_ylabel("ошибка")
    return figure


def overfitting():
    """A line, a smooth curve and a winding curve through ten noisy points."""
    figure, axes = _panels(3, 5.9, 2.5)
    rng, xs = np.random.default_rng(33), np.linspace(-3, 3, 10)
    ys, dense = np.sin(xs) + rng.normal(0, 0.3, 10), np.linspace(-3, 3, 300)
    for ax, degree, words in zip(axes, (1, 3, 9), ("недообучение", "в самый раз", "переобучение"), strict=True):
        ax.plot(dense, np.sin(dense), color=GREY, ls="--", lw=1.2)
        ax.plot(dense, np.polyval(np.polyfit(xs, ys, degree), dense), color=GREEN if degree == 3 else RED, lw=1.8)
        ax.plot(xs, ys, "o", color=INK, markersize=4)
        ax.set(ylim=(-2.2, 2.2), xticks=[], yticks=[], xlabel=words)
    axes[0].text(2.9, 1.55, "sin x", color=GREY, ha="right")
    return figure


def spread():
    """Two bells with one mean and two deviations."""
    figure, ax = chart(5.6, 2.9)
    xs = np.linspace(-6, 6, 300)

    def bell(sigma):
        return np.exp(-((xs / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))

    ax.fill_between(xs, bell(1), where=abs(xs) <= 2, color=PALE[BLUE])
    ax.fill_between(xs, bell(1), where=abs(xs) <= 1, color=BLUE, alpha=0.35)
    ax.plot(xs, bell(1), color=BLUE)
    ax.plot(xs, bell(2), color=ORANGE)
    ax.text(0.85, 0.35, "σ = 1", color=BLUE)
    ax.text(3.0, 0.1, "σ = 2", color=ORANGE)
    for y, reach, words in ((-0.035, 1, "68 %"), (-0.085, 2, "95 %")):
        ax.annotate("", (-reach, y), (reach, y), arrowprops={"arrowstyle": "<->", "color": BLUE})
        ax.text(reach + 0.15, y, words, color=BLUE, va="center", fontsize=9.5)
    ax.set(yticks=[], xticks=[-6, -4, -2, 0, 2, 4, 6], ylim=(-0.11, 0.43))
    ax.spines["left"].set_visible(False)
    return figure


def saturated():
    """The tanh and its derivative; where the output is near ±1 the slope is near 0."""
    figure, (top, low) = _panels(2, 5.6, 3.6, rows=2)
    zs = np.linspace(-4, 4, 200)
    edge = np.arctanh(0.97)
    top.plot(zs, np.tanh(zs), color=BLUE)
    low.plot(zs, 1 - np.tanh(zs) ** 2, color=ORANGE)
    for ax in (top, low):
        for a, b in ((-4, -edge), (edge, 4)):
            ax.axvspan(a, b, color=PALE[RED])
        ax.set(xlim=(-4, 4), xticks=[-4, -2, 0, 2, 4])
    top.text(-3.05, 0.25, "насыщен", ha="center", color=RED)
    top.text(3.05, -0.35, "насыщен", ha="center", color=RED)
    top.text(0.15, -0.75, "учится", ha="left", color=INK)
    top.set_ylabel("выход t")
    top.set_xticklabels([])
    low.set(ylabel="1 − t²", xlabel="сумма z", ylim=(0, 1.1))
    return figure


def matmul():
    """One number of a product of two matrices: a row meets a column."""
    left, right = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])
    product = left @ right
    canvas = Canvas(5.6, 1.9)
    cell, size = (0.55, 0.45), 12
    canvas.table(0.25, 1.45, left.tolist(), colors={(0, 0): BLUE, (0, 1): BLUE}, cell=cell, size=size)
    canvas.table(2.0, 1.45, right.tolist(), colors={(0, 1): ORANGE, (1, 1): ORANGE}, cell=cell, size=size)
    canvas.table(3.85, 1.45, product.tolist(), colors={(0, 1): GREEN}, cell=cell, size=size)
    canvas.text(1.67, 1.0, "@", size=14)
    canvas.text(3.47, 1.0, "=", size=14)
    canvas.text(0.8, 1.67, "строка 0", BLUE)
    canvas.text(2.83, 1.67, "столбец 1", ORANGE)
    a, b = left[0]
    c, d = right[:, 1]
    canvas.text(4.4, 1.67, f"{a}·{c} + {b}·{d} = {product[0, 1]}", GREEN)
    for x, words in ((0.8, "(2, 2)"), (2.55, "(2, 2)"), (4.4, "(2, 2)")):
        canvas.text(x, 0.3, words, GREY)
    return canvas.figure


def layer():
    """A layer as a product: two points through two neurons, and the shift added to each row."""
    points, weights, shift = np.array([[3, 4], [1, 0]]), np.array([[2, -1], [1, 3]]), np.array([1, -2])
    sums = points @ weights.T + shift
    canvas = Canvas(5.9, 2.2)
    cell, size = (0.48, 0.4), 11
    shades = {(0, 0): BLUE, (0, 1): BLUE}
    canvas.table(0.72, 1.45, points.tolist(), ["точка 0", "точка 1"], colors=shades, cell=cell, size=size)
    canvas.table(
        2.05,
        1.45,
        [[number(v) for v in row] for row in weights.T.tolist()],
        colors={(0, 0): ORANGE, (1, 0): ORANGE},
        cell=cell,
        size=size,
    )
    canvas.table(3.4, 1.25, [[number(v) for v in shift.tolist()]], colors={(0, 0): RED}, cell=cell, size=size)
    canvas.table(4.75, 1.45, sums.tolist(), colors={(0, 0): GREEN}, cell=cell, size=size)
    for x, sign in ((1.87, "@"), (3.2, "+"), (4.56, "=")):
        canvas.text(x, 1.05, sign, size=13)
    for x, words in ((1.2, "X"), (2.53, "Wᵀ"), (3.88, "b"), (5.23, "Z")):
        canvas.text(x, 1.95, words, size=12)
    for x, words in ((1.2, "(2, 2)"), (2.53, "(2, 2)"), (3.88, "(2)"), (5.23, "(2, 2)")):
        canvas.text(x, 0.42, words, GREY)
    canvas.text(2.29, 1.6, "нейрон 0", ORANGE, 9)
    canvas.text(3.88, 0.7, "к каждой строке", GREY, 9)
    canvas.text(2.95, 0.1, f"3·2 + 4·(−1) + 1 = {sums[0, 0]}", GREEN, 10.5)
    return canvas.figure


def linear_backward():
    """Shapes: forward X, W, b make Y; backward each gets a derivative of its own shape."""
    canvas = Canvas(5.8, 2.6)

    def shape(x, y, rows, columns, words, color):
        return canvas.box(x, y, words, color, 0.24 * columns + 0.35, 0.22 * rows + 0.2)

    x = shape(0.9, 1.95, 4, 3, "X\n(n, k)", BLUE)
    w = shape(2.45, 1.95, 3, 2, "W\n(k, m)", BLUE)
    b = shape(3.75, 1.95, 1, 2, "b (m)", BLUE)
    y = shape(5.15, 1.95, 4, 2, "Y\n(n, m)", GREEN)
    canvas.text(1.68, 1.95, "@", size=13)
    canvas.text(3.1, 1.95, "+", size=13)
    canvas.text(4.42, 1.95, "=", size=13)
    g = shape(5.15, 0.6, 4, 2, "G\n(n, m)", ORANGE)
    canvas.arrow(y, g, color=ORANGE, dashed=True)
    back = [
        shape(0.9, 0.6, 4, 3, "по X\n(n, k)", ORANGE),
        shape(2.45, 0.6, 3, 2, "по W\n(k, m)", ORANGE),
        shape(3.75, 0.6, 1, 2, "по b (m)", ORANGE),
    ]
    canvas.arrow(g, back[2], color=ORANGE, dashed=True)
    canvas.text(3.1, 0.6, "?", ORANGE, 13)
    canvas.text(1.68, 0.6, "?", ORANGE, 13)
    for forward, backward in zip((x, w, b), back, strict=True):
        canvas.line(
            (forward.x, forward.y - forward.height / 2), (backward.x, backward.y + backward.height / 2), dashed=True
        )
    return canvas.figure
