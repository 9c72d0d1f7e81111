"""How much cellfill says when it is called from Python, in scanpy's manner."""

from __future__ import annotations

from enum import IntEnum

from cellfill.errors import UsageError


class Verbosity(IntEnum):
    """How much is said, on stderr; the same names and numbers as in scanpy.

    Attributes
    ----------
    error
        Errors alone: nothing is warned of, not even that a model does not fit.
    warning
        Warnings, too (the default).
    info
        And what a call is at, with the time left, and what it did.
    hint
        And how long each of its phases took.
    """

    error = 0
    warning = 1
    info = 2
    hint = 3


class Settings:
    """Settings of the package, for this process: ``cellfill.settings``."""

    __slots__ = ("_verbosity",)

    def __init__(self) -> None:
        self._verbosity = Verbosity.warning

    @property
    def verbosity(self) -> Verbosity:
        """How much calls say: 0 or ``"error"``, 1 or ``"warning"`` (the default), 2 or ``"info"``, 3 or ``"hint"``.

        The commands have ``--quiet`` instead.

        Raises
        ------
        UsageError
            When it is set to anything else.
        """
        return self._verbosity

    @verbosity.setter
    def verbosity(self, value: Verbosity | int | str) -> None:
        try:
            self._verbosity = Verbosity[value] if isinstance(value, str) else _numbered(value)
        except (KeyError, ValueError, TypeError):
            known = ", ".join(f"{level.value} ({level.name!r})" for level in Verbosity)
            raise UsageError(f"cellfill.settings.verbosity is {value!r}; it must be one of {known}.") from None

    def __repr__(self) -> str:
        return f"<cellfill.settings: verbosity {self.verbosity.value} ({self.verbosity.name!r})>"


def _numbered(value: object) -> Verbosity:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError
    return Verbosity(value.__index__())


settings = Settings()
