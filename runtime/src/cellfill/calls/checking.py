"""Check whether a model is fit for a dataset, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.console.watching import told
from cellfill.fitness.options import CheckOptions, CheckWithOptions
from cellfill.loading import loaded
from cellfill.options.shared import OpenOptions
from cellfill.options.taking import taking

if TYPE_CHECKING:
    from cellfill.fitness.fitness import Fitness
    from cellfill.tasks.annotation.fitness import TypesFitness
    from cellfill.tasks.checks import Checks
    from cellfill.tasks.embedding.fitness import EmbeddingFitness


@taking(CheckWithOptions)
@told("checking")
def check(data: Any, options: CheckWithOptions) -> Fitness | TypesFitness | EmbeddingFitness | Checks:
    """Say whether a model is fit for a dataset, for one of its tasks, or by default for each of them.

    Parameters
    ----------
    data
        An AnnData, or the path or URL of a dataset in any format that `cellfill.impute_file` reads.
    **options
        See `CheckWithOptions`.

    Returns
    -------
    As `cellfill.Model.check`, of which this is the first half.

    Raises
    ------
    DataError
        When the data cannot be read or hold no counts.
    TaskError
        When the model lacks the task that was asked for.
    UsageError
        When an option means nothing.
    BundleError
        When the model is damaged or malformed.
    """
    model = loaded(options.model, options.narrowed(OpenOptions), task=options.task)
    return model.check(data, **options.keywords(CheckOptions))
