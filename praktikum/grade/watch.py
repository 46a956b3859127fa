"""Run a plan in a process of its own, with limits of time and memory, and bring back a verdict for each exercise.

An answer that hangs, kills its process or eats the memory costs its own exercise: the rest is run again without it.
Nothing here but psutil is imported from outside the standard library, so that any worker of a cluster can do it.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

MEMORY = 2_000_000_000  # bytes for one notebook: twice what a solved section needs
PROCESSES = 16
START = 120  # seconds in which python and torch have to be there
POLL = 0.25  # seconds between two looks at the memory
OUTPUT = 1_000_000  # bytes of messages: verdicts of a whole section are some kilobytes
LIMITS = 3  # so many steps of one notebook may run out of time
MARKS, LONGEST = ("✅", "❌", "⏳"), 1000
PARTS = ("mark", "hint", "mistake", "observation")  # of a verdict, as the runner names them


class Stopped(Exception):
    """The process did not get to its end; the message says why."""


class OutOfTime(Stopped):
    """One step took longer than a step may."""


def run_plan(task: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """``{exercise: (mark, hint, mistake, observation)}`` for each check among the task's steps; the last two may lack.

    ``task`` holds ``runner`` (the source of runner.py), ``kit``, ``steps`` and ``timeout``, seconds for one step.
    """
    steps = list(task["steps"])
    verdicts: dict[str, tuple[str, ...]] = {}
    why = f"тетрадь {LIMITS} раза не уложилась в отведённое время"
    limits = 0
    while limits < LIMITS:
        steps = [step for step in steps if step["kind"] != "check" or step["exercise"] not in verdicts]
        while steps and steps[-1]["kind"] != "check":
            steps.pop()
        if not steps:
            return verdicts
        stopped_at = None
        try:
            for message in _messages({**task, "steps": steps}):
                if "begins" in message:
                    stopped_at = steps[message["begins"]]
                elif stopped_at and message["exercise"] == stopped_at["exercise"]:
                    verdicts[message["exercise"]] = tuple(message.get(part, "") for part in PARTS)
        except Stopped as reason:
            limits += isinstance(reason, OutOfTime)
            if stopped_at is None or stopped_at["kind"] in ("course", "absent"):
                why = f"{'ячейка практикума' if stopped_at else 'запуск ядра'}: {reason}"
                break
            if stopped_at["exercise"]:
                verdicts[stopped_at["exercise"]] = ("❌", f"ответ {reason}")
            if stopped_at["kind"] == "learner":
                steps.remove(stopped_at)
        else:
            why = "ядро не ответило"
            break
    for step in steps:
        if step["kind"] == "check":
            verdicts.setdefault(step["exercise"], ("❌", f"не проверено: {why}"))
    return verdicts


def _messages(task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the runner says, message by message, until it ends. Raises Stopped if it does not get there."""
    token = secrets.token_hex(16)
    sent = {"token": token, "memory": MEMORY, "path": _path(), "kit": task["kit"], "steps": task["steps"]}
    with _process(task["runner"]) as process:
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(process, token, lines), daemon=True).start()
        with suppress(OSError):
            process.stdin.write(json.dumps(sent))
            process.stdin.close()
        deadline = time.monotonic() + START
        while True:
            try:
                line = lines.get(timeout=POLL)
            except queue.Empty:
                _look_at(process)
                if time.monotonic() > deadline:
                    raise OutOfTime(f"не уложился в {task['timeout']:g} с") from None
                continue
            if not line:
                raise Stopped("остановил ядро")
            message = json.loads(line)
            if message.get("ends"):
                return
            texts = [message.get(part, "") for part in PARTS]
            if "begins" not in message and (texts[0] not in MARKS or len(max(texts, key=len)) > LONGEST):
                raise Stopped("вмешался в проверку")
            deadline = time.monotonic() + task["timeout"]
            yield message


@contextmanager
def _process(runner: str) -> Iterator[subprocess.Popen[str]]:
    """The process of one notebook, in an empty folder; when this ends, it and its children are gone."""
    environment = {**os.environ, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        program = Path(folder) / "runner.py"
        program.write_text(runner, encoding="utf-8")
        work = Path(folder) / "work"
        work.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(program)],
            cwd=work,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        try:
            yield process
        finally:
            for one in _tree(process):
                with suppress(psutil.Error):
                    one.kill()
            process.wait()


def _path() -> list[str]:
    """Where Python finds its packages; not this one, since answers must not read the course."""
    return [path for path in sys.path if path and not (Path(path) / "praktikum").is_dir()]


def _tree(process: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        root = psutil.Process(process.pid)
        return [*root.children(recursive=True), root]
    except psutil.Error:
        return []


def _look_at(process: subprocess.Popen[str]) -> None:
    """Raises Stopped if the process with its children has outgrown its limits."""
    tree = _tree(process)
    memory = 0
    for one in tree:
        with suppress(psutil.Error):
            memory += one.memory_info().rss
    if memory > 1.5 * MEMORY:  # the process's own limit comes first where there is one, so that hints do not vary
        raise Stopped(f"занял больше {MEMORY / 1e9:g} ГБ памяти")
    if len(tree) > PROCESSES:
        raise Stopped(f"запустил больше {PROCESSES} процессов")


def _read(process: subprocess.Popen[str], token: str, lines: queue.Queue[str]) -> None:
    """Hand over what the runner wrote, without the token; an empty string is the end."""
    left = OUTPUT
    with suppress(OSError, ValueError), process.stdout:
        while left > 0 and (line := process.stdout.readline(left)):
            left -= len(line)
            if line.startswith(token) and line.endswith("\n"):
                lines.put(line[len(token) :])
    lines.put("")
