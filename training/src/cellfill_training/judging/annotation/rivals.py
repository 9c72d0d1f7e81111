"""What a classifier has to be better than: the commonest type, the nearest mean, logistic regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cellfill.errors import MissingDependencyError
from cellfill.text.installed import pip_install
from cellfill_training.architectures.classifier.genes import log_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.architectures.classifier.cells import Cells

# Counts of one study and which genes it measured, to probabilities, cells x classes.
Annotator: TypeAlias = "Callable[[csr_matrix, NDArray[np.bool_]], NDArray[np.floating]]"

MAJORITY, NEAREST, LOGISTIC = "majority class", "nearest centroid", "logistic regression"
_LIBRARY = 1e4
_SHARPNESS = 10.0  # of the cosine, as certainty


def rivals(cells: Cells, *, logistic: bool = True) -> dict[str, Annotator]:
    """Return ways to name cells that learnt from the same cells, by name; each takes all genes of the cells.

    Without ``logistic`` regression, which needs scikit-learn, the other two.
    """
    simple = {MAJORITY: commonest_type(cells), NEAREST: nearest_centroid(cells)}
    return simple | ({LOGISTIC: logistic_regression(cells)} if logistic else {})


def commonest_type(cells: Cells) -> Annotator:
    """Give every cell the type that most training cells have."""
    most = int(np.bincount(cells.leaf[cells.leaf >= 0]).argmax())

    def annotate(counts: csr_matrix, _measured: NDArray[np.bool_]) -> NDArray[np.floating]:
        return np.tile(np.eye(cells.types)[most], (counts.shape[0], 1))

    return annotate


def nearest_centroid(cells: Cells) -> Annotator:
    """Give a cell the type whose mean of log counts lies in its direction, seen from the mean of all types."""
    levels = _levels(cells.counts)
    present = np.unique(cells.leaf[cells.leaf >= 0])
    means = np.array([levels[cells.leaf == t].mean(axis=0).A1 for t in present])
    middle = means.mean(axis=0)

    def annotate(counts: csr_matrix, measured: NDArray[np.bool_]) -> NDArray[np.floating]:
        known = measured & cells.measured.all(axis=0)
        ways = (means - middle)[:, known]
        own = _levels(counts[:, known]).toarray() - middle[known]
        cosine = own @ ways.T
        cosine /= np.maximum(np.linalg.norm(own, axis=1)[:, None] * np.linalg.norm(ways, axis=1), 1e-12)
        return _spread(_softmax(_SHARPNESS * cosine), present, cells.types)

    return annotate


def logistic_regression(cells: Cells) -> Annotator:
    """Fit scikit-learn's logistic regression to log counts, anew for the genes that a study measured."""
    try:
        from sklearn import linear_model as linear
    except ImportError as error:
        raise MissingDependencyError(
            f"Logistic regression needs scikit-learn: {pip_install('cellfill-training', 'evaluate')}."
        ) from error
    known_cells = np.flatnonzero(cells.leaf >= 0)
    present = np.unique(cells.leaf[known_cells])
    fitted: dict[bytes, Any] = {}

    def annotate(counts: csr_matrix, measured: NDArray[np.bool_]) -> NDArray[np.floating]:
        known = measured & cells.measured.all(axis=0)
        if len(present) == 1:  # nothing to tell apart
            return _spread(np.ones((counts.shape[0], 1)), present, cells.types)
        model = fitted.get(known.tobytes())
        if model is None:
            fitted.clear()
            model = fitted[known.tobytes()] = linear.LogisticRegression(max_iter=200)
            model.fit(_levels(cells.counts[known_cells][:, known]), cells.leaf[known_cells])
        return _spread(model.predict_proba(_levels(counts[:, known])), model.classes_, cells.types)

    return annotate


def _levels(counts: csr_matrix) -> csr_matrix:
    return log_levels(counts, np.maximum(counts.sum(axis=1).A1, 1) / _LIBRARY)


def _softmax(values: NDArray[np.floating]) -> NDArray[np.floating]:
    odds = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _spread(probabilities: NDArray[np.floating], present: NDArray[np.intp], types: int) -> NDArray[np.floating]:
    """Return probabilities of all types, 0 for those that were not there to learn."""
    every = np.zeros((len(probabilities), types))
    every[:, present] = probabilities
    return every
