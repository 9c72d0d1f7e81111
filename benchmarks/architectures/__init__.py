"""One claim of each architecture's paper, tested on data at hand."""
