"""Run a model over cells, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import BundleError
from cellfill.options.running import BLOCK_SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.network.cells import InputCells
    from cellfill.network.session import Network

# Beyond all counts; the sum of the squares of less, over all cells of a calibration, is finite in float32.
_MOST = 1e12


def predict(network: Network, cells: InputCells) -> NDArray[np.float32]:
    """Return the graph's counts for a block, cells x target genes.

    A cell without counts in the shared genes gets zeros: the model knows nothing of it.

    Raises
    ------
    BundleError
        When what the graph gives for any other is no count.
    """
    factors = cells.size_factors
    empty = factors == 0
    safe = np.where(empty, np.float32(1), factors)
    block = cells.inputs.toarray()
    missing = np.flatnonzero(cells.fill)
    block[:, missing] = safe[:, None] * cells.fill[missing]
    result = network.predict(block, safe)
    if empty.any():
        result[empty] = 0
    check_values(result, "gives")
    return result


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
