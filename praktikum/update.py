"""Bring the new version of the course into a clone whose notebooks have been worked in.

Nothing is changed before it is certain that all of it can be: git itself is asked, on a copy of its index.
Then each edited notebook is copied to ``.backup`` and replaced by the new one with the answers in it, and
only after that git moves the branch. Killed at any moment, the same command goes on from there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .carry import carry_file, predecessor
from .errors import BuildError, UnfinishedError
from .manifest import MANIFEST, NOTEBOOKS, PICTURE, SOLUTIONS
from .store import dumps, keep_backup, read_json, recorded_digest, write_files

UNFINISHED = (
    *("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply"),
    "index.lock",
)
GENERATED = {MANIFEST, PICTURE}
OWN_COMMITS = """в вашей ветке есть свои коммиты ({count}), которых нет в {upstream}. Если в них только ответы:
    git branch my-answers                                  (сохранит эти коммиты под именем)
    git reset --mixed $(git merge-base HEAD {upstream})    (файлы останутся как есть)
    make update"""


def update(root: Path) -> list[str]:
    """Fetch the new version and bring it in; return what was done, a line each, nothing if there is none.

    Raises BuildError, with everything left as it was, if something is there that is not understood.
    """
    upstream = _upstream(root)
    try:
        _git(root, "fetch", "--quiet")
    except BuildError as error:
        raise BuildError(f"новую версию получить не удалось, проверьте сеть и адрес (git remote -v). {error}") from None
    target = _git(root, "rev-parse", upstream).strip()
    ahead, behind = _git(root, "rev-list", "--left-right", "--count", f"HEAD...{target}").split()
    if behind == "0":
        return []
    if ahead != "0":
        raise BuildError(OWN_COMMITS.format(count=ahead, upstream=upstream))
    change = _understood(root, target)
    _ask_git(root, target, change)

    lines, files = [], {}
    for name in change.edited:
        files[root / name], line = _new_version(root, name, target)
        lines.append(line)
    for name in change.gone:
        lines.append(f"{name}: этого раздела больше нет, ваша тетрадь — {keep_backup(root / name).relative_to(root)}")
    for name, former in change.renamed.items():
        if carried := carry_file(root / former, _blob(root, name, target)):
            files[root / name] = dumps(carried.notebook).encode()
            lines.append(f"{name}: ваши ответы перенесены сюда из {former}")
    write_files(files)
    for name in change.gone:
        (root / name).unlink()
    try:
        _point_index_at(root, target, change.there)
        _git(root, "merge", "--quiet", "--ff-only", "--no-overwrite-ignore", "--no-verify-signatures", target)
    except BuildError as error:
        raise UnfinishedError(f"{error}\nответы на местах, ничего не потеряно; повторите make update") from None
    return [*lines, f"Практикум обновлён: {_git(root, 'log', '-1', '--format=%h %s').strip()}"]


@dataclass(frozen=True)
class _Change:
    """What stands between a learner's files and the new version.

    ``edited``: notebooks that both have changed. ``gone``: edited notebooks that the new version has no more;
    ``renamed`` gives for a new notebook the one of these whose exercises it holds. ``arrived``: files that are those
    of the new version already, since an update was killed.
    """

    edited: list[str]
    gone: list[str]
    renamed: dict[str, str]
    arrived: list[str]

    @property
    def there(self) -> list[str]:
        """The files that git has to leave alone."""
        return [*self.edited, *self.renamed, *self.arrived]


def _git(root: Path, *arguments: str, stdin: str | None = None, **environment: str) -> str:
    """What git prints; raises BuildError with what it says if it refuses."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env={**os.environ, **environment},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
        )
    except FileNotFoundError:
        raise BuildError("не найдена программа git, без неё обновить практикум нельзя") from None
    if done.returncode:
        raise BuildError(f"Что сказал git {arguments[0]}: {done.stderr.strip() or 'ничего'}")
    return done.stdout


def _upstream(root: Path) -> str:
    """The name of the branch that this clone follows. Raises BuildError if the clone is in no state to follow it."""
    try:
        top = Path(_git(root, "rev-parse", "--show-toplevel").strip())
    except BuildError as error:
        raise BuildError(f"это не клон git: {error}") from None
    if top.resolve() != root.resolve():
        raise BuildError(f"запустите команду в папке практикума, корень клона — {top}")
    for name in UNFINISHED:
        if (root / _git(root, "rev-parse", "--git-path", name).strip()).exists():
            raise BuildError(f"в клоне не закончено другое действие git ({name}): {_what_to_do(name)}")
    if _git(root, "ls-files", "--unmerged"):
        raise BuildError("в клоне есть неразрешённые конфликты: git status скажет, в каких файлах")
    try:
        return _git(root, "rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}").strip()
    except BuildError:
        raise BuildError("у этой ветки нет источника обновлений: git branch --set-upstream-to=origin/main") from None


def _what_to_do(name: str) -> str:
    if name == "index.lock":
        return "дождитесь его, а если git сейчас не работает, удалите файл .git/index.lock"
    return "закончите или отмените его"


def _understood(root: Path, target: str) -> _Change:
    """What has to be done.

    Raises BuildError if there are other edited files, something in the index that is not of ``target``, or files of
    the learner's where the new version has files of its own.
    """
    changed = _names(_diff(root, "HEAD", target))
    new, removed = (_names(_diff(root, f"--diff-filter={kind}", "HEAD", target)) for kind in "AD")
    arrived = {name for name in changed - removed if (root / name).is_file() and _is_of(root, name, target)}
    if staged := _names(_diff(root, "--cached", "HEAD")) & _names(_diff(root, "--cached", target)):
        raise BuildError(f"в индексе git есть ваши изменения ({_some(staged)}); снимите их: git restore --staged .")
    dirty = {name for name in _names(_diff(root)) - arrived if (root / name).exists()}
    edited = {name for name in dirty if re.fullmatch(rf"({NOTEBOOKS}|{SOLUTIONS})/[^/]+\.ipynb", name)}
    if others := dirty - edited - GENERATED:
        raise BuildError(f"изменены не только тетради: {_some(others)}; спрячьте эти правки: git stash push -- файл")
    there = {name for name in new - arrived if (root / name).exists()}
    known = {name for name in there if recorded_digest(read_json(root / name))}
    notebooks = {name for name in new - there if name.startswith(f"{NOTEBOOKS}/")}
    if taken := there - known:
        raise BuildError(f"в новой версии есть файлы, на месте которых лежат ваши: {_some(taken)}; переименуйте их")
    return _Change(
        edited=sorted((edited | known | dirty & GENERATED) & changed - removed),
        gone=sorted(edited & removed),
        renamed=_renamed(root, target, edited & removed, notebooks),
        arrived=sorted(arrived),
    )


def _renamed(root: Path, target: str, gone: set[str], new: set[str]) -> dict[str, str]:
    candidates = [root / name for name in sorted(gone) if name.startswith(f"{NOTEBOOKS}/")]
    found = {name: predecessor(_blob(root, name, target), candidates) for name in sorted(new) if candidates}
    return {name: former.relative_to(root).as_posix() for name, former in found.items() if former}


def _diff(root: Path, *arguments: str) -> str:
    return _git(root, "diff", "--name-only", "--no-renames", "-z", *arguments)


def _names(listing: str) -> set[str]:
    return set(listing.split("\0")) - {""}


def _some(names: set[str]) -> str:
    first = sorted(names)[:3]
    return ", ".join(first) + (f" и ещё {len(names) - 3}" if len(names) > 3 else "")


def _is_of(root: Path, name: str, target: str) -> bool:
    """True if the file is, to the last byte, that of ``target``."""
    try:
        return _git(root, "rev-parse", "--verify", f"{target}:{name}") == _git(root, "hash-object", "--", name)
    except BuildError:
        return False


def _ask_git(root: Path, target: str, change: _Change) -> None:
    """Raises BuildError if git would refuse to go to ``target`` once the change is made.

    Changes nothing: it is all done on copies of the index.
    """
    with tempfile.TemporaryDirectory() as folder:
        index, start = {"GIT_INDEX_FILE": f"{folder}/index"}, {"GIT_INDEX_FILE": f"{folder}/start"}
        shutil.copy(root / _git(root, "rev-parse", "--git-path", "index").strip(), index["GIT_INDEX_FILE"])
        _point_index_at(root, target, change.there, **index)
        _git(root, "read-tree", "HEAD", **start)
        for copy in (index, start) if change.gone else ():
            _git(root, "update-index", "--force-remove", "--", *change.gone, **copy)
        _git(root, "read-tree", "--dry-run", "-m", "-u", _git(root, "write-tree", **start).strip(), target, **index)


def _point_index_at(root: Path, target: str, names: list[str], **environment: str) -> None:
    """Let the index hold these files as ``target`` has them: then git leaves the files themselves alone."""
    if names:
        gone = "".join(f"0 {'0' * 40}\t{name}\0" for name in names)
        there = _git(root, "ls-tree", "-r", "-z", target, "--", *names)
        _git(root, "update-index", "-z", "--index-info", stdin=gone + there, **environment)


def _new_version(root: Path, name: str, target: str) -> tuple[bytes, str]:
    """What to write in place of an edited file, which is in the backup before this returns; and what to say."""
    new = _blob(root, name, target)
    copy = keep_backup(root / name).relative_to(root)
    carried = carry_file(root / name, new) if name.startswith(f"{NOTEBOOKS}/") else None
    if carried:
        other = "; то, что вы меняли в ячейках практикума, осталось только там" if carried.other_edits else ""
        return dumps(carried.notebook).encode(), f"{name}: ваши ответы на месте, прежняя тетрадь — {copy}{other}"
    return new, f"{name}: новая версия, ваша — {copy}"


def _blob(root: Path, name: str, target: str) -> bytes:
    """A file as ``target`` has it."""
    command = ["git", "cat-file", "blob", f"{target}:{name}"]
    return subprocess.run(command, cwd=root, check=True, capture_output=True).stdout
