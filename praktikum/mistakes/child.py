"""Run the cells of a stub in an empty folder and try answers on its checks: this file alone is what a process executes.

Reads ``{"cells": [{source, check}], "answers": [{exercise, source}], "seed", "timeout", "together"}`` from stdin and
writes ``{"stub": [printed by each cell], "answers": [what the kit kept of each answer: sign, words, what, came, tol,
mistake; null if it did not end]}``. Where a check stands, it runs on the stub, so that what it computes before it asks
the learner's code is there, if it keeps it; then the process forks for every ``together`` answers: each runs, then the
check, and the child is gone; nothing that it did is seen by the next. The course's own package cannot be imported here.
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


def forked(answers, check, namespace, seed, timeout):
    """The same of each, one after the other in a forked process; None of one that does not end or dies and the rest."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(write, "w") as stream:
            for answer in answers:
                signal.alarm(timeout)
                before = dict(namespace)
                print(json.dumps(outcome(answer, check, namespace, seed)), file=stream, flush=True)
                namespace.clear()
                namespace.update(before)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        said = [json.loads(line) for line in stream]
    os.waitpid(child, 0)
    return said + [None] * (len(answers) - len(said))


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
        places = [place for place, answer in enumerate(task["answers"]) if answer["exercise"] == cell["check"]]
        for start in range(0, len(places), task["together"]):
            some = places[start : start + task["together"]]
            answers = [task["answers"][place] for place in some]
            came = forked(answers, cell["source"], namespace, task["seed"], task["timeout"])
            for place, said in zip(some, came, strict=True):
                kept[place] = said
    json.dump({"stub": stub, "answers": kept}, sys.stdout)


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "Agg"
    sys.modules["praktikum"] = None
    del sys.path[0]  # the folder of this file
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        main()
