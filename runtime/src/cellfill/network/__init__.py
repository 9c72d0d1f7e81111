"""A graph that runs: where, how, and on which cells."""
