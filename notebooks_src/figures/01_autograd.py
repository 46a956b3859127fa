"""The drawings of section 1: knobs, slopes, graphs, paths, the order of the backward pass, descent."""

import math

import numpy as np
from drawing import BLUE, GREEN, GREY, INK, ORANGE, RED, SIZE, Canvas, chart, number
from matplotlib.figure import Figure
from matplotlib.patches import Wedge


def _diamond(canvas, words, colors, x0=0.5, y0=0.55, wide=1.45, tall=1.1, radius=0.3):
    """The nodes a, b, p = b·b and L of the diamond, from left to right."""
    places = {"a": (0, 0), "b": (1, 0), "p": (2, 1), "L": (3, 0)}
    return {
        name: canvas.circle(x0 + wide * x, y0 + tall * y, words[name], colors.get(name, BLUE), radius)
        for name, (x, y) in places.items()
    }


def knobs():
    """A panel of knobs, each with a question, and the dial of the error."""
    canvas = Canvas(5.6, 1.75)
    for x, angle, name in ((0.55, 120, "1"), (1.5, 60, "2"), (2.45, 90, "3"), (3.75, 140, "1000")):
        knob = canvas.circle(x, 0.75, "", BLUE, 0.24)
        tip = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
        canvas.line((x, 0.75), tuple(np.array([x, 0.75]) + 0.2 * tip), color=INK, width=2)
        canvas.arrow((x - 0.12, 1.12), (x - 0.42, 0.92), bend=-0.35)
        canvas.arrow((x + 0.12, 1.12), (x + 0.42, 0.92), bend=0.35)
        canvas.text(x, 1.2, "?", ORANGE, SIZE + 3)
        canvas.text(x, knob.y - 0.45, name, GREY)
    canvas.text(3.1, 0.75, "…", GREY, SIZE + 4)
    canvas.text(2.15, 1.58, "куда повернуть каждую ручку?")
    canvas.arrow((4.25, 0.75), (4.6, 0.75))
    center = (5.08, 0.62)
    canvas.axes.add_patch(Wedge(center, 0.42, 0, 180, facecolor="#fbdede", edgecolor=RED, lw=1.3))
    canvas.line(center, (center[0] + 0.24, center[1] + 0.26), color=RED, width=2)
    canvas.text(5.08, 0.4, "ошибка", RED)
    return canvas.figure


def secants():
    """One-sided and central differences as slopes of secants, beside the tangent."""

    def curve(x):
        return 0.35 + 0.16 * x**3 + 0.1 * x

    x, h = 1.2, 0.75
    figure, axes = chart(5.4, 3.1)
    xs = np.linspace(-0.1, 2.26, 80)
    axes.plot(xs, curve(xs), color=INK, lw=2)
    slopes = {
        "касательная": (0.48 * x**2 + 0.1, GREY, "-", x),
        "через x и x + h": ((curve(x + h) - curve(x)) / h, ORANGE, "--", x),
        "через x − h и x + h": ((curve(x + h) - curve(x - h)) / (2 * h), GREEN, "--", x + h),
    }
    for name, (slope, color, style, through) in slopes.items():
        ends = np.array([0.4, 2.25])
        axes.plot(ends, curve(through) + slope * (ends - through), style, color=color, lw=1.8, label=name)
    for place, name in ((x - h, "x − h"), (x, "x"), (x + h, "x + h")):
        axes.plot([place, place], [-0.3, curve(place)], ":", color=GREY, lw=1)
        axes.plot(place, curve(place), "o", color=INK, ms=6)
        axes.text(place, -0.36, name, ha="center", va="top")
    axes.set(xticks=[], yticks=[], ylim=(-0.3, 2.5))
    axes.legend(frameon=False, loc="upper left")
    return figure


def downhill():
    """On a curve of the error, both sides of the bottom: the step goes against the derivative."""
    figure, axes = chart(5.4, 2.9)
    xs = np.linspace(-2.15, 2.2, 80)
    axes.plot(xs, xs**2, color=INK, lw=2)
    for x, color, side, sign in (
        (-1.4, BLUE, "right", "производная\nотрицательна"),
        (1.7, ORANGE, "left", "производная\nположительна"),
    ):
        y, run = x**2, np.array([-0.45, 0.45])
        axes.plot(x + run, y + 2 * x * run, color=color, lw=1.8)
        axes.plot(x, y, "o", color=color, ms=8)
        end = x - 0.22 * 2 * x
        axes.annotate("", (end, y), (x, y), arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2})
        axes.text(
            end + (0.1 if x < 0 else -0.1),
            y,
            f"шаг {'вправо' if x < 0 else 'влево'}",
            color=color,
            ha="left" if x < 0 else "right",
            va="center",
        )
        axes.text(x + (-0.35 if x < 0 else 0.35), y + 0.2, sign, color=color, ha=side, va="bottom")
    axes.text(0, 0.25, "дно", ha="center")
    axes.set(xticks=[], yticks=[], xlim=(-3.6, 4.1), ylim=(-0.2, 5.2), xlabel="положение ручки", ylabel="ошибка")
    return figure


def expression(Value):
    """The graph of (ab + c)², numbers in the nodes and local derivatives on the edges."""
    a, b, c = Value(2.0), Value(-3.0), Value(1.5)
    d = a * b
    e = d + c
    f = e**2
    canvas = Canvas(5.6, 2.35)
    places = {a: (0.55, 1.85), b: (0.55, 0.75), c: (1.98, 0.4), d: (1.98, 1.4), e: (3.52, 1.2), f: (5.03, 1.2)}
    names = {a: "a", b: "b", c: "c", d: "d = ab", e: "e = d + c", f: "f = e²"}
    nodes = {}
    for node, (x, y) in places.items():
        words = f"{names[node]}\n{number(node.data)}"
        nodes[node] = canvas.box(x, y, words, BLUE if node._prev else GREEN, 0.98, 0.56)
    for node in (d, e, f):
        for operand, local in zip(node._prev, node._local, strict=True):
            canvas.arrow(nodes[operand], nodes[node], number(local), RED)
    canvas.text(0.55, 0.25, "листья", GREEN)
    canvas.text(4.3, 0.4, "на рёбрах — локальные\nпроизводные", RED, SIZE - 1)
    return canvas.figure


def composition():
    """x, u = 3x + 1, y = u²: factors multiply along the chain."""
    x = 1.0
    u, inner = 3 * x + 1, 3
    y, outer = u**2, int(2 * u)
    canvas = Canvas(5.4, 1.75)
    boxes = [
        canvas.box(place, 1.15, words, BLUE, 1.05, 0.6)
        for place, words in (
            (0.75, f"x\n{number(x)}"),
            (2.7, f"u = 3x + 1\n{number(u)}"),
            (4.65, f"y = u²\n{number(y)}"),
        )
    ]
    canvas.arrow(boxes[0], boxes[1], f"× {inner}", RED)
    canvas.arrow(boxes[1], boxes[2], f"× {outer}", RED)
    for box, shift in zip(boxes, ("h", f"{inner}h", f"{inner * outer}h"), strict=True):
        canvas.text(box.x, 0.62, f"сдвиг {shift}", ORANGE)
    canvas.arrow((0.75, 0.42), (4.65, 0.42), color=GREY, bend=0.0)
    canvas.text(2.7, 0.2, f"вместе × {inner * outer}", RED)
    return canvas.figure


def diamond(Value, backward_by_paths):
    """Three paths from a to L = b·b + b, their products, and the sum."""
    a = Value(2.0)
    b = a + 1.0
    p = b * b
    loss = p + b
    backward_by_paths(loss)
    canvas = Canvas(5.5, 2.85)
    words = {"a": f"a\n{number(a.data)}", "b": f"b\n{number(b.data)}", "p": f"b·b\n{number(p.data)}"}
    nodes = _diamond(canvas, {**words, "L": f"L\n{number(loss.data)}"}, {"a": GREEN}, y0=1.2, wide=1.5)
    canvas.arrow(nodes["a"], nodes["b"], b._local[0], RED)
    canvas.arrow(nodes["b"], nodes["p"], p._local[0], BLUE, bend=-0.22)
    canvas.arrow(nodes["b"], nodes["p"], p._local[1], ORANGE, bend=0.22)
    canvas.arrow(nodes["p"], nodes["L"], loss._local[0], RED)
    canvas.arrow(nodes["b"], nodes["L"], loss._local[1], GREEN, bend=0.0, at=0.55)
    rows = [
        ("слева", BLUE, (b._local[0], p._local[0], loss._local[0])),
        ("справа", ORANGE, (b._local[0], p._local[1], loss._local[0])),
        ("прямо", GREEN, (b._local[0], loss._local[1])),
    ]
    for place, (name, color, factors) in enumerate(rows):
        product = "·".join(number(factor) for factor in factors)
        canvas.text(0.85 + 1.55 * place, 0.42, f"{name}:\n{product} = {number(math.prod(factors))}", color)
        canvas.text(1.62 + 1.55 * place, 0.32, "+" if place < 2 else f"= {number(a.grad)}", INK, SIZE + 1)
    return canvas.figure


def pencil(Value):
    """The graph of (ab + a)(a + b): numbers in the nodes, questions on the edges, three paths by colour."""
    a, b = Value(2.0), Value(3.0)
    d = a * b
    e, s = d + a, a + b
    total = e * s
    canvas = Canvas(5.6, 2.95)
    places = {a: (0.5, 1.6), b: (0.5, 0.4), d: (2.0, 2.6), e: (3.6, 1.95), s: (2.7, 0.4), total: (5.1, 1.15)}
    names = {a: "a", b: "b", d: "ab", e: "ab + a", s: "a + b", total: "итог"}
    nodes = {
        node: canvas.box(x, y, f"{names[node]}\n{number(node.data)}", BLUE if node._prev else GREEN, 0.84, 0.56)
        for node, (x, y) in places.items()
    }
    canvas.arrow(nodes[a], nodes[d], "p: ?", BLUE)
    canvas.arrow(nodes[a], nodes[e], "q: ?", ORANGE, at=0.6)
    canvas.arrow(nodes[a], nodes[s], "r: ?", GREEN, at=0.65)
    canvas.arrow(nodes[b], nodes[d], "?", at=0.22)
    canvas.arrow(nodes[b], nodes[s], "?")
    for start, end in ((d, e), (e, total), (s, total)):
        canvas.arrow(nodes[start], nodes[end], "?")
    return canvas.figure


def doubling(Value):
    """x = x + x again and again: nodes in a row, two edges between neighbours, numbers of paths below."""
    x, paths = Value(1.0), [1]
    canvas = Canvas(5.8, 1.35)
    nodes = [canvas.circle(0.45, 0.85, "x", GREEN, 0.24)]
    for place in range(1, 5):
        x = x + x
        paths.append(paths[-1] * len(x._prev))
        nodes.append(canvas.circle(0.45 + 1.15 * place, 0.85, "+", BLUE, 0.24))
        for bend in (-0.35, 0.35):
            canvas.arrow(nodes[-2], nodes[-1], bend=bend)
    for node, count in zip(nodes, paths, strict=True):
        word = "путь" if count == 1 else "пути" if count < 5 else "путей"
        canvas.text(node.x, 0.3, f"{count} {word}", ORANGE)
    canvas.text(5.6, 0.85, "…", GREY, SIZE + 4)
    return canvas.figure


def users():
    """A node gathers from each that used it: its gradient times the local derivative."""
    gradients, locals_ = (2, -1, 4), (3, 5, 0.5)
    canvas = Canvas(5.7, 3.0)
    v = canvas.circle(0.6, 1.7, "v", ORANGE, 0.34, SIZE + 2)
    for y, gradient, local, name in zip((2.65, 1.7, 0.75), gradients, locals_, ("u₁", "u₂", "u₃"), strict=True):
        user = canvas.box(4.95, y, f"{name}\nград. {number(gradient)}", BLUE, 1.2, 0.6)
        canvas.arrow(v, user, f"лок. {number(local)}", GREY, at=0.35)
        left = f"({number(gradient)})" if gradient < 0 else number(gradient)
        share = 0.76
        x, height = v.x + share * (user.x - 0.6 - v.x), v.y + share * (y - v.y) + (0.16 if y == v.y else 0.25)
        words = f"{left}·{number(local)} = {number(gradient * local)}"
        canvas.text(x, height, words, ORANGE, SIZE - 1)
    whole = [number(g * local) for g, local in zip(gradients, locals_, strict=True)]
    terms = f"{whole[0]} + ({whole[1]}) + {whole[2]}"
    canvas.text(1.2, 0.2, f"градиент v = {terms} = {number(sum(np.multiply(gradients, locals_)))}", ORANGE, ha="left")
    return canvas.figure


def order(Value, topological_sort):
    """Four frames of the backward pass over the diamond: who gives what to whom."""
    a = Value(2.0)
    b = a + 1.0
    p = b * b
    loss = p + b
    names = {a: "a", b: "b", p: "p", loss: "L"}
    said = {loss: "L отдаёт 1 и 1", p: "b·b отдаёт 3 и 3", b: "теперь b отдаёт 7"}
    canvas = Canvas(5.8, 3.5)
    loss.grad = 1.0
    frames = [("L начинает с 1", None), *((said[v], v) for v in topological_sort(loss)[::-1] if v in said)]
    given = set()
    for place, (words, giver) in enumerate(frames):
        if giver:
            for operand, local in zip(giver._prev, giver._local, strict=True):
                operand.grad += local * giver.grad
            given.add(giver)
        left, bottom = 2.95 * (place % 2), 1.75 * (1 - place // 2)
        shown = {name: f"{'b·b' if v is p else name}\n{number(v.grad)}" for v, name in names.items()}
        waiting = {name: GREY for v, name in names.items() if v not in given}
        colors = {**waiting, **{names[v]: GREEN for v in given}}
        if giver:
            colors[names[giver]] = ORANGE
        nodes = _diamond(canvas, shown, colors, left + 0.35, bottom + 0.35, 0.7, 0.72, 0.25)
        by_name = {name: v for v, name in names.items()}
        for start, end, bend in (("a", "b", 0), ("b", "p", -0.25), ("b", "p", 0.25), ("p", "L", 0), ("b", "L", 0)):
            active = giver is not None and by_name[end] is giver
            if active:
                canvas.arrow(nodes[end], nodes[start], color=ORANGE, bend=-bend)
            else:
                canvas.arrow(nodes[start], nodes[end], color="#cfd6dc", bend=bend)
        canvas.text(left + 0.12, bottom + 1.5, f"{place + 1}. {words}", ORANGE if giver else INK, ha="left")
    canvas.line((2.87, 0.1), (2.87, 3.4), color="#cfd6dc", width=0.8)
    canvas.line((0.1, 1.78), (5.7, 1.78), color="#cfd6dc", width=0.8)
    return canvas.figure


def depth_first(Value, topological_sort):
    """Depth first over the diamond: entered from the right, written on the way back."""
    a, one = Value(2.0), Value(1.0)
    b = a + one
    p = b * b
    loss = p + b
    written = {v: place + 1 for place, v in enumerate(topological_sort(loss))}
    canvas = Canvas(5.7, 2.75)
    places = {a: (0.5, 2.2), one: (0.5, 1.2), b: (2.0, 1.7), p: (3.5, 2.35), loss: (5.0, 1.7)}
    names = {a: "a", one: "1", b: "b", p: "b·b", loss: "L"}
    nodes = {v: canvas.circle(x, y, names[v], BLUE if v._prev else GREEN, 0.29) for v, (x, y) in places.items()}
    for start, end, bend in ((loss, p, 0), (p, b, 0.2), (b, a, 0), (b, one, 0)):
        canvas.arrow(nodes[start], nodes[end], color=BLUE, bend=bend)
    canvas.arrow(nodes[p], nodes[b], color=GREY, bend=-0.2, dashed=True)
    canvas.arrow(nodes[loss], nodes[b], "уже записан", GREY, dashed=True)
    for v, (x, y) in places.items():
        canvas.text(x + 0.34, y - 0.3, written[v], ORANGE, SIZE + 2, weight="bold")
    whole = sorted(written, key=written.get)
    canvas.text(0.12, 0.42, "список:", ORANGE, ha="left")
    for place, v in enumerate(whole):
        canvas.box(1.15 + 0.68 * place, 0.42, names[v], ORANGE, 0.6, 0.36)
    canvas.arrow((5.5, 0.42), (4.3, 0.42), color=INK)
    canvas.text(4.95, 0.18, "обратный проход", INK, SIZE - 1)
    return canvas.figure


def bowl(Value, backward_by_paths):
    """Descent on a bowl seen from above: with a moderate step, and with one that is too large."""
    figure = Figure((5.8, 2.7), layout="constrained")
    x, y = np.meshgrid(np.linspace(-3, 3, 80), np.linspace(-2, 2.1, 60))
    start = (2.0, 1.0)
    for axes, rate, turns in zip(figure.subplots(1, 2), (0.1, 0.36), (14, 4), strict=True):
        axes.contour(x, y, x**2 + 3 * y**2, levels=[0.15, 0.7, 1.8, 3.8, 7], colors="#b8c3cc", linewidths=1)
        track = [start]
        for _ in range(turns):
            u, v = map(Value, track[-1])
            backward_by_paths(u**2 + v**2 * 3.0)
            track.append((u.data - rate * u.grad, v.data - rate * v.grad))
        color = BLUE if rate == 0.1 else RED
        axes.plot(*zip(*track, strict=True), "o-", color=color, ms=4, lw=1.4)
        axes.plot(*start, "o", color=color, ms=8)
        axes.text(start[0], start[1] + 0.17, "старт", color=color, ha="center")
        axes.plot(0, 0, "+", color=INK, ms=9)
        arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1}
        for end, words, place in (((0.8, 0), "x", (0.95, 0)), ((0, 0.8), "y", (0, 1.0))):
            corner = np.array((-2.9, -1.9))
            axes.annotate("", corner + end, corner, arrowprops=arrow)
            axes.text(*(corner + place), words, color=INK, ha="center", va="center")
        name = "шаг умеренный" if rate == 0.1 else "шаг слишком велик"
        axes.set(xticks=[], yticks=[], xlim=(-3, 3), ylim=(-2, 2.1))
        axes.set_xlabel(f"{name}: {number(rate)}", color=color)
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    return figure


def bends(Value, relu, tanh):
    """relu and tanh, with where their slope is near 0 and where near 1."""
    figure = Figure((5.8, 2.5), layout="constrained")
    xs = np.linspace(-3, 3, 121)
    for axes, function, name in zip(figure.subplots(1, 2), (relu, tanh), ("relu", "tanh"), strict=True):
        axes.plot(xs, [function(Value(x)).data for x in xs], color=BLUE, lw=2)
        axes.axhline(0, color="#b8c3cc", lw=0.8, zorder=0)
        axes.axvline(0, color="#b8c3cc", lw=0.8, zorder=0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set(xticks=[-2, 0, 2], xlabel=name)
    first, second = figure.axes
    first.set(ylim=(-0.8, 3.2), yticks=[0, 1, 2, 3])
    first.text(-1.6, 0.2, "наклон 0", color=ORANGE, ha="center")
    first.text(0.12, 2.45, "наклон 1", color=GREEN, ha="left")
    second.set(ylim=(-1.35, 1.35), yticks=[-1, 0, 1])
    second.text(0.4, -0.4, "наклон\nдо 1", color=GREEN, ha="left", va="center")
    second.text(2.0, 1.07, "почти 0", color=ORANGE, ha="center")
    second.text(-2.0, -1.22, "почти 0", color=ORANGE, ha="center")
    return figure


def softmax(Value, cross_entropy):
    """Logits, their probabilities, and the derivatives of the cross-entropy: p − y."""
    logits = [Value(0.0), Value(math.log(3))]
    slopes = cross_entropy(logits, 0)._local
    shares = [slope + (i == 0) for i, slope in enumerate(slopes)]
    figure = Figure((5.8, 2.3), layout="constrained")
    rows = [("логиты z", [z.data for z in logits]), ("вероятности p", shares), ("производные p − y", list(slopes))]
    for axes, (name, heights) in zip(figure.subplots(1, 3), rows, strict=True):
        for i, height in enumerate(heights):
            color = GREEN if i == 0 else BLUE
            axes.bar(i, height, 0.6, color=color, alpha=0.35, edgecolor=color, linewidth=1.3)
            axes.text(
                i,
                height + (0.06 if height >= 0 else -0.06),
                f"ln 3 ≈ {number(round(height, 2))}" if height == math.log(3) else number(round(height, 2)),
                color=color,
                ha="center",
                va="bottom" if height >= 0 else "top",
            )
        axes.axhline(0, color=GREY, lw=1)
        axes.set(xticks=[], yticks=[], ylim=(-1.05, 1.4), xlim=(-0.6, 1.6))
        axes.set_xlabel(name)
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    figure.axes[0].text(0, -0.35, "верный\nсимвол", color=GREEN, ha="center", va="center", fontsize=SIZE - 1)
    return figure
