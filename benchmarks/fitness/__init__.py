"""Whether `check` and `recommend` tell the truth, and what they cost."""
