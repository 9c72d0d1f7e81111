"""Which genes a method helps, with a test that counts the genes."""
