"""DeepImpute's sub-networks: their genes, their program, their training, and what continues them."""
