"""Make drawings: what a process of its own executes, with the cells of the chapter and nothing of this package.

Reads ``{"file", "dpi", "drawings": [{function, sources, digest}]}`` from stdin; writes for each drawing
``{"png": base64}`` or ``{"problem", "line"}``.
"""

import base64
import contextlib
import importlib.util
import io
import json
import linecache
import sys
import traceback
from inspect import signature

import matplotlib

matplotlib.use("Agg")

from PIL import Image, PngImagePlugin


def picture(figure, digest, dpi):
    """The figure as PNG: 32 colours, and the digest of what it was made from."""
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=dpi, facecolor="white")
    image = Image.open(drawn).convert("RGB").quantize(32, dither=Image.Dither.NONE)
    facts = PngImagePlugin.PngInfo()
    facts.add_text("made-from", digest)
    packed = io.BytesIO()
    image.save(packed, "PNG", optimize=True, pnginfo=facts)
    return packed.getvalue()


def named(sources):
    """What the chapter's cells bind."""
    namespace = {"__name__": "__main__"}
    for place, source in enumerate(sources):
        name = f"<cell {place}>"
        linecache.cache[name] = len(source), None, source.splitlines(True), name
        exec(compile(source, name, "exec"), namespace)
    return namespace


def main():
    task = json.load(sys.stdin)
    sys.path[0] = task["file"].rpartition("/")[0]
    from drawing import FONTS

    said = []
    with matplotlib.rc_context(FONTS), contextlib.redirect_stdout(io.StringIO()):
        specification = importlib.util.spec_from_file_location("figures", task["file"])
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        for drawing in task["drawings"]:
            try:
                namespace = named(drawing["sources"])
                function = getattr(module, drawing["function"])
                figure = function(**{name: namespace[name] for name in signature(function).parameters})
                png = picture(figure, drawing["digest"], task["dpi"])
                said.append({"png": base64.b64encode(png).decode()})
            except Exception as error:
                frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == task["file"]]
                what = f"{drawing['function']} cannot be drawn: {type(error).__name__}: {error}"
                said.append({"problem": what, **({"line": frames[-1].lineno} if frames else {})})
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
