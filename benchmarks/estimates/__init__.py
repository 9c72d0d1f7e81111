"""Which estimate, and what it does to marker genes, cell types and known truth."""
