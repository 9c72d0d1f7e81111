"""A model that does not fit is said to whoever imputes with it: a warning, or an error where a fit is required."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Literal

from cellfill.errors import FitError, FitLimitsError
from cellfill.progress import Verbosity, settings

if TYPE_CHECKING:
    from cellfill.fitness.gate import Gate
    from cellfill.fitness.verdict import Verdict

# What a model must do on the cells, or nothing is done with it; "limits" takes one that fits, too.
Require = Literal["fits", "limits"]

_PACKAGE = "cellfill"
_AGAIN = "Another model may fit (cellfill recommend); without --require this one is used anyway."


UNTRIED = "Fewer than 20 of the cells can be looked at, so that nothing says whether the model fits them."

# Why nothing was tried where nobody asked for it, which needs no warning: imputing, and naming cells.
NOT_ASKED_FOR = "It was not asked for."
NOT_LOOKED_AT = "Whether these are cells of the model's types was not looked at."


class FitWarning(UserWarning):
    """The model does not fit the cells, fits with limits, could not be tried, or leaves some of what was asked for.

    It is used on them anyway.
    """


def heed(gate: Gate | None, require: Require | None, *, asked: bool) -> None:
    """Warn of a model that does not fit, fits with limits or could not be tried; refuse it where more is required.

    Called before anything is written.

    Parameters
    ----------
    gate
        What a quick check found; None where there was none.
    require
        What the model must do on these cells; None to go on anyway.
    asked
        Whether a check was asked for.

    Raises
    ------
    FitError
        When the model does not fit, and that is required.
    FitLimitsError
        When it is required to fit without limits and has some, or when there are too few cells to tell.
    """
    verdict: Verdict = "not tested" if gate is None else gate.verdict
    why = UNTRIED if gate is None else " ".join(gate.reasons)
    refuse_unfit(verdict, why, require, doing="imputed")
    if verdict != "fits" and (gate is not None or asked):
        warn(warning_of(verdict, why))


def refuse_unfit(verdict: Verdict, why: str, require: Require | None, *, doing: str) -> None:
    """Refuse a model that does less on the cells than is required of it; call it before anything is written.

    Parameters
    ----------
    verdict, why
        What was found, and the sentences that say so.
    require
        What the model must do on these cells; None to go on anyway.
    doing
        What would be done with the cells: imputed, named, placed.

    Raises
    ------
    FitError
        When the model does not fit, and that is required.
    FitLimitsError
        When it is required to fit without limits and has some, or when nothing could be told.
    """
    if require is None or verdict == "fits":
        return
    asked = f"--require {require} asks for more, so nothing was {doing}."
    if verdict == "not tested":
        error = FitLimitsError(f"Whether the model fits cannot be told. {why} {asked} {_AGAIN}")
        error.verdict = verdict
        raise error
    if verdict == "does not fit":
        raise FitError(f"The model does not fit these cells; {asked} {why} {_AGAIN}")
    if require == "fits":
        raise FitLimitsError(
            f"The model fits these cells with limits only; {asked} {why} --require limits takes it. {_AGAIN}"
        )


def warn(said: str) -> None:
    """Warn of the use of a model, of nothing where the text is empty."""
    if said and settings.verbosity >= Verbosity.warning:
        warnings.warn(said, FitWarning, stacklevel=_level_of_caller())


def warn_unfit(verdict: Verdict, why: str) -> None:
    """Warn of a model that does not fit the cells that it was used on, has limits, or could not be tried."""
    warn("" if is_as_asked(verdict, why) else warning_of(verdict, why))


def is_as_asked(verdict: Verdict, why: str) -> bool:
    """Return whether there is nothing to warn of: the model fits, or nobody asked whether it does."""
    return verdict == "fits" or why in (NOT_ASKED_FOR, NOT_LOOKED_AT)


def warning_of(verdict: Verdict, why: str) -> str:
    """Return what is said of a model that does not fit, has limits, or could not be tried."""
    if verdict == "not tested":
        return f"The model could not be tried on these cells. {why}"
    said = "fits these cells with limits" if verdict == "fits with limits" else "does not fit these cells"
    to_do = " Look for another model: cellfill recommend." if verdict == "does not fit" else ""
    return f"The model {said}. {why}{to_do} See cellfill check."


def _level_of_caller() -> int:
    """Return the stack level, as seen from this function's caller, of the code that called the package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    return level
