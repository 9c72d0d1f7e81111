"""A model as one file: what it is trained on, how, and what a person says of it."""
