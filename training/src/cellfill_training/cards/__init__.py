"""The page of a model for people: what is said of it, and what its figures say."""
