"""Drawings of section 5: heads, the parts of the block, the model, its rows, its cache."""

from __future__ import annotations

import math

import numpy as np
from drawing import BLUE, GREEN, GREY, INK, ORANGE, PALE, PAPER, RED, SIZE, Canvas, chart
from matplotlib.patches import Circle, Rectangle

SMALL = SIZE - 1.3


def _plus(canvas, x, y, color=INK):
    """The sign of a sum on the stream."""
    return canvas.circle(x, y, "+", color, radius=0.15, size=SIZE + 1)


def heads():
    """From one place two heads look at two places; what they bring stands side by side."""
    canvas = Canvas(5.9, 2.55)
    text, cell = "anna pavlov", 0.34
    colors = {i: GREEN for i in range(4)} | {i: ORANGE for i in range(5, 11)}
    canvas.table(0.2, 2.05, [list(text)], colors={(0, i): color for i, color in colors.items()}, cell=(cell, 0.34))
    last = 0.2 + cell * 10.5
    canvas.arrow((last, 2.07), (0.2 + cell * 3.5, 2.07), color=GREEN, bend=0.13)
    canvas.arrow((last - 0.08, 1.69), (0.2 + cell * 7.5, 1.69), color=ORANGE, bend=-0.3)
    canvas.text(0.2 + cell * 2, 1.52, "имя", GREEN, SMALL)
    canvas.text(0.2 + cell * 6.2, 1.52, "основа", ORANGE, SMALL)
    one = canvas.box(1.2, 0.95, "голова 0", GREEN, width=1.15)
    two = canvas.box(1.2, 0.4, "голова 1", ORANGE, width=1.15)
    canvas.table(2.35, 1.12, [["1", "0"]], colors={(0, 0): GREEN, (0, 1): GREEN}, cell=(0.36, 0.34))
    canvas.table(2.35, 0.57, [["0", "1"]], colors={(0, 0): ORANGE, (0, 1): ORANGE}, cell=(0.36, 0.34))
    canvas.arrow(one, (2.33, 0.95))
    canvas.arrow(two, (2.33, 0.4))
    row = {(0, 0): GREEN, (0, 1): GREEN, (0, 2): ORANGE, (0, 3): ORANGE}
    whole = canvas.table(3.5, 0.85, [list("1001")], colors=row, cell=(0.3, 0.34))
    canvas.arrow((3.1, 0.95), (3.46, 0.74))
    canvas.arrow((3.1, 0.4), (3.46, 0.62))
    proj = canvas.box(5.3, whole.y, "проекция", BLUE, width=1.0)
    canvas.arrow(whole, proj)
    canvas.text(whole.x, 0.33, "рядом", GREY, SMALL)
    return canvas.figure


def cut(split_heads):
    """Two positions of four numbers cut into two heads: rightly, and by a view alone."""
    import torch

    canvas = Canvas(5.9, 2.5)
    x = torch.arange(8).view(1, 2, 4)
    paint = {(t, c): (GREEN if c < 2 else ORANGE) for t in range(2) for c in range(4)}
    canvas.table(2.2, 2.25, x[0].tolist(), ("позиция 0", "позиция 1"), colors=paint, cell=(0.4, 0.32))
    canvas.text(3.95, 1.93, "C = 4, голов 2", GREY, SMALL, ha="left")
    for left, good, title in ((0.75, True, "оси переставлены"), (3.9, False, "только view")):
        parts = (split_heads(x, 2) if good else x.view(1, 2, 2, 2))[0]
        canvas.arrow((2.7 if good else 3.3, 1.55), (left + 0.95, 1.28), color=GREEN if good else RED)
        for h in range(2):
            at = left + 1.0 * h
            marks = {(i, j): paint[divmod(int(parts[h, i, j]), 4)] for i in range(2) for j in range(2)}
            canvas.table(at, 1.02, parts[h].tolist(), colors=marks, cell=(0.4, 0.32))
            canvas.text(at + 0.4, 1.15, f"голова {h}", GREY, SMALL)
        canvas.text(left + 0.9, 0.18, title, GREEN if good else RED, SIZE)
    return canvas.figure


def fused():
    """The rows of qkv: queries of the heads, their keys, their values."""
    canvas = Canvas(5.6, 2.55)
    names = [f"{kind}, голова {h}" for kind in ("запросы", "ключи", "значения") for h in range(2)]
    colors = (BLUE, BLUE, ORANGE, ORANGE, GREEN, GREEN)
    for i, (name, color) in enumerate(zip(names, colors, strict=True)):
        y = 2.2 - 0.3 * i
        canvas.axes.add_patch(Rectangle((2.0, y - 0.3), 1.3, 0.3, facecolor=PALE[color], edgecolor=GREY, lw=0.8))
        canvas.text(1.9, y - 0.15, name, color, SMALL, ha="right")
        canvas.text(3.4, y - 0.15, "C/H строк", GREY, SMALL, ha="left")
    canvas.brace(2.0, 3.3, 0.36, "C столбцов")
    canvas.text(2.65, 2.4, "qkv.weight: (3C, C)", INK, SIZE)
    canvas.text(4.95, 1.3, "одно\nумножение\nвместо\nшести", GREY, SMALL)
    return canvas.figure


def stream():
    """The residual path and the two branches of a block."""
    canvas = Canvas(5.9, 2.15)
    y = 0.55
    canvas.text(0.25, y, "x", INK, SIZE + 2)
    at = 0.4
    for left, part, words in ((0.85, "внимание", "собрать"), (3.25, "FFN", "обдумать")):
        norm = canvas.box(left + 0.2, 1.5, "LN", GREY, width=0.5)
        body = canvas.box(left + 1.15, 1.5, part, BLUE if part == "FFN" else ORANGE, width=0.95)
        add = _plus(canvas, left + 1.95, y)
        canvas.line((left + 0.2, y), (left + 0.2, 1.1))
        canvas.arrow((left + 0.2, 1.1), norm)
        canvas.arrow(norm, body)
        canvas.line((body.x + 0.48, 1.5), (left + 1.95, 1.5))
        canvas.arrow((left + 1.95, 1.5), add)
        canvas.text(left + 1.15, 1.9, words, GREY, SMALL)
        canvas.line((at, y), (left + 1.8, y), color=INK, width=2.4)
        at = left + 2.1
    canvas.arrow((at, y), (5.85, y), color=INK)
    canvas.text(2.95, 0.2, "поток: на нём только сложения", INK, SMALL)
    return canvas.figure


def norm(LayerNorm):
    """Rows of a table before and after LayerNorm."""
    import torch

    canvas = Canvas(5.9, 1.75)
    x = torch.tensor([[1.0, 1, 5, 5], [10, 10, 50, 50], [7, 3, 3, 7]])
    with torch.no_grad():
        y = LayerNorm(4)(x)
    paint = {(i, j): (BLUE, ORANGE, GREEN)[i] for i in range(3) for j in range(4)}
    names = [f"позиция {i}" for i in range(3)]
    canvas.table(1.0, 1.45, [[int(v) for v in row] for row in x.tolist()], names, colors=paint, cell=(0.42, 0.36))
    rows = [[f"{v:.0f}".replace("-", "−") for v in row] for row in y.tolist()]
    canvas.table(4.1, 1.45, rows, colors=paint, cell=(0.42, 0.36))
    for i, row in enumerate(x):
        words = f"μ = {row.mean():g}, σ = {row.std(unbiased=False):g}"
        canvas.text(3.4, 1.33 - 0.36 * i, words, INK, SMALL)
        canvas.arrow((2.72, 1.2 - 0.36 * i), (4.06, 1.2 - 0.36 * i))
    canvas.text(1.84, 0.16, "каждая строка — сама по себе", GREY, SMALL)
    return canvas.figure


def ffn():
    """The same little network at each position; attention is what joins positions."""
    canvas = Canvas(5.6, 2.75)
    for t, ch in enumerate("an_p"):
        x = 0.9 + 1.2 * t
        low = canvas.box(x, 0.35, ch, GREY, width=0.42, height=0.32)
        wide = canvas.box(x, 1.35, "4C", BLUE, width=1.0, height=0.36)
        high = canvas.box(x, 2.35, "C", GREY, width=0.42, height=0.32)
        for start, end, side in ((low, wide, 1), (wide, high, -1)):
            for dx in (-0.17, 0.17):
                near, far = (dx, 2.4 * dx) if side == 1 else (2.4 * dx, dx)
                canvas.line((x + near, start.y + 0.18), (x + far, end.y - 0.18))
        canvas.text(x + 0.28, 0.35, "C", GREY, SMALL, ha="left")
    canvas.text(0.2, 0.85, "W₁", BLUE, SMALL)
    canvas.text(0.2, 1.35, "relu", BLUE, SMALL)
    canvas.text(0.2, 1.85, "W₂", BLUE, SMALL)
    return canvas.figure


def pre_post():
    """The path through a branch: norm inside it, or on the stream."""
    canvas = Canvas(5.6, 3.3)
    for x, title, inside in ((1.35, "pre-LN", True), (4.15, "post-LN", False)):
        color = GREEN if inside else RED
        canvas.text(x, 3.12, title, color, SIZE + 1)
        canvas.arrow((x, 2.68), (x, 2.95), color=INK)
        canvas.line((x, 0.15), (x, 1.86), color=INK, width=2.4)
        canvas.line((x, 2.15), (x, 2.8 if inside else 2.3), color=INK, width=2.4)
        canvas.line((x, 0.45), (x + 0.95, 0.45))
        if inside:
            ln = canvas.box(x + 0.95, 0.95, "LN", GREY, width=0.6, height=0.34)
            canvas.arrow((x + 0.95, 0.45), ln)
        f = canvas.box(x + 0.95, 1.5, "часть f", BLUE, width=0.85, height=0.38)
        canvas.arrow(ln if inside else (x + 0.95, 0.45), f)
        canvas.line((x + 0.95, 1.69), (x + 0.95, 2.0))
        add = _plus(canvas, x, 2.0)
        canvas.arrow((x + 0.95, 2.0), add)
        if not inside:
            canvas.box(x, 2.47, "LN", RED, width=0.6, height=0.34)
        canvas.text(x - 0.15, 0.3, "x", INK, SIZE + 1, ha="right")
        canvas.text(x + 0.95, 2.3, "x + f(LN(x))" if inside else "LN(x + f(x))", color, SMALL, ha="center")
    return canvas.figure


def last_norm(TinyTransformer, with_seed, vocab_size):
    """The spread of the stream grows with the blocks; the last norm brings it back."""
    import torch

    model = with_seed(0, lambda: TinyTransformer(vocab_size, C=64, H=4, layers=12))
    with torch.no_grad():
        draws = torch.Generator().manual_seed(0)
        for p in model.body.parameters():
            if p.dim() == 2:
                torch.nn.init.xavier_normal_(p, generator=draws)
        x, spreads = model.token.weight[:20] + model.pos.weight[:20], []
        x = x[None]
        for block in model.body[:-1]:
            spreads.append(x.std(-1).mean().item())
            x = block(x)
        spreads.append(x.std(-1).mean().item())
        last = model.body[-1](x).std(-1).mean().item()
    figure, axes = chart(5.2, 2.5, "сколько блоков позади", "отклонение чисел потока")
    axes.plot(range(13), spreads, "o-")
    axes.annotate("", (12, last + 0.1), (12, spreads[-1] - 0.15), arrowprops={"arrowstyle": "-|>", "color": ORANGE})
    axes.plot(12, last, "o", color=ORANGE)
    axes.text(11.7, (last + spreads[-1]) / 2, "последняя\nнормализация", color=ORANGE, ha="right", va="center")
    axes.set(ylim=(0, None), xticks=range(0, 13, 2))
    return figure


def model(TinyTransformer, vocab_size):
    """The whole model from numbers to logits, with shapes."""
    canvas = Canvas(5.7, 4.2)
    net = TinyTransformer(vocab_size)
    C = net.token.embedding_dim
    canvas.text(2.0, 0.2, "номера символов", INK, SIZE)
    token = canvas.box(2.0, 0.75, "token", BLUE, width=1.1, height=0.38)
    pos = canvas.box(0.6, 1.3, "pos", BLUE, width=0.85, height=0.38)
    add = _plus(canvas, 2.0, 1.3)
    canvas.arrow((2.0, 0.33), token)
    canvas.arrow(token, add)
    canvas.arrow(pos, add)
    below = add
    for y, name, color in (
        (1.85, "блок", ORANGE),
        (2.4, "блок", ORANGE),
        (2.95, "LayerNorm", GREY),
        (3.5, "lm", BLUE),
    ):
        box = canvas.box(2.0, y, name, color, width=1.5, height=0.38)
        canvas.arrow(below, box)
        below = box
    canvas.arrow(below, (2.0, 3.95))
    canvas.text(2.0, 4.07, "логиты следующего символа", INK, SIZE)
    shapes = {0.2: "(B, T)", 1.3: f"(B, T, C), C = {C}", 2.13: "(B, T, C)", 2.95: "(B, T, C)", 4.07: "(B, T, V)"}
    for y, words in shapes.items():
        canvas.text(5.4, y, words, GREEN, SIZE, ha="right")
    canvas.text(5.4, 0.75, "строки таблицы", GREY, SMALL, ha="right")
    canvas.text(5.4, 1.66, "поток", GREY, SMALL, ha="right")
    return canvas.figure


def padding():
    """A row with padding, its targets, and who looks at whom."""
    canvas = Canvas(5.9, 2.95)
    read, want = "·lev", "lev>"
    cell = 0.34
    canvas.table(0.85, 2.3, [[*read, "", ""]], ["вход"], colors={(0, j): BLUE for j in range(4)}, cell=(cell, 0.34))
    canvas.table(0.85, 1.5, [[*want, "", ""]], ["цель"], colors={(0, j): ORANGE for j in range(4)}, cell=(cell, 0.34))
    for y in (2.3, 1.5):
        for j in (4, 5):
            canvas.axes.add_patch(
                Rectangle((0.85 + j * cell, y - 0.34), cell, 0.34, fc=PALE[GREY], ec=GREY, hatch="////", lw=0.5)
            )
    canvas.text(1.85, 0.85, "штриховка: дополнение,\nцель −100", GREY, SMALL)
    left, top, size = 3.75, 2.55, 0.32
    for i in range(6):
        for j in range(6):
            paint = PAPER if j > i else PALE[GREY] if i > 3 else PALE[BLUE]
            hatch = "////" if j <= i and i > 3 else ""
            corner = (left + j * size, top - (i + 1) * size)
            canvas.axes.add_patch(Rectangle(corner, size, size, fc=paint, ec=GREY, lw=0.7, hatch=hatch))
    for i, ch in enumerate([*read, "", ""]):
        canvas.text(left - 0.13, top - (i + 0.5) * size, ch, BLUE, SMALL)
        canvas.text(left + (i + 0.5) * size, top + 0.12, ch, BLUE, SMALL)
    canvas.text(left + 3 * size, 2.85, "на кого смотрит", GREY, SMALL)
    canvas.text(left - 0.45, top - 3 * size, "кто смотрит", GREY, SMALL, rotation=90)
    canvas.text(left + 3 * size, 0.3, "строки букв до дополнения\nне дотягиваются", BLUE, SMALL)
    return canvas.figure


def growing():
    """A batch grows by a column a step; a row that has ended is filled with zeros."""
    canvas = Canvas(5.9, 1.9)
    for step, width in enumerate((5, 6, 7)):
        left = 0.2 + 1.95 * step
        shown = [list("…pavlov")[:width], list("…ovna00")[:width]]
        marks = {(i, j): BLUE for i in range(2) for j in range(5)}
        marks |= {(0, j): ORANGE for j in range(5, width)}
        marks |= {(1, 5): RED, (1, 6): GREY}
        canvas.table(left, 1.4, shown, colors=marks, cell=(0.235, 0.34), size=SMALL)
        canvas.text(left + 0.235 * width / 2, 1.58, ("данное начало", "шаг 1", "шаг 2")[step], GREY, SMALL)
        if step < 2:
            canvas.arrow((left + 0.235 * width + 0.06, 1.06), (left + 1.9, 1.06))
    canvas.text(3.1, 0.4, "выпал конец", RED, SMALL)
    canvas.text(5.0, 0.4, "дальше нули", GREY, SMALL)
    return canvas.figure


def columns():
    """The columns of proj that belong to each head."""
    canvas, side = Canvas(5.7, 2.85), 0.24
    for h, color in enumerate((GREEN, ORANGE, BLUE, RED)):
        for j in range(2):
            x = 0.85 + side * (2 * h + j)
            canvas.axes.add_patch(Rectangle((x, 2.3), side, side, fc=PALE[color], ec=GREY, lw=0.8))
            for i in range(8):
                off = h == 1
                y = 2.02 - side * (i + 1)
                canvas.axes.add_patch(Rectangle((x, y), side, side, fc=PAPER if off else PALE[color], ec=GREY, lw=0.8))
                if off:
                    canvas.text(x + side / 2, y + side / 2, "0", ORANGE, SMALL)
        canvas.text(0.85 + side * (2 * h + 1), 2.68, h, color, SMALL)
    canvas.text(0.75, 2.68, "голова", GREY, SMALL, ha="right")
    canvas.text(2.95, 2.42, "что принесли головы, рядом", GREY, SMALL, ha="left")
    canvas.text(2.95, 1.1, "proj.weight: (C, C)\nполоса головы 1 обнулена:\nпоток её не слышит", INK, SMALL, ha="left")
    canvas.arrow((0.85 + 4 * side, 2.28), (0.85 + 4 * side, 2.04))
    return canvas.figure


def dropout():
    """Where dropout stands in a block."""
    canvas = Canvas(5.9, 1.95)
    for y, parts, title in (
        (1.35, ("сходства", "маска", "softmax", "dropout", "· V"), "внимание"),
        (0.5, ("up", "relu", "down", "dropout"), "FFN"),
    ):
        before = None
        for i, words in enumerate(parts):
            color = RED if words == "dropout" else BLUE
            box = canvas.box(1.3 + i, y, words, color, width=0.86, height=0.4, size=SMALL)
            if before:
                canvas.arrow(before, box)
            before = box
        canvas.text(0.43, y, title, GREY, SMALL)
    canvas.text(4.3, 1.75, "веса внимания", RED, SMALL)
    return canvas.figure


def tied():
    """One matrix at both ends: a row is taken out of it, or a vector is compared with each row."""
    canvas = Canvas(5.9, 2.5)
    rows = list("abcde")
    marks = {(2, j): ORANGE for j in range(4)}
    blank = [[""] * 4 for _ in rows]
    canvas.table(2.35, 2.1, blank, rows, colors=marks, cell=(0.3, 0.3))
    canvas.text(2.95, 2.3, "одна матрица (V, C)", INK, SIZE)
    symbol = canvas.circle(0.4, 1.35, "c", ORANGE, radius=0.2)
    canvas.arrow(symbol, (2.1, 1.35), color=ORANGE)
    canvas.text(1.15, 1.62, "вход: взять строку", ORANGE, SMALL)
    canvas.table(4.15, 2.1, [[""]] * 5, colors={(i, 0): BLUE for i in range(5)}, cell=(0.3, 0.3))
    canvas.arrow((3.6, 1.35), (4.1, 1.35), color=BLUE)
    canvas.text(5.1, 1.35, "выход:\nлогит —\nпохожесть\nна строку", BLUE, SMALL)
    canvas.table(2.35, 0.42, [[""] * 4], colors={(0, j): BLUE for j in range(4)}, cell=(0.3, 0.3))
    canvas.text(1.25, 0.27, "вектор позиции", BLUE, SMALL)
    canvas.arrow((3.6, 0.27), (4.3, 0.55), color=BLUE)
    return canvas.figure


def cache():
    """The cache grows by a key and a value a step; only the new symbol is computed."""
    canvas = Canvas(5.9, 2.75)
    text = "·ann"
    for step in range(3):
        left, length = 0.25 + 1.95 * step, step + 2
        for i in range(length):
            new = i == length - 1
            color = ORANGE if new else BLUE
            y = 2.15 - 0.34 * i
            canvas.text(left + 0.1, y - 0.17, text[i], INK, SIZE)
            canvas.table(left + 0.25, y, [["k", "v"]], colors={(0, 0): color, (0, 1): color}, cell=(0.36, 0.34))
        canvas.table(left + 1.12, 2.15 - 0.34 * (length - 1), [["q"]], colors={(0, 0): ORANGE}, cell=(0.34, 0.34))
        for i in range(length):
            canvas.line(
                (left + 1.12, 2.15 - 0.34 * (length - 0.5)), (left + 0.98, 2.15 - 0.34 * (i + 0.5)), color=ORANGE
            )
        canvas.text(left + 0.6, 2.35, f"прочитано: {text[:length]}", GREY, SMALL)
    canvas.text(2.95, 0.45, "оранжевое вычислено на этом шаге, синее взято из кеша", INK, SMALL)
    canvas.text(2.95, 0.18, "запрос не хранят: он нужен один раз", GREY, SMALL)
    return canvas.figure


def rope():
    """A query and a key turned by their places: the angle between them is that of the distance."""
    canvas = Canvas(5.6, 2.3)
    theta = math.radians(25)
    for centre, places in ((1.25, (1, 3)), (4.35, (4, 6))):
        canvas.axes.add_patch(Circle((centre, 1.05), 0.8, fc="none", ec=GREY, lw=0.8))
        for place, color, name in zip(places, (BLUE, ORANGE), ("ключ", "запрос"), strict=True):
            x, y = centre + 0.8 * math.cos(place * theta), 1.05 + 0.8 * math.sin(place * theta)
            canvas.arrow((centre, 1.05), (x, y), color=color)
            side = "center" if abs(x - centre) < 0.3 else "left" if x > centre else "right"
            lift = 0.15 if side == "center" else 0.02
            away = 0.0 if side == "center" else math.copysign(0.06, x - centre)
            canvas.text(x + away, y + lift, f"{name}, {place}θ", color, SMALL, ha=side)
        arc = np.linspace(places[0] * theta, places[1] * theta, 20)
        canvas.line(*zip(centre + 0.35 * np.cos(arc), 1.05 + 0.35 * np.sin(arc), strict=True), color=INK)
        middle = (places[0] + places[1]) / 2 * theta
        canvas.text(centre + 0.53 * math.cos(middle), 1.05 + 0.53 * math.sin(middle), "2θ", INK, SMALL)
        canvas.text(centre, 0.1, f"места {places[0]} и {places[1]}", GREY, SMALL)
    return canvas.figure
