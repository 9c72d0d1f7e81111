"""A model of a published network, from studies to folder."""
