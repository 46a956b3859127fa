"""Command line: ``python -m praktikum build``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .build import build, check
from .errors import BuildError

DESCRIPTION = "Make the notebooks of the course from notebooks_src/*.md. Run it in the folder of the course."


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0 if all is well, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m praktikum", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "build",
        help="make notebooks/ and solutions/ (executed) wherever the sources have changed",
        description="Make notebooks/ (stubs) and solutions/ (executed) wherever the sources have changed. "
        "An edited notebook is copied to notebooks/.backup/ before it is replaced.",
    )
    command.add_argument("--check", action="store_true", help="change nothing, only say what is not up to date")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            lines = check(Path.cwd())
            print("\n".join(lines) or "everything is as the sources give it")
            return 1 if lines else 0
        lines = build(Path.cwd())
        print("\n".join(lines) or "nothing to do: the notebooks are up to date")
        return 0
    except BuildError as error:
        print(error, file=sys.stderr)
        print("nothing was written", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
