"""What several test files need."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from praktikum.source import Section, read_section

ROOT = Path(__file__).parent.parent
for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # the tests run make as a person does, also below `make test`
    os.environ.pop(name, None)


@cache
def read_course() -> list[Section]:
    """All sections of the course."""
    return [read_section(path, path) for path in sorted((ROOT / "notebooks_src").glob("*.md"))]
