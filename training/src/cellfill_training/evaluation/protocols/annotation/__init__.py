"""How well cells of a study that trained nothing are named, beside trivial ways to name them."""
