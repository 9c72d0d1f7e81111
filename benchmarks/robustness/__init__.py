"""What mutated models do."""
