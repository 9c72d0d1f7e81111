"""What a user gets: estimates among observed counts, by cellfill's policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill.estimates import ESTIMATES

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.evaluation.methods import Values

Policy = Literal["zeros", "all"]

UNCHANGED = "counts as they are"


def fillings(
    values: Values,
    counts: csr_matrix,
    genes: NDArray[np.intp],
    *,
    policies: Sequence[Policy] = ("zeros", "all"),
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the counts as each estimate and policy fills them.

    Parameters
    ----------
    values
        What a method predicts, cells x all genes.
    counts
        What it saw, CSR, cells x all genes.
    genes
        The genes to return.
    policies
        ``zeros``: zeros are filled, observed counts stay. ``all``: every entry is replaced. A gene whose column
        is not finite keeps its counts under both.

    Yields
    ------
    The read-out, such as ``expected`` (policy ``zeros``) or ``expected, all``; and cells x ``genes``, float32. Of
    values that are the counts themselves only one, `UNCHANGED`.
    """
    observed = counts[:, genes].toarray().astype(np.float32)
    for estimate in ESTIMATES:
        if estimate not in values:
            continue
        given = np.maximum(values[estimate][:, genes], 0)
        kept = ~np.isfinite(given).all(axis=0)
        given[:, kept] = observed[:, kept]
        if np.array_equal(given, observed):  # no imputation: one matrix, whatever it is called
            yield UNCHANGED, given
            return
        for policy in policies:
            if policy == "all":
                yield f"{estimate}, all", given
            else:
                yield estimate, np.where(observed > 0, observed, given)


def log_normalised(counts: NDArray[np.floating], *, target: float | None = None) -> NDArray[np.float32]:
    """Return log1p of counts by library size, cells x genes, float32.

    Parameters
    ----------
    counts
        Non-negative, cells x genes.
    target
        The library size that every cell is brought to; None for the median of the cells that have counts. A cell
        without counts stays zero.
    """
    library = counts.sum(axis=1, dtype=np.float64)
    goal = target or (float(np.median(library[library > 0])) if (library > 0).any() else 1.0)
    factor = np.where(library > 0, goal / np.where(library > 0, library, 1), 0)
    logs: NDArray[np.float32] = np.log1p(counts * factor[:, None].astype(np.float32), dtype=np.float32)
    return logs
