"""What new cells change about a model, in closed form."""
