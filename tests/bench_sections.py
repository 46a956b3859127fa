"""What each solved notebook costs here, and what this machine charges: the tables of section 8, ready to be copied.

Seconds are those of the processor, so that other work on the machine counts little. Run it with ``make bench``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.engine import section_namespace

ROOT = Path(__file__).parent.parent
SECTIONS = range(8)  # those that compute
COST = """
import resource, sys, time
unit = 1 if sys.platform == "darwin" else 1024
print(time.process_time(), unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def cost(path: Path) -> tuple[float, float]:
    """Seconds of a kernel's processor and its most bytes of memory, after all cells of a notebook."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(COST))
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
        client.execute()
    spent, memory = notebook.cells[-1].outputs[0].text.split()
    return float(spent), float(memory)


def main() -> None:
    found = {}
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        if (number := int(path.name[:2])) in SECTIONS:
            spent, memory = cost(path)
            found[number] = max(1, round(spent)), round(memory / 1e6)
    print("SECTIONS =", found)
    made = section_namespace("08_commands", "facts", "measure")
    made["clock"] = time.process_time
    prices, _ = made["measure"]()
    print("THERE =", {name: float(f"{prices[name]:.2g}") for name in ("object", "step")})


if __name__ == "__main__":
    main()
