"""How cells lie in an embedding: types apart, batches mixed, beside the principal components of the same cells."""
