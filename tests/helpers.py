"""A small course of two sections, to build and to break; a copy of the whole one, to use."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .conftest import ROOT

DISK = [(os, name) for name in ("replace", "fsync", "chmod", "unlink", "mkdir")]


def copy_course(folder: Path) -> Path:
    shutil.copytree(ROOT / "tests" / "mini_course", folder / "notebooks_src")
    for name in ("README.md", "pyproject.toml"):
        shutil.move(folder / "notebooks_src" / name, folder / name)
    return folder


def copy_of_the_course(folder: Path) -> Path:
    """The whole course as git knows it, with the environment of these tests."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def commit_all(folder: Path) -> None:
    """Make a git repository of a folder, with everything in it committed."""
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], cwd=folder, check=True)


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


def killed_at(
    moment: int,
    action: Callable[[], object],
    calls: Sequence[tuple[object, str]],
    harmless: Callable[..., bool] = lambda *arguments, **options: False,
) -> bool:
    """Do it in a forked process that is killed at the ``moment``-th of these calls; true if it was.

    What is ``harmless`` does not count: it is told a call's arguments.
    """
    child = os.fork()
    if child == 0:
        left = [moment]

        def counted(function):
            def call(*arguments, **options):
                left[0] -= not harmless(*arguments, **options)
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*arguments, **options)

            return call

        for owner, name in calls:
            setattr(owner, name, counted(getattr(owner, name)))
        action()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status != 0
