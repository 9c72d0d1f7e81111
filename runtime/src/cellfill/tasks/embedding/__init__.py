"""Embeddings: where cells lie among the cells that trained a model, and the batches that they came in."""
