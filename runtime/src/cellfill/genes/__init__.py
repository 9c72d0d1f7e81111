"""Genes: what the columns of a dataset are, and what a name stands for."""
