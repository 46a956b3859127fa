"""Every small change of a solution: those of cosmic-ray, and those that it lacks for code like this course's."""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache

from ..solution import solution_places, solved

NEIGHBOURS = (  # what is easily taken for the other
    ("sum", "mean"),
    ("max", "min"),
    ("amax", "amin"),
    ("argmax", "argmin"),
    ("any", "all"),
    ("ones", "zeros"),
    ("ones_like", "zeros_like"),
    ("zeros", "empty"),
    ("zeros_like", "empty_like"),
    ("randn", "rand"),
    ("tril", "triu"),
    ("train", "eval"),
    ("log", "exp"),
    ("sin", "cos"),
    ("reshape", "view"),
    ("append", "extend"),
    ("ValueError", "TypeError"),
)
BLANK = re.compile(r"(?:(?<=[(\[ ])|(?<=\w=)) (?=-?\d)")  # cosmic-ray puts one before each number that it writes
IDENTITY = re.compile(r"_(?:Eq|NotEq|[LG]tE?)_Is(?:Not)?$")  # of small numbers the same as equality

Splice = tuple[ast.AST, str]
Difference = tuple[tuple[str, ...], tuple[str, ...]]  # lines that go, lines that come


def changes(source: str) -> list[str]:
    """The cell of an exercise, solved, once for each small change of its solution (what stands outside is given).

    The words of errors stay as they are: no check reads them.
    """
    whole = solved(source)
    inside = solution_places(source)
    made = dict.fromkeys([*_of_cosmic_ray(whole), *_own(whole)])
    unchanged = _meaning(whole)
    return [text for text in made if _meaning(text) not in (None, unchanged) and _lines_changed(whole, text) <= inside]


def difference(before: str, after: str) -> Difference:
    """The lines that a change takes away and those that it puts in, stripped."""
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("- ", "+ ")]
    gone, come = (tuple(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return gone, come


def _lines_changed(before: str, after: str) -> set[int]:
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return {
        place
        for tag, start, end, _, _ in matcher.get_opcodes()
        if tag != "equal"
        for place in range(start, max(end, start + 1))
    }


def _meaning(source: str) -> str | None:
    """The syntax tree, without the words of errors, as text; None if it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as: "is" with a literal
            compile(source, "change", "exec", dont_inherit=True)
            tree = ast.parse(source)
    except SyntaxError:
        return None
    for call in _errors(tree):
        call.args, call.keywords = [], []
    return ast.dump(tree)


def _errors(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that make the errors which are raised."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield node.exc


@lru_cache
def _operators() -> list:
    """The operators of cosmic-ray that need no settings."""
    from cosmic_ray.plugins import get_operator, operator_names

    names = [name for name in sorted(operator_names()) if not IDENTITY.search(name)]
    kinds = [get_operator(name) for name in names]
    return [kind() for kind in kinds if not kind.arguments()]


def _of_cosmic_ray(source: str) -> Iterator[str]:
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    nodes = list(ast_nodes(get_ast(source)))
    for operator in _operators():
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence in range(len(places)):
            yield BLANK.sub("", mutate_code(source, operator, occurrence))


def _own(source: str) -> Iterator[str]:
    """The changes that are made here, each at one place."""
    tree = ast.parse(source)
    errors = list(_errors(tree))
    for node in ast.walk(tree):
        if node not in errors:
            for place, text in _splices(source, node):
                yield _spliced(source, place, text)


def _spliced(source: str, node: ast.AST, text: str) -> str:
    """The source with a text in the place of a node. (The columns of ``ast`` count bytes.)"""
    lines = source.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    whole = b"".join(lines)
    return (whole[:start] + text.encode() + whole[end:]).decode()


def _splices(source: str, node: ast.AST) -> Iterator[Splice]:
    """What may stand in the place of a node, or of a part of it."""

    def text(part: ast.AST) -> str:
        return ast.get_source_segment(source, part) or ""

    if isinstance(node, ast.stmt) and not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Pass)):
        yield node, "pass"
    if isinstance(node, (ast.Assign, ast.Return)) and node.value:
        yield node.value, f"({text(node.value)}).data"  # without the graph
    if isinstance(node, ast.Return) and node.value:
        yield node.value, f"({text(node.value)}).float()"  # in less precision
    if isinstance(node, ast.With):
        yield from ((item.context_expr, "__import__('contextlib').nullcontext()") for item in node.items)
    if isinstance(node, ast.Call):
        yield from _of_call(node, text)
    if isinstance(node, ast.BinOp):
        yield from ((node, f"({text(part)})") for part in (node.left, node.right))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield node, f"({text(node.left)}) * ({text(node.right)})"
        yield node, f"({text(node.right)}) @ ({text(node.left)})"
        yield from ((part, f"({text(part)}).swapaxes(-2, -1)") for part in (node.left, node.right))
    if isinstance(node, ast.Slice):
        yield from ((part, "") for part in (node.lower, node.upper, node.step) if part)
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT", "data"):
        yield node, text(node.value)
    if isinstance(node, ast.IfExp):
        yield node, text(node.body)
        yield node, text(node.orelse)
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    for one, other in NEIGHBOURS:
        if name in (one, other):
            yield node, text(node)[: -len(name)] + (other if name == one else one)


def _of_call(node: ast.Call, text) -> Iterator[Splice]:
    """Without the call, without one of its arguments, with two neighbours exchanged."""
    if isinstance(node.func, ast.Attribute):
        yield node, text(node.func.value)
    if len(node.args) == 1:
        yield node, text(node.args[0])
    function, arguments = text(node.func), [*node.args, *node.keywords]
    if any(isinstance(part, ast.GeneratorExp) for part in arguments):
        return
    written = [text(part) for part in arguments]
    for place in range(len(arguments)):
        yield node, f"{function}({', '.join(written[:place] + written[place + 1 :])})"
    for place in range(1, len(node.args)):
        exchanged = [*written[: place - 1], written[place], written[place - 1], *written[place + 1 :]]
        yield node, f"{function}({', '.join(exchanged)})"
