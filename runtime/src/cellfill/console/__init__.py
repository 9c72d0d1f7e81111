"""What both command lines share: what is printed, errors as one line and an exit code, signals, progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.console.printing import out, print_json, say
from cellfill.console.showing import shown, shown_in_line
from cellfill.console.watching import progress, told

if TYPE_CHECKING:
    from cellfill.console.failure import failure_record
    from cellfill.console.listed import Listed
    from cellfill.console.program import errors_as_messages, new_app, run, said_of
    from cellfill.console.scratch import nothing_below_home

__all__ = [
    "Listed",
    "errors_as_messages",
    "failure_record",
    "new_app",
    "nothing_below_home",
    "out",
    "print_json",
    "progress",
    "run",
    "said_of",
    "say",
    "shown",
    "shown_in_line",
    "told",
]

# What reads typer, which calls from Python need not.
_HOMES = {
    "Listed": "listed",
    "errors_as_messages": "program",
    "failure_record": "failure",
    "new_app": "program",
    "nothing_below_home": "scratch",
    "run": "program",
    "said_of": "program",
}


def __getattr__(name: str) -> Any:
    """Read what is of programs when one asks for it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cellfill.console' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"cellfill.console.{_HOMES[name]}"), name)
