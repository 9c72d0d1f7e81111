"""How well a new model names and places cells that it did not learn from."""
