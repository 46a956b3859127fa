"""Open the course in JupyterLab."""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

from .errors import BuildError
from .manifest import NOTEBOOKS

FIRST_PORT, PORTS = 8888, 50
TAKEN = (errno.EADDRINUSE, 10013, 10048)  # the numbers are those of Windows
FAREWELLS = ("Shutting down", "Shutdown confirmed", "received signal", "interrupted")
# No questions and no news in a learner's first minute.
SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
AS_ROOT = "Вы работаете как root: в контейнере и в Codespaces так и бывает, на своей машине лучше обычный пользователь."


def lab(root: Path, ip: str, port: int | None, browser: bool) -> None:
    """Serve ``root`` in JupyterLab, with the first notebook open, until it is interrupted.

    Raises BuildError if ``port`` is taken; if it is None, the first free one is used.
    """
    from jupyterlab.labapp import LabApp

    if port and not _is_free(ip, port):
        raise BuildError(f"порт {port} занят: может быть, JupyterLab уже запущен? Без --port найдётся свободный")
    ports = [port] if port else [number for number in range(FIRST_PORT, FIRST_PORT + PORTS) if _is_free(ip, number)]
    if not ports:
        raise BuildError(f"порты {FIRST_PORT}–{FIRST_PORT + PORTS - 1} заняты: закройте лишние JupyterLab")
    token = os.environ.get("JUPYTER_TOKEN") or secrets.token_hex(24)
    start = f"/lab/tree/{NOTEBOOKS}/00_start.ipynb"
    arguments = [
        f"--ServerApp.root_dir={root}",
        f"--ServerApp.ip={ip}",
        f"--ServerApp.port={ports[0]}",
        "--ServerApp.port_retries=0",
        "--ServerApp.base_url=/",
        "--ServerApp.certfile=",
        "--ServerApp.keyfile=",
        "--ServerApp.use_redirect_file=False",  # a browser in a box cannot read the file
        f"--ServerApp.open_browser={browser}",
        "--ServerApp.answer_yes=True",  # Ctrl+C ends it without a question
        f"--IdentityProvider.token={token}",
        f"--LabApp.default_url={start}",
        "--Application.log_level=ERROR",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--ServerApp.allow_root=True")
        print(AS_ROOT)
    host = "localhost" if ip == "0.0.0.0" else ip
    address = f"http://{host}:{ports[0]}{start}?token={quote(token)}"
    threading.Thread(target=_announce, args=(host, ports[0], address), daemon=True).start()
    _keep_terminal_clean()
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # a terminal in JupyterLab is not a part of `make lab`
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as settings:
        (Path(settings) / "overrides.json").write_text(json.dumps(SETTINGS))
        LabApp.launch_instance([*arguments, f"--LabApp.app_settings_dir={settings}"])


def _is_free(ip: str, port: int) -> bool:
    with socket.socket() as probe:
        if os.name == "posix":  # as the server does: what has just been closed there is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except OSError as error:
            if error.errno in TAKEN:
                return False
            raise BuildError(f"по адресу {ip}, порт {port}, JupyterLab не открыть: {error.strerror}") from None
    return True


def _keep_terminal_clean() -> None:
    """From now on kernels complain to nobody: what concerns a learner stands in the notebook. Nor does JupyterLab,
    which runs here, say farewell; its errors are shown.
    """
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    logging.getLogger("ServerApp").addFilter(lambda record: not str(record.msg).startswith(FAREWELLS))


def _announce(host: str, port: int, address: str) -> None:
    """Say where the course is as soon as it can be reached there."""
    print("JupyterLab запускается…", flush=True)
    while True:
        time.sleep(0.2)
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                break
    print(f"Практикум открыт: {address}")
    print("Если браузер не открылся сам, откройте этот адрес. Закончить: Ctrl+C.", flush=True)
