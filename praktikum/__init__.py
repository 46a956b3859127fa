"""The practicum's own program: it sets up, opens, builds, updates and grades the course.

``__main__.py`` and ``interpreter.py`` answer an old Python, ``cli.py`` has the commands, and each command a module of
its own: ``install.py``, ``lab.py``, ``progress.py``, ``cards.py``, ``update.py``, ``grade/`` and ``build.py``.

The builder makes stub and solved notebooks of Markdown sections. Data flows one way, one module per step::

    source.py    read a section: Jupytext's cells with their places in the file
    solution.py  cut a solution out of an exercise, or the markers away from it
    lint.py      refuse what could go wrong silently
    figures/     draw the pictures of its chapter (carried.py: cells of earlier sections, stops.py, terms.py,
                 questions.py)
    render.py    a section as a stub notebook and as a solved one
    reuse.py     outputs that need not be computed again
    execute.py   run the solved notebooks
    readme.py    the table of sections in the README
    manifest.py  is there anything to do?
    carry.py     a learner's work from an old notebook into the new one (learner.py knows which cell is which)
    store.py     what lies on the disk: digests, backups, atomic writes
    build.py     all of it in its order
"""

import sys

# jsonschema, which nbformat imports, compiles a grammar of URIs where it finds one: a second of each start.
sys.modules.setdefault("rfc3987_syntax", None)
