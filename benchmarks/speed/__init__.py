"""Seconds and memory of imputing, beside the machine's floor and the original program."""
