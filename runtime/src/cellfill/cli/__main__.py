"""``python -m cellfill.cli``: the program, where it is not on the path."""

from __future__ import annotations

from cellfill.cli.program import main

main()
