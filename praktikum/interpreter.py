"""Which Python can run the course, and what to say to another one. Python 3.6 can read this file."""

import shutil
import subprocess

OLDEST, NEWEST = (3, 10), (3, 14)  # numpy and torch of requirements.txt have wheels for these


def complaint(version, newest=None):
    """One sentence on what is wrong with this version of Python and what to do; an empty string if it will do.

    A Python newer than ``newest`` is refused too, if that is given.
    """
    if tuple(version[:2]) >= OLDEST and not (newest and tuple(version[:2]) > newest):
        return ""
    there, oldest, newest = [".".join(map(str, one[:2])) for one in (version, OLDEST, NEWEST)]
    found = suitable()
    advice = f"Здесь есть {found}: make notebooks PYTHON={found}" if found else "Поставьте его с python.org."
    return f"Python {there} не подойдёт: практикуму нужен Python от {oldest} до {newest}. {advice}"


def suitable():
    """The name of a Python on the PATH that will do and works; None if there is none."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = f"python3.{minor}"
        if shutil.which(name):
            found = subprocess.Popen([name, "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if found.communicate()[0].startswith(f"Python 3.{minor}.".encode()):
                return name
    return None
