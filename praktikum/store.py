"""What lies on the disk: notebooks with their digests, backups, writes that are whole or not at all.

Imports nothing but the standard library, since the way that finds nothing to do passes here.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from .learner import metadata

BACKUP = ".backup"


def read_json(path: Path) -> dict[str, Any] | None:
    """The notebook or manifest at ``path``; None if there is none or if it is not a JSON object."""
    try:
        return parse(path.read_bytes())
    except OSError:
        return None


def parse(content: bytes) -> dict[str, Any] | None:
    """The JSON object that a file holds; None if it holds something else."""
    try:
        parsed = json.loads(content.decode("utf-8-sig"))
        if b"\\ud" in content.lower():  # half a surrogate pair is JSON, but no file can hold it
            parsed = json.loads(json.dumps(parsed, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def dumps(content: Mapping[str, Any]) -> str:
    """JSON as nbformat writes it."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def sign(notebook: dict[str, Any], section: str, **facts: Any) -> None:
    """Note in the notebook which section it is, further facts, and the digest of its own content."""
    notebook["metadata"]["praktikum"] = {"section": section, **facts}
    notebook["metadata"]["praktikum"]["digest"] = digest(notebook)


def digest(notebook: Mapping[str, Any]) -> str:
    """Digest of everything in the notebook but the digest itself."""
    own = {key: value for key, value in metadata(notebook).items() if key != "digest"}
    content = dumps({**notebook, "metadata": {**notebook.get("metadata", {}), "praktikum": own}})
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def recorded_digest(notebook: Mapping[str, Any] | None) -> str | None:
    """The digest that the builder noted when it wrote this notebook."""
    return metadata(notebook or {}).get("digest")


def is_pristine(notebook: Mapping[str, Any] | None) -> bool:
    """True if the notebook is, to the last character, what the builder wrote."""
    return notebook is not None and bool(metadata(notebook)) and recorded_digest(notebook) == digest(notebook)


def keep_backup(path: Path) -> Path:
    """Copy an edited file, dated, into the ``.backup`` beside it; return the copy."""
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    copy = path.parent / BACKUP / f"{path.stem}.{stamp}{path.suffix}"
    attempt = 1
    while copy.exists():
        attempt += 1
        copy = copy.with_name(f"{path.stem}.{stamp}-{attempt}{path.suffix}")
    write_files({copy: path.read_bytes()})
    return copy


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write all the files, each whole or not at all: first beside their targets, then by renaming.

    Until every content is safely on the disk, no target is touched.
    """
    staged: list[tuple[str, Path]] = []
    try:
        for link, content in files.items():
            path = link.resolve()
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
            staged.append((temporary, path))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        for temporary, path in staged:
            os.replace(temporary, path)
    finally:
        for temporary, _ in staged:
            Path(temporary).unlink(missing_ok=True)
