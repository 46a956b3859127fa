"""Run the cells of a stub in an empty folder and try answers on its checks: this file alone is what a process executes.

Reads ``{"cells": [{source, check}], "answers": [{exercise, source}], "seed", "timeout"}`` from stdin; writes
``{"stub": [printed by each cell], "answers": [what the kit kept of each answer: sign, words, what, came, tol,
mistake; null if it did not end]}``. Where a check stands, it runs on the stub, so that what it computes before it asks
the learner's code is there, if it keeps it; then the process forks for each answer: the answer runs, then the check,
and the child is gone; nothing that it did is seen by the next. The course's own package cannot be
imported here.
"""

import contextlib
import gc
import io
import itertools
import json
import linecache
import os
import random
import signal
import sys
import tempfile

NUMBERS = itertools.count()  # as in IPython, no two cells have the same file name


def execute(source, namespace):
    """Execute a cell; return what it printed."""
    name = f"<cell {next(NUMBERS)}>"
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, name, "exec"), namespace)
    return printed.getvalue()


def outcome(answer, check, namespace, seed):
    """What the kit keeps of an answer; its cell may stop with an error, as in a notebook."""
    random.seed(seed)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(seed)
    try:
        execute(answer["source"], namespace)
    except (Exception, SystemExit) as error:
        return ["❌", f"the cell stops: {type(error).__name__}: {error}", "", None, 0.0, ""]
    execute(check, namespace)
    return namespace["_results"][answer["exercise"]]


def forked(answer, check, namespace, seed, timeout):
    """The same in a forked process; None if it does not end in time or dies."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(timeout)
        with os.fdopen(write, "w") as stream:
            json.dump(outcome(answer, check, namespace, seed), stream)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if status == 0 and said else None


def import_once(sources):
    """What thousands of children would each import anew, among it what torch imports with its first optimiser."""
    if any("import torch" in source for source in sources):
        import torch

        torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


def main():
    task = json.load(sys.stdin)
    import_once([part["source"] for part in (*task["cells"], *task["answers"])])
    gc.disable()
    gc.freeze()
    namespace = {"__name__": "__main__"}
    stub = []
    kept = [None] * len(task["answers"])
    for cell in task["cells"]:
        stub.append(execute(cell["source"], namespace))
        for position, answer in enumerate(task["answers"]):
            if answer["exercise"] == cell["check"]:
                kept[position] = forked(answer, cell["source"], namespace, task["seed"], task["timeout"])
    json.dump({"stub": stub, "answers": kept}, sys.stdout)


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "Agg"
    sys.modules["praktikum"] = None
    del sys.path[0]  # the folder of this file
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        main()
