"""``python -m cellfill_training.cli``: the program, where it is not on the path."""

from __future__ import annotations

from cellfill_training.cli.program import main

main()
