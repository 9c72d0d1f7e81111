"""Run a model over cells, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle.manifest import IMPUTED
from cellfill.errors import BundleError
from cellfill.options.running import BLOCK_SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Meaning
    from cellfill.network.cells import InputCells
    from cellfill.network.session import Network

# Beyond all counts; the sum of the squares of less, over all cells of a calibration, is finite in float32.
_MOST = 1e12
_SUM_TOLERANCE = 1e-3  # of probabilities that were summed in float32


def predict(network: Network, cells: InputCells) -> NDArray[np.float32]:
    """Return the graph's counts for a block, cells x target genes.

    A cell without counts in the shared genes gets zeros: the model knows nothing of it.

    Raises
    ------
    BundleError
        When what the graph gives for any other is no count.
    TaskError
        When it gives none.
    """
    result = network.predict(*_given(cells))
    result[cells.size_factors == 0] = 0
    check_values(result, "gives")
    return result


def predict_outputs(
    network: Network, cells: InputCells, meanings: Sequence[Meaning]
) -> dict[Meaning, NDArray[np.float32]]:
    """Return some of what a graph gives for a block, each cells x columns.

    A cell without counts in the shared genes gets zeros for counts. For anything else one without counts in the
    genes that the graph reads gets NaN: what the graph says of it is what it says of no cell.

    Raises
    ------
    BundleError
        When what the graph gives for any other cannot be what it stands for.
    """
    empty = cells.size_factors == 0
    unread = empty | (np.asarray(cells.inputs.sum(axis=1)).ravel() == 0)
    results = network.run(*_given(cells), meanings)
    for meaning, result in results.items():
        if meaning in IMPUTED:
            result[empty] = 0
            check_values(result, "gives")
        else:
            check_output(result[~unread] if unread.any() else result, meaning)
            result[unread] = np.nan
    return results


def _given(cells: InputCells) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what a graph is given for cells: counts, with neutral ones where a gene is missing; size factors."""
    safe = np.where(cells.size_factors == 0, np.float32(1), cells.size_factors)
    block = cells.inputs.toarray()
    missing = np.flatnonzero(cells.fill)
    block[:, missing] = safe[:, None] * cells.fill[missing]
    return block, safe


def check_output(values: NDArray[np.floating[Any]], meaning: Meaning) -> None:
    """Refuse what no probabilities, no energy and no coordinates can be.

    Raises
    ------
    BundleError
        Where one is undefined or infinite, or the probabilities of a cell are below 0 or do not sum to 1.
    """
    wrong = ~np.isfinite(values).all(axis=1) | (np.abs(values).max(axis=1, initial=0) > _MOST)
    if meaning == "class_probabilities":
        wrong |= (values.min(axis=1, initial=0) < 0) | ~(np.abs(values.sum(axis=1) - 1) <= _SUM_TOLERANCE)
    if wrong.any():
        raise BundleError(
            f"The model gives for {int(wrong.sum()):,} of {len(values):,} cells an output ({meaning}) that is "
            "undefined, infinite or does not sum to 1. It is damaged, or was not made for such cells: use another."
        )


def check_values(values: NDArray[np.floating[Any]], verb: str) -> None:
    """Refuse what no imputed count can be: values that are undefined, below 0, or infinite or beyond all counts.

    Parameters
    ----------
    values
        Imputed counts, of any shape.
    verb
        What the model does with them, for the message.

    Raises
    ------
    BundleError
        Where there is one.
    """
    if values.size and not (values.min() >= 0 and values.max() <= _MOST):  # both are undefined if any is
        wrong = values.size - int(((values >= 0) & (values <= _MOST)).sum())
        raise BundleError(
            f"The model {verb} {wrong:,} of {values.size:,} values in a block of {len(values):,} cells that are "
            "undefined, below 0 or beyond all counts. It is damaged, or was not made for such cells: use another."
        )


def predict_blocks(
    network: Network, cells: InputCells, *, block_size: int = BLOCK_SIZE, workers: int = 1
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield, block by block, the rows and the graph's counts for them (cells x target genes)."""
    blocks = [slice(start, start + block_size) for start in range(0, len(cells.size_factors), block_size)]
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda rows: predict(network, cells.rows(rows)), blocks)
        yield from zip(blocks, results, strict=True)
