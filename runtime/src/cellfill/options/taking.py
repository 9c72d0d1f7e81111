"""A function takes the options of a call as keywords: an editor, `help` and a type checker see each of them."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import MISSING
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from cellfill.options.declared import Declared, Options, declared_in

P = ParamSpec("P")
Given = TypeVar("Given", bound=Options)
Given_co = TypeVar("Given_co", bound=Options, covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
R = TypeVar("R")

_WIDTH = 112
# The entry of a docstring's Parameters in whose place the options are written.
_ENTRY = "**options"


class Taking(Protocol[P, Given_co]):
    """Gives a function, whose last parameter is a frozen object of options, each of them as a keyword."""

    @overload
    def __call__(self, function: Callable[[A, Given_co], R], /) -> Callable[Concatenate[A, P], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, Given_co], R], /) -> Callable[Concatenate[A, B, P], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, Given_co], R], /) -> Callable[Concatenate[A, B, C, P], R]: ...


def taking(options: Callable[P, Given], /) -> Taking[P, Given]:
    """Return a decorator of a function whose last parameter is a frozen object of options.

    What it makes takes each of the options as a keyword. Where the function's docstring has an entry ``**options``,
    theirs stand in its place.

    Parameters
    ----------
    options
        The class of the options.
    """
    kind: Any = options
    declared = declared_in(kind)
    names = frozenset(option.name for option in declared)

    def taken_by(function: Callable[..., Any]) -> Any:
        own = inspect.signature(function)
        *first, last = own.parameters.values()
        signature = own.replace(parameters=[*first, *map(_parameter, declared)])

        @functools.wraps(function)
        def taken(*values: Any, **keywords: Any) -> Any:
            try:
                signature.bind(*values, **keywords)
            except TypeError as error:
                raise TypeError(f"{function.__name__}() {error}") from None
            given = {name: keywords.pop(name) for name in names & keywords.keys()}
            return function(*values, **keywords, **{last.name: kind(**given)})

        taken.__signature__ = signature  # type: ignore[attr-defined]
        taken.__doc__ = documented(function.__doc__, declared)
        return taken

    return taken_by


def documented(text: str | None, declared: tuple[Declared, ...]) -> str | None:
    """Return a docstring in which the options stand in the place of ``**options``."""
    if text is None:  # python -OO
        return None
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.strip() == _ENTRY:
            indent = line[: len(line) - len(line.lstrip())]
            end = number + 1
            while end < len(lines) and lines[end].startswith(indent + " "):
                end += 1
            entries = [row for option in declared for row in _entry(option, indent)]
            return "\n".join([*lines[:number], *entries, *lines[end:]])
    return text


def _entry(declared: Declared, indent: str) -> Iterator[str]:
    option = declared.option
    said = f"{option.text} {option.more}".strip()
    yield indent + declared.name
    yield from textwrap.wrap(
        said,
        _WIDTH,
        initial_indent=indent + "    ",
        subsequent_indent=indent + "    ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _parameter(declared: Declared) -> inspect.Parameter:
    return inspect.Parameter(
        declared.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if declared.default is MISSING else declared.default,
        annotation=declared.type,
    )
