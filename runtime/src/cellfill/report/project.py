"""Cells in two dimensions: principal components, and UMAP where it is asked for."""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import MissingDependencyError
from cellfill.plots.components import principal_components, signs_of
from cellfill.progress import phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill.report.options import Embedding

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]


NEIGHBOURS = 15
# umap-learn imports TensorFlow where that is installed, which logs what it finds of GPUs.
_STDERR = 2
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "GRPC_VERBOSITY": "ERROR"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """Cells in a few dimensions.

    Attributes
    ----------
    components
        Cells x principal components, the strongest first.
    shares
        Of each component, its share of the variance.
    umap
        Cells x 2; None where it was not made.
    """

    components: Float64
    shares: Float64
    umap: Float64 | None


def wants_umap(asked: Embedding) -> bool:
    """Return whether UMAP is to be made.

    Raises
    ------
    MissingDependencyError
        When it was asked for and is not installed.
    """
    if asked == "umap" and importlib.util.find_spec("umap") is None:
        raise MissingDependencyError("UMAP needs umap-learn: pip install umap-learn.")
    return asked == "umap"


def project(logs: Float32, *, umap: bool, like: Float64 | None = None, seed: int = 0) -> Projected:
    """Return the principal components of cells.

    Parameters
    ----------
    logs
        Cells x genes, log-normalised.
    umap
        Make UMAP of the components, too.
    like
        Components of the same cells: signs are chosen to agree with them.
    seed
        Of UMAP.
    """
    components, shares = principal_components(logs)
    components = components * signs_of(components, like)
    return Projected(
        components=components,
        shares=shares,
        umap=_umap(components, seed=seed) if umap else None,
    )


@contextmanager
def _libraries_quiet() -> Iterator[None]:
    """Keep from the user what C++ writes to stderr while it is loaded; settings alone do not stop it."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        kept = os.dup(_STDERR)
    except OSError:  # there is none
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)


def umap_over(cells: Float64, known: NDArray[Any] | None, *, seed: int) -> tuple[Float64, Float64 | None]:
    """Return the UMAP of cells, and of known cells on the same map; the map is of both."""
    if known is None:
        return _umap(cells, seed=seed), None
    both = _umap(np.vstack([known.astype(np.float64), cells]), seed=seed)
    return both[len(known) :], both[: len(known)]


def _umap(components: Float64, *, seed: int) -> Float64:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a seed allows one thread only
        with phase("the map (UMAP)"):
            with _libraries_quiet():
                import umap

            maker: Any = umap.UMAP(n_neighbors=min(NEIGHBOURS, len(components) - 1), random_state=seed)
            return np.asarray(maker.fit_transform(components), dtype=np.float64)


def same_neighbours(components: Float64, labels: Sequence[str]) -> float:
    """Return which share of each cell's 15 nearest cells, by its components, has its label; the mean."""
    from scipy.spatial import cKDTree

    number = min(NEIGHBOURS, len(components) - 1)
    _, near = cKDTree(components).query(components, k=number + 1)
    _, codes = np.unique(np.array(labels, dtype=str), return_inverse=True)
    return float((codes[near[:, 1:]] == codes[:, None]).mean())
