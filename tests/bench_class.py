"""Grade a class of 60 on this machine and on a local Dask cluster: 20 honest, 20 half done, 20 hostile notebooks.

Prints the wall time beside its bound, 1.3 × (the honest work / jobs + the time limits that were used up), the most
memory that all processes had together, and whether both reports are the same. Run it with ``make bench``.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from distributed import LocalCluster

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.learners import Notebook, add, answer, save, solve, stub

ROOT = Path(__file__).parent.parent
SECTIONS = ("01_autograd", "04_attention")
TIMEOUT, JOBS = 10, 2
HANGS = "    while True:\n        pass"
HOSTILE = {  # what stands in the body of one answer of an otherwise solved section; and whether it uses up the limit
    "hangs": (HANGS, True),
    "sleeps": ("    import time\n    time.sleep(10**6)", True),
    "hangs in C": ("    return 10 ** 10 ** 9", True),
    "prints without end": ("    while True:\n        print('x' * 10**5)", True),
    "leaves": ("    import os\n    os._exit(0)", False),
    "leaves by exception": ("    raise SystemExit", False),
    "breaks down": ("    import faulthandler\n    faulthandler._sigsegv()", False),
    "eats memory": ("    kept = []\n    while True:\n        kept.append(b'x' * 10**7)", False),
    "asks for memory": ("    return b'x' * 10**12", False),
    "starts threads": (
        "    import threading\n    while True:\n        threading.Thread(target=print, daemon=True).start()",
        False,
    ),
    "forks": ("    import os\n    while True:\n        os.fork()", False),
    "fills the disk": ("    open('file', 'wb').write(b'x' * 10**9)", False),
    "floods the verdicts": ("    import os\n    for f in range(3, 9):\n        os.write(f, b'x' * 10**8)", False),
    "recurses": (
        "    import sys\n    sys.setrecursionlimit(10**9)\n    return (lambda f: f(f))(lambda f: f(f))",
        True,
    ),
}
FILES = {"no JSON": b"{", "no notebook": b'{"cells": 3}', "empty": b"", "deep": b"[" * 10**6, "big": b" " * 60_000_000}


def first_function(section: str) -> tuple[str, str]:
    """The first exercise of the section and the line in which its function begins."""
    cell = next(cell for cell in stub(section)["cells"] if cell["id"].startswith("exercise-"))
    line = next(line for line in "".join(cell["source"]).splitlines() if line.startswith("def "))
    return cell["id"].removeprefix("exercise-"), line.split("(")[0] + "(*a, **k):"


def hostile(section: str, body: str) -> Notebook:
    name, line = first_function(section)
    return answer(solve(stub(section), section), name, f"{line}\n{body}")


def make_class(folder: Path) -> int:
    """Write the 60 notebooks; return how many time limits they will use up."""
    for number in range(20):
        section = SECTIONS[number % 2]
        save(solve(stub(section), section), folder / f"honest{number}" / f"{section}.ipynb")
        save(solve(stub(section), section, 0.5), folder / f"half{number}" / f"{section}.ipynb")
    for number, (name, (body, _)) in enumerate(HOSTILE.items()):
        section = SECTIONS[number % 2]
        save(hostile(section, body), folder / f"hostile: {name}" / f"{section}.ipynb")
    wrong = add(stub("04_attention"), "header", "while True:\n    pass")
    save({**wrong, "metadata": {}, "cells": wrong["cells"][1:2]}, folder / "hostile: another course" / "own.ipynb")
    for name, content in FILES.items():
        (folder / f"hostile: {name}").mkdir()
        (folder / f"hostile: {name}" / "01_autograd.ipynb").write_bytes(content)
    return sum(uses for _, uses in HOSTILE.values())


def grade(paths: list[Path], report: Path, jobs: int, *more: str) -> tuple[float, float]:
    """Seconds that it took and the most gigabytes that its processes had together."""
    command = [sys.executable, "-m", "praktikum", "check", *paths, "--jobs", str(jobs), "--timeout", str(TIMEOUT)]
    start, most = time.perf_counter(), 0.0
    command = [*command, "--report", report, *more]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(0.2):
            most = max(most, memory_of(psutil.Process(process.pid)))

    thread = threading.Thread(target=look)
    thread.start()
    process.wait()
    done.set()
    thread.join()
    return time.perf_counter() - start, most


def memory_of(root: psutil.Process) -> float:
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / 1e9


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        limits = make_class(folder / "class")
        alone, _ = grade([*folder.glob("class/ho[!s]*"), *folder.glob("class/half*")], folder / "honest.csv", 1)
        wall, most = grade([folder / "class"], folder / "here.csv", JOBS)
        with (folder / "here.csv").open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        with LocalCluster(n_workers=JOBS, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
            grade([folder / "class"], folder / "there.csv", JOBS, "--dask", cluster.scheduler_address)
        bound = 1.3 * (alone / JOBS + limits * TIMEOUT)
        print(f"{len({row['learner'] for row in rows})} learners, {len(rows)} rows")
        for row in rows:
            if row["learner"].startswith("hostile") and row["mark"] == "❌":
                print(f"  {row['learner']:<32} {row['exercise']:<16} {row['hint'][:70]}")
        print(f"honest work alone, one at a time: {alone:.0f} s; time limits used up: {limits} of {TIMEOUT} s")
        print(f"wall time with {JOBS} jobs: {wall:.0f} s, bound {bound:.0f} s; memory of all together: {most:.2f} GB")
        same = (folder / "here.csv").read_bytes() == (folder / "there.csv").read_bytes()
        print(f"the report of the Dask cluster is {'the same' if same else 'another one'}")


if __name__ == "__main__":
    main()
