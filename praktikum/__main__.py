"""Command line: ``python -m praktikum COMMAND``. Python 3.6 can read this file, and so say what to do."""

import sys

from .interpreter import complaint


def main(arguments=None):
    """Run the command line; return 0 if all is well, 1 if not, 2 if the arguments were not understood."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that knows no ✅ must not cost the report
    problem = complaint(sys.version_info)
    if problem:
        sys.stderr.write(problem + "\n")
        return 1
    from .cli import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
