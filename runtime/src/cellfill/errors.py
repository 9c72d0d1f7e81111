"""Every error that cellfill raises on purpose.

``CellfillError``
├── ``UsageError``               (ValueError)         an option has a value that means nothing
├── ``DataError``                (ValueError)         the user's data cannot be used
│   ├── ``CountsError``                               the matrix does not hold raw counts
│   └── ``GeneMatchError``                            dataset and model share too few genes
│       └── ``SpeciesError``                          they are of different species
├── ``DataNotFoundError``        (FileNotFoundError)  there is no such data file
├── ``OutputError``              (OSError)            the result could not be written
│   └── ``OutputExistsError``    (FileExistsError)    the result would overwrite a file
├── ``BundleError``              (ValueError)         a model bundle is malformed
│   ├── ``BundleIntegrityError``                      a file is not the one the manifest names
│   ├── ``GraphRefusedError``                         the graph holds what no model needs
│   └── ``BundleVersionError``                        written for another version of cellfill
├── ``BundleNotFoundError``      (FileNotFoundError)  there is no bundle at that place
├── ``ModelNotFoundError``       (LookupError)        no folder, alias or Hub model has that name
├── ``LockError``                (ValueError)         a model is not the one that the lock file names
├── ``HubError``                 (ConnectionError)    the Hub refused
│   ├── ``HubUnreachableError``                       it does not answer, or asks to wait
│   └── ``OfflineError``                              it is needed, and may not be asked
├── ``FitError``                 (ValueError)         the model does not fit, and ``require`` asks for one that does
│   └── ``FitLimitsError``                            it fits with limits only, or that cannot be told
├── ``TaskError``                (ValueError)         the model was not made for that task
├── ``EstimateError``            (ValueError)         the model cannot give that estimate
├── ``DeviceError``              (RuntimeError)       the model cannot run on that device
└── ``MissingDependencyError``   (ImportError)        an extra is not installed

A message says what is wrong, what it means, and what to try next. ``exit_code`` is what the command line
exits with: 2 usage, 3 data, 4 model, 5 installation, 6 output, 7 Hub, 8 and 9 the fit.

What is said of a model that does not fit, where nothing is required, is a warning: ``cellfill.FitWarning``.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "BundleError",
    "BundleIntegrityError",
    "BundleNotFoundError",
    "BundleVersionError",
    "CellfillError",
    "CountsError",
    "DataError",
    "DataNotFoundError",
    "DeviceError",
    "EstimateError",
    "FitError",
    "FitLimitsError",
    "GeneMatchError",
    "GraphRefusedError",
    "HubError",
    "HubUnreachableError",
    "LockError",
    "MissingDependencyError",
    "ModelNotFoundError",
    "OfflineError",
    "OutputError",
    "OutputExistsError",
    "SpeciesError",
    "TaskError",
    "UsageError",
]


class CellfillError(Exception):
    """Root of every error that cellfill raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(CellfillError, ValueError):
    """An option has a value that means nothing."""

    exit_code = 2


class DataError(CellfillError, ValueError):
    """The dataset cannot be used."""

    exit_code = 3


class CountsError(DataError):
    """The matrix does not hold raw counts."""


class GeneMatchError(DataError):
    """Dataset and model share too few genes."""


class SpeciesError(GeneMatchError):
    """The dataset is of another species than the model."""


class DataNotFoundError(CellfillError, FileNotFoundError):
    """There is no data file at that path."""

    exit_code = 3


class OutputError(CellfillError, OSError):
    """The result could not be written."""

    exit_code = 6


class OutputExistsError(OutputError, FileExistsError):
    """The result would overwrite an existing file."""


class BundleError(CellfillError, ValueError):
    """A model bundle is malformed."""

    exit_code = 4


class BundleIntegrityError(BundleError):
    """A file of the bundle is not the one that its manifest names; ``fault`` says why, where it is of one file."""

    fault: str = ""


class GraphRefusedError(BundleError):
    """The graph is malformed, or holds what no model needs; nothing of it was run."""


class BundleVersionError(BundleError):
    """The bundle was written for another version of cellfill."""


class BundleNotFoundError(CellfillError, FileNotFoundError):
    """There is no bundle at that place."""

    exit_code = 4


class ModelNotFoundError(CellfillError, LookupError):
    """No folder, no alias and no model of the Hub has that name, or it has no such revision."""

    exit_code = 4


class LockError(CellfillError, ValueError):
    """A model is not the one that the lock file names, or the lock file is malformed."""

    exit_code = 4


class HubError(CellfillError, ConnectionError):
    """The Hub refused."""

    exit_code = 7


class HubUnreachableError(HubError):
    """The Hub does not answer, or asks to wait."""


class OfflineError(HubError):
    """The Hub is needed, and may not be asked."""


class FitError(CellfillError, ValueError):
    """The model does not fit the cells, and ``require`` asks for one that does; nothing was done.

    ``verdict`` is that of the check.
    """

    exit_code = 9
    verdict: str = "does not fit"


class FitLimitsError(FitError):
    """``require`` asks for more: the model fits with limits only, or there are too few cells to tell."""

    exit_code = 8
    verdict = "fits with limits"


class TaskError(CellfillError, ValueError):
    """The model was not made for the task that was asked for."""

    exit_code = 4


class EstimateError(CellfillError, ValueError):
    """The model cannot give the estimate that was asked for."""

    exit_code = 2


class DeviceError(CellfillError, RuntimeError):
    """The model cannot run on the device that was asked for."""

    exit_code = 5


class MissingDependencyError(CellfillError, ImportError):
    """An optional dependency is not installed."""

    exit_code = 5
