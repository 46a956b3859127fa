"""The kit of all drawings: one set of colours, fonts, arrows, boxes and tables of numbers.

A drawing is a function of ``NN_name.py`` beside this file; it returns a figure::

    from drawing import Canvas, BLUE

    def doubling(Value):
        canvas = Canvas(4, 1)
        x, y = canvas.box(0.8, 0.5, "x"), canvas.box(3.2, 0.5, Value(2.0).data * 2)
        canvas.arrow(x, y, "·2", color=BLUE)
        return canvas.figure

Its parameters are names that cells of the chapter bind, so that its numbers are those of the text. Lengths are inches
on paper; the notebook shows a drawing 6 inches wide at about 580 pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

INK, GREY, PAPER = "#22313f", "#8a97a3", "#ffffff"
BLUE, ORANGE, GREEN, RED = "#2b6cb0", "#c05621", "#2f855a", "#c53030"
PALE = {INK: "#eef1f4", GREY: "#f3f5f7", BLUE: "#dcebf8", ORANGE: "#fde8d6", GREEN: "#ddf2e5", RED: "#fbdede"}
SIZE = 10.5  # points, of ordinary text

FONTS = {"font.family": "DejaVu Sans", "font.size": SIZE, "text.color": INK, "axes.edgecolor": GREY}
FONTS |= {"axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "axes.prop_cycle": "cycler('color', ['%s'])"}
FONTS["axes.prop_cycle"] %= "', '".join((BLUE, ORANGE, GREEN, RED, GREY))


def pale(color: str, share: float = 0.2) -> tuple[float, float, float]:
    """The colour on white paper, ``share`` of it."""
    return tuple(1 - share * (1 - part) for part in to_rgb(color))


def number(x: object) -> str:
    """A number as the drawings write it: four digits at most, a real minus; anything else as it is."""
    return f"{x:.4g}".replace("-", "−") if isinstance(x, (int, float, np.number)) else str(x)


def chart(width: float = 5.6, height: float = 3.0, xlabel: str = "", ylabel: str = "") -> tuple[Figure, Axes]:
    """A figure with one pair of axes in the style of the drawings, for curves."""
    figure = Figure((width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    return figure, axes


@dataclass(frozen=True)
class Box:
    """A place on a canvas that arrows start from and lead to: its centre, width and height."""

    x: float
    y: float
    width: float
    height: float
    round: bool = False

    def edge(self, x: float, y: float) -> tuple[float, float]:
        """Where the line from the centre towards (x, y) leaves the box."""
        dx, dy = x - self.x, y - self.y
        if not (dx or dy):
            return self.x, self.y
        if self.round:
            share = self.width / 2 / np.hypot(dx, dy)
        else:
            share = min(self.width / 2 / abs(dx) if dx else np.inf, self.height / 2 / abs(dy) if dy else np.inf)
        return self.x + dx * share, self.y + dy * share


Place = Box | tuple[float, float]


class Canvas:
    """A sheet of ``width`` × ``height`` inches; (0, 0) is its lower left corner. ``axes`` is there for all else."""

    def __init__(self, width: float, height: float) -> None:
        self.figure = Figure((width, height))
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        self.axes.axis("off")

    def text(self, x: float, y: float, words: object, color: str = INK, size: float = SIZE, **style: object) -> None:
        """Words or a number, centred at (x, y) unless ``ha`` or ``va`` says otherwise."""
        style = {"ha": "center", "va": "center", **style}
        self.axes.text(x, y, number(words), color=color, size=size, **style)

    def box(
        self,
        x: float,
        y: float,
        words: object = "",
        color: str = BLUE,
        width: float = 0.9,
        height: float = 0.45,
        size: float = SIZE,
    ) -> Box:
        """A rounded box, pale inside, centred at (x, y)."""
        corner, style = (x - width / 2, y - height / 2), f"round,pad=0,rounding_size={min(width, height) / 5}"
        self.axes.add_patch(
            FancyBboxPatch(corner, width, height, style, facecolor=PALE[color], edgecolor=color, lw=1.3)
        )
        self.text(x, y, words, size=size)
        return Box(x, y, width, height)

    def circle(
        self, x: float, y: float, words: object = "", color: str = BLUE, radius: float = 0.26, size: float = SIZE
    ) -> Box:
        """A circle, pale inside, such as a node of a graph or a neuron."""
        self.axes.add_patch(Circle((x, y), radius, facecolor=PALE[color], edgecolor=color, lw=1.3))
        self.text(x, y, words, size=size)
        return Box(x, y, 2 * radius, 2 * radius, round=True)

    def arrow(
        self,
        start: Place,
        end: Place,
        words: object = "",
        color: str = GREY,
        bend: float = 0.0,
        at: float = 0.5,
        dashed: bool = False,
        size: float = SIZE - 1,
    ) -> None:
        """An arrow between boxes or points; its words stand beside it, at the share ``at`` of its way.

        ``bend`` is the height of its arc in shares of its length: above 0 to the right of who goes along it.
        """
        (x0, y0), (x1, y1) = (((p.x, p.y) if isinstance(p, Box) else p) for p in (start, end))
        middle = (x0 + x1) / 2 + bend * (y1 - y0), (y0 + y1) / 2 - bend * (x1 - x0)
        first = start.edge(*middle) if isinstance(start, Box) else start
        last = end.edge(*middle) if isinstance(end, Box) else end
        style = {"arrowstyle": "-|>", "mutation_scale": 11, "lw": 1.3, "ls": "--" if dashed else "-"}
        curve = f"arc3,rad={bend}"
        self.axes.add_patch(
            FancyArrowPatch(first, last, color=color, connectionstyle=curve, shrinkA=1, shrinkB=1, **style)
        )
        if words != "":
            length = max(np.hypot(last[0] - first[0], last[1] - first[1]), 1e-9)
            right = np.array([last[1] - first[1], first[0] - last[0]]) / length
            side = right if bend > 0 or (bend == 0 and right[1] >= 0) else -right  # above what is straight
            away = 0.13 + 0.035 * len(number(words)) * abs(right[0]) + 2 * at * (1 - at) * abs(bend) * length
            x, y = np.array(first) + at * np.subtract(last, first) + away * side
            back = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}
            self.text(x, y, words, color=INK if color == GREY else color, size=size, bbox=back)

    def line(self, *points: tuple[float, float], color: str = GREY, dashed: bool = False, width: float = 1.3) -> None:
        """A line through points."""
        self.axes.plot(*zip(*points, strict=True), color=color, lw=width, ls="--" if dashed else "-")

    def table(
        self,
        x: float,
        y: float,
        rows: Sequence[Sequence[object]],
        row_names: Sequence[object] = (),
        column_names: Sequence[object] = (),
        colors: Mapping[tuple[int, int], str] = {},
        shades: Sequence[Sequence[float]] | None = None,
        cell: tuple[float, float] = (0.5, 0.34),
        size: float = SIZE - 1,
    ) -> Box:
        """A table of numbers or words whose upper left corner is (x, y); returns the whole of it.

        ``colors`` marks cells by (row, column); ``shades`` (0 to 1, the same shape) paints each in as much blue.
        """
        width, height = cell
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                paint = (
                    pale(BLUE, shades[i][j] * 0.75) if shades is not None else PALE.get(colors.get((i, j), ""), PAPER)
                )
                corner = x + j * width, y - (i + 1) * height
                self.axes.add_patch(Rectangle(corner, width, height, facecolor=paint, edgecolor=GREY, lw=0.8))
                dark = shades is not None and shades[i][j] > 0.7
                self.text(corner[0] + width / 2, corner[1] + height / 2, value, PAPER if dark else INK, size)
        for i, name in enumerate(row_names):
            self.text(x - 0.08, y - (i + 0.5) * height, name, GREY, size, ha="right")
        for j, name in enumerate(column_names):
            self.text(x + (j + 0.5) * width, y + 0.05, name, GREY, size, va="bottom")
        whole = len(rows[0]) * width, len(rows) * height
        return Box(x + whole[0] / 2, y - whole[1] / 2, *whole)

    def bars(
        self,
        x: float,
        y: float,
        heights: Sequence[float],
        names: Sequence[object] = (),
        color: str = BLUE,
        width: float = 0.3,
        tall: float = 1.0,
        values: bool = False,
        size: float = SIZE - 1,
    ) -> None:
        """Bars on a line from (x, y); a height of 1 is ``tall`` inches. ``values`` writes each above its bar."""
        for i, (height, name) in enumerate(zip(heights, names or [""] * len(heights), strict=True)):
            corner = x + i * width, y
            self.axes.add_patch(Rectangle(corner, width * 0.8, height * tall, facecolor=PALE[color], edgecolor=color))
            self.text(corner[0] + width * 0.4, y - 0.06, name, size=size, va="top")
            if values:
                self.text(corner[0] + width * 0.4, y + height * tall + 0.04, height, color, size - 1, va="bottom")
        self.line((x - 0.05, y), (x + len(heights) * width, y))

    def brace(self, x0: float, x1: float, y: float, words: object, color: str = GREY, below: bool = True) -> None:
        """A bracket along [x0, x1] at the height y with words at its outer side."""
        side = -1 if below else 1
        self.line((x0, y), (x0, y + side * 0.08), (x1, y + side * 0.08), (x1, y), color=color)
        self.text((x0 + x1) / 2, y + side * 0.22, words, INK if color == GREY else color, SIZE - 1)

    def graph(
        self,
        places: Mapping[str, tuple[float, float]],
        edges: Sequence[tuple],
        words: Mapping[str, object] = {},
        colors: Mapping[str, str] = {},
        radius: float = 0.28,
    ) -> dict[str, Box]:
        """Nodes by name at their places, and edges ``(from, to)`` or ``(from, to, words[, bend])``.

        A node shows its words, else its name. Returns the nodes.
        """
        nodes = {
            name: self.circle(*place, words.get(name, name), colors.get(name, BLUE), radius)
            for name, place in places.items()
        }
        for start, end, *rest in edges:
            self.arrow(nodes[start], nodes[end], *rest[:1], bend=rest[1] if len(rest) > 1 else 0.0)
        return nodes
