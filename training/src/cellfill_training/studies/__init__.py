"""What is trained on: studies as they are read, brought onto one gene index."""
