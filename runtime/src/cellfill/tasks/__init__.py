"""What a model can do with cells. A task knows no file."""
