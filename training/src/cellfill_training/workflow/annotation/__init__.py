"""A model that names cells and places them, from labelled studies to folder."""
