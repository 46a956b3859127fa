"""A small course of two sections, to build and to break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .conftest import ROOT


def copy_course(folder: Path) -> Path:
    shutil.copytree(ROOT / "tests" / "mini_course", folder / "notebooks_src")
    for name in ("README.md", "pyproject.toml"):
        shutil.move(folder / "notebooks_src" / name, folder / name)
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m praktikum`` in the folder."""
    return subprocess.run(
        [sys.executable, "-m", "praktikum", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
