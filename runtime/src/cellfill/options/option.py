"""What is said of an option, beside its type and default: what it does, its bounds, its name on a command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cellfill.options.checks import Check

# Headings of options in --help, in their order; others come after them.
GROUPS = ("What most need", "Your data", "Model", "Result", "Machine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """How a command line says an option other than it is said in Python.

    Attributes
    ----------
    flag
        Its name there; by default that in Python, with dashes.
    type
        Of its value there; by default that in Python.
    metavar
        What stands for the value in --help.
    parse
        Makes the value of Python from that of the command line.
    more
        What --help says after the option's text.
    """

    flag: str | None = None
    type: Any = None
    metavar: str | None = None
    parse: Callable[[Any], Any] | None = None
    more: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """What stands in ``Annotated`` beside the type of an option.

    Attributes
    ----------
    text
        What it does, in plain words: --help and docstrings say this first.
    group
        Its heading in --help.
    more
        What docstrings say, too.
    check
        What its value must be, where the type does not say it; None is a value always where it is the default.
    shell
        How a command line says it; None where only Python has it.
    alters
        Whether another value may give other results: two runs that differ in it are not the same.
    recorded
        Whether the record of a result says it.
    """

    text: str
    group: str
    more: str = ""
    check: Check | Callable[[str, Any], Any] | None = None
    shell: Shell | None = Shell()
    alters: bool = True
    recorded: bool = False
