"""The program: one file a command, each one call of the library."""

from __future__ import annotations

from cellfill_training.cli.program import app, main

__all__ = ["app", "main"]
