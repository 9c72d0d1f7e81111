"""Options of a model that trains in seconds."""

TINY = {
    "group_size": 120,
    "hidden": 24,
    "max_targets": 300,
    "min_detection": 0.05,
    "min_genes": 50,
    "max_epochs": 6,
}
