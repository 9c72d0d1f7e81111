"""The wheel alone, and how large it is installed."""
