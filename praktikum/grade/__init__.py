"""Check learners' notebooks: ``plan`` what to run, run it in a process (``runner``) that is watched (``watch``),
for one notebook or a whole class (``classroom``), and show the marks (``report``)."""
