"""How things are said: as JSON, in a notebook, and why something failed."""
