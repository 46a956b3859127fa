"""The drawings of the chapters: ``drawings.py`` knows which there are, ``child.py`` makes them."""
