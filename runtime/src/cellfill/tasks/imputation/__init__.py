"""Impute: options, what is prepared once a dataset, what is done to a block, the record."""
