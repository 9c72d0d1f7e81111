"""A model that imputes, from studies to folder."""
