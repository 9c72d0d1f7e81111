"""Proteins counted beside RNA, as truth: which gene an antibody is of, and which cells carry its protein."""
