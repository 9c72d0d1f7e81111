"""Seconds and memory of a training, and how soon it is as accurate as the original program."""
