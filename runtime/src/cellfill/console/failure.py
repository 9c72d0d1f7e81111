"""A failure for machines: where ``--json`` is asked for, JSON says it, too."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from cellfill.console.printing import Stdout, print_json
from cellfill.errors import OutputError


def failure_record(text: str, code: int, error: object) -> dict[str, Any]:
    """Return what JSON says of a failure.

    Parameters
    ----------
    text
        The line that is said of it.
    code
        What the program exits with.
    error
        What was raised; one of a model that does not fit has a verdict.
    """
    verdict = getattr(error, "verdict", "")
    told = " ".join(text.removeprefix("Error: ").split())
    return {"exit_code": code, "error": told} | ({"verdict": verdict} if verdict else {})


def print_failure(text: str, code: int, error: object) -> None:
    """Print a failure as JSON in one line, where a person asked for JSON and got none yet; see `failure_record`."""
    asked = "--json" in sys.argv[1:]
    if asked and isinstance(sys.stdout, Stdout) and not sys.stdout.used:
        with suppress(OutputError):
            print_json(failure_record(text, code, error), in_one_line=True)
