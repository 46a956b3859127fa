"""What the builder says when it refuses to go on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake at one place of a source file."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class BuildError(Exception):
    """The build cannot go on; nothing has been written.

    ``problems`` holds every mistake that was found, not only the first.
    """

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class UnfinishedError(BuildError):
    """The same, but something has been done already; nothing is lost, and the message says how to go on."""
