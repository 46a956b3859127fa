"""Run the claims of the sections that are named, or of all."""

import sys

from . import claims, line, scripts

for script in scripts(sys.argv[1:]):
    print(f"# {script.__name__.rpartition('.')[2]}", flush=True)
    for claim in claims(script):
        print(line(claim), flush=True)
