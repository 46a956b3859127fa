"""Is there anything to do? The settings, and the manifest of what the last build was made from.

Imports nothing slow: with nothing to do, the builder stops here.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError
from .store import read_json, recorded_digest

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

SOURCES, NOTEBOOKS, SOLUTIONS = "notebooks_src", "notebooks", "solutions"
TERMS = f"{SOURCES}/terms.csv"
MANIFEST = f"{SOLUTIONS}/manifest.json"
PICTURE = f"{SOLUTIONS}/picture.png"


@dataclass(frozen=True)
class Settings:
    """``[tool.praktikum]`` of pyproject.toml."""

    picture: str
    repository: str

    @classmethod
    def read(cls, root: Path) -> Settings:
        if not (root / SOURCES).is_dir():
            raise BuildError(f"there is no {SOURCES} here: run this in the folder of the course")
        try:
            table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise BuildError(f"pyproject.toml cannot be read: {error}") from None
        table = table.get("tool", {}).get("praktikum", {})
        return cls(table.get("picture", ""), os.environ.get("REPOSITORY") or table.get("repository", ""))


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def input_digests(root: Path, settings: Settings) -> dict[str, str]:
    """Digests of what the notebooks are made of: the builder with its settings, the README, sources, catalogues."""
    here = Path(__file__).parent
    folders = (here, here / "mistakes", here / "figures")
    builder = [path.read_bytes() for folder in folders for path in sorted(folder.glob("*.py"))]
    digests = {"praktikum": digest_of(repr(settings).encode() + b"".join(builder))}
    for path in [root / "README.md", *sorted((root / SOURCES).glob("*.md")), *(root / SOURCES).glob("*.csv")]:
        digests[path.stem] = digest_of(path.read_bytes())
    for folder, pattern in (("mistakes", "*.md"), ("figures", "*.py")):
        for path in sorted((root / SOURCES / folder).glob(pattern)):
            digests[f"{folder}/{path.stem}"] = digest_of(path.read_bytes())
    return digests


def is_up_to_date(root: Path, inputs: dict[str, str]) -> bool:
    """True if the manifest knows these inputs and every notebook is of the build that it describes."""
    manifest = read_json(root / MANIFEST) or {}
    notebooks = manifest.get("notebooks", {})
    return (
        manifest.get("inputs") == inputs
        and (root / PICTURE).exists()
        and all(_digest(root / name) == value for name, value in manifest.get("made", {}).items())
        and all(recorded_digest(read_json(root / name)) == value for name, value in notebooks.items())
    )


def _digest(path: Path) -> str:
    return digest_of(path.read_bytes()) if path.exists() else ""
