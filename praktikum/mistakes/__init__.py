"""The catalogues of mistakes: read, run against the checks, and joined into the tables that the notebooks hold."""
