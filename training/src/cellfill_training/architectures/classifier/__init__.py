"""Cell types: a small network on log counts that bears missing genes, shallow cells and other chemistries."""
