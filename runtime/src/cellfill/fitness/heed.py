"""A model that does not fit is said to whoever imputes with it: a warning, or an error where a fit is required."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from cellfill.errors import FitError, FitLimitsError

if TYPE_CHECKING:
    from cellfill.fitness.gate import Gate
    from cellfill.fitness.verdict import Verdict
    from cellfill.settings import Require

_PACKAGE = "cellfill"
_AGAIN = "Another model may fit (cellfill recommend); without --require (require=None) this one is used anyway."


class FitWarning(UserWarning):
    """The model does not fit the cells that it imputes, or fits them with limits; its values are given anyway."""


def heed(gate: Gate | None, require: Require | None) -> None:
    """Warn of a model that does not fit, or fits with limits; refuse it where more is required.

    Called before anything is written.

    Parameters
    ----------
    gate
        What a quick check found; None where there was none.
    require
        See `Settings`.

    Raises
    ------
    FitError
        When the model does not fit, and that is required.
    FitLimitsError
        When it is required to fit without limits and has some, or when there are too few cells to tell.
    """
    if require is not None:
        _refuse(gate, require)
    if gate is not None and gate.verdict != "fits":
        warnings.warn(warning_of(gate.verdict, " ".join(gate.reasons)), FitWarning, stacklevel=_level_of_caller())


def warning_of(verdict: Verdict, why: str) -> str:
    """Return what is said of a model that does not fit, or has limits."""
    said = "fits these cells with limits" if verdict == "fits with limits" else "does not fit these cells"
    return f"The model {said}. {why} See cellfill check."


def _refuse(gate: Gate | None, require: Require) -> None:
    asked = f"--require {require} (require={require!r}) asks for more, so nothing was imputed."
    if gate is None:
        raise FitLimitsError(
            f"Whether the model fits cannot be told: fewer than 20 of the cells can be looked at. {asked} {_AGAIN}"
        )
    why = " ".join(gate.reasons)
    if gate.verdict == "does not fit":
        raise FitError(f"The model does not fit these cells; {asked} {why} {_AGAIN}")
    if gate.verdict != "fits" and require == "fits":
        raise FitLimitsError(
            f"The model fits these cells with limits only; {asked} {why} --require limits takes it; {_AGAIN}"
        )


def _level_of_caller() -> int:
    """Return the stack level, as seen from this function's caller, of the code that called the package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    return level
