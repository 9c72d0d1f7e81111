"""How good a new model is: cells that it did not learn from, beside trivial baselines."""
