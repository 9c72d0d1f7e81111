"""What the numbers of a dataset are: counts or not, where they are, and how to have them back; size factors."""
