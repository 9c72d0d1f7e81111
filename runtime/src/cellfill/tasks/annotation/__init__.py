"""Cell types: what a cell is, as far as a model is sure, and whether it is any of the model's types at all."""
