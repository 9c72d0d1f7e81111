"""Judge models that name and place cells, by the runtime's own path and beside what needs no such model."""
