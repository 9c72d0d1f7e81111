"""From studies to the folder of a model: every step, in order."""
