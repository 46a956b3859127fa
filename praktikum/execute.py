"""Run solved notebooks and refuse what a solution must not do."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  builds its font cache here, not on a kernel's stderr
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from .errors import BuildError
from .reuse import DRAWING

CELL_TIMEOUT = 180  # seconds: four times what a cell may take
NOT_THERE = "raise ModuleNotFoundError(\"No module named 'praktikum'\")"  # a learner has not got this package


def execute(notebooks: Mapping[str, NotebookNode]) -> None:
    """Execute the notebooks in place, as many at once as there are cores.

    Drawings keep the outputs that they have. Raises BuildError with what went wrong in each: an exception, a failed
    check, output on stderr.
    """
    problems = asyncio.run(_execute_all(notebooks))
    if problems:
        raise BuildError(*problems)


async def _execute_all(notebooks: Mapping[str, NotebookNode]) -> list[str]:
    free = asyncio.Semaphore(os.cpu_count() or 1)

    async def one(name: str, notebook: NotebookNode) -> list[str]:
        async with free:
            start = time.monotonic()
            problems = await _execute_one(name, notebook)
            print(f"executed {name} in {time.monotonic() - start:.0f} s", flush=True)
            return problems

    results = await asyncio.gather(*(one(name, notebook) for name, notebook in notebooks.items()))
    return [problem for problems in results for problem in problems]


async def _execute_one(name: str, notebook: NotebookNode) -> list[str]:
    language_info = notebook.metadata["language_info"]
    drawings = {cell.id: cell.outputs for cell in notebook.cells if cell.id.startswith(DRAWING)}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "praktikum.py").write_text(NOT_THERE)
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT,
            kernel_name="python3",
            allow_errors=True,
            record_timing=False,
            coalesce_streams=True,  # where a stream is cut into messages is a matter of timing
            resources={"metadata": {"path": folder}},
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
        try:
            await client.async_execute()
        except (CellTimeoutError, DeadKernelError) as error:
            return [f"{name}: {str(error).strip().splitlines()[0]}"]
    notebook.metadata["language_info"] = language_info  # the kernel's own holds the Python version
    for cell in notebook.cells:
        cell.update({"outputs": drawings[cell.id]} if cell.id in drawings else {})
    return [f"{name}, cell {cell.id}: {what}" for cell in notebook.cells for what in _objections(cell)]


def _objections(cell: NotebookNode) -> list[str]:
    objections: list[str] = []
    printed = ""
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            objections.append(f"{output.ename}: {output.evalue}")
        elif output.output_type == "stream" and output.name == "stderr":
            objections.append(f"it writes to stderr: {output.text.strip()}")
        elif output.output_type == "stream":
            printed += output.text
    if "check" in cell.metadata.get("praktikum", {}) and not printed.startswith("✅"):
        objections.append(f"the check does not accept the solution: {printed.strip()}")
    return objections
