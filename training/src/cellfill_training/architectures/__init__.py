"""What is trained: a folder an architecture."""
