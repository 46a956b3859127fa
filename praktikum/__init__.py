"""The builder of the practicum: Markdown sections in, stub and solved notebooks out.

Data flows one way, one module per step::

    source.py    read a section: Jupytext's cells with their places in the file
    solution.py  cut a solution out of an exercise, or the markers away from it
    lint.py      refuse what could go wrong silently
    render.py    a section as a stub notebook and as a solved one
    execute.py   run the solved notebooks
    readme.py    the table of sections in the README
    manifest.py  is there anything to do?
    store.py     what lies on the disk: digests, backups, atomic writes
    build.py     all of it in its order
"""
