"""What the value of an option must be: a share, a whole number; and numbers of numpy as those of Python."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from numbers import Real
from typing import Any, Protocol

from cellfill.errors import UsageError

_MOST = 2**31 - 1  # what files and libraries take for a number


class Check(Protocol):
    """What a value must be."""

    def __call__(self, name: str, value: Any, /) -> Any:
        """Return the value as plain Python.

        Raises
        ------
        UsageError
            When it is something else.
        """


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number, at least so many; of what, is said."""

    unit: str = ""
    least: int = 1

    def __call__(self, name: str, value: Any, /) -> int:
        """Return it; a truth is no number, of numpy neither. 2.0 is a whole number: R has no other 2."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        try:
            truth = isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")  # numpy 1: a number
            number = self.least - 1 if truth else operator.index(value)
        except TypeError:
            number = self.least - 1
        if number < self.least:
            unit = f" {self.unit}" if self.unit else ""
            raise UsageError(f"{name} is {value!r}; it must be a whole number, at least {self.least}{unit}.")
        if number > _MOST:
            raise UsageError(f"{name} is {value!r}; it must be at most {_MOST:,}.")
        return number


@dataclass(frozen=True, slots=True)
class Text:
    """A name."""

    def __call__(self, name: str, value: Any, /) -> str:
        """Return it."""
        if not isinstance(value, str):
            raise UsageError(f"{name} is {value!r}; it must be a name, a text.")
        return value


@dataclass(frozen=True, slots=True)
class Truth:
    """True or False, of numpy too."""

    def __call__(self, name: str, value: Any, /) -> bool:
        """Return it."""
        if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
            raise UsageError(f"{name} is {value!r}; it must be True or False.")
        return bool(value)


@dataclass(frozen=True, slots=True)
class Share:
    """A number from 0 to 1."""

    def __call__(self, name: str, value: Any, /) -> float:
        """Return it."""
        if not _is_real(value) or not 0 <= value <= 1:
            raise UsageError(f"{name} is {value!r}; it must be a share from 0 to 1.")
        return float(value)


@dataclass(frozen=True, slots=True)
class Inside:
    """A share between 0 and 1, neither of them."""

    def __call__(self, name: str, value: Any, /) -> float:
        """Return it."""
        if not _is_real(value) or not 0 < value < 1:
            raise UsageError(f"{name} is {value!r}; it must be a share above 0 and below 1, such as 0.9.")
        return float(value)


@dataclass(frozen=True, slots=True)
class BelowOne:
    """A count from 0 to below 1."""

    def __call__(self, name: str, value: Any, /) -> float:
        """Return it."""
        if not _is_real(value) or not 0 <= value < 1:
            raise UsageError(f"{name} is {value!r}; it must be a count from 0 to below 1.")
        return float(value)


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
