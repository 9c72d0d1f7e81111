"""What a classifier says of the cells of a study, as the runtime will ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.genes import size_factors
from cellfill_training.architectures.classifier.network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_BLOCK = 2048  # cells


@dataclass(frozen=True, slots=True)
class Predicted:
    """Outputs of the graph for some cells.

    Attributes
    ----------
    probabilities
        Cells x leaf classes.
    energy
        (cells,) log sum exp of the logits.
    embedding
        Cells x dimensions.
    """

    probabilities: NDArray[np.float32]
    energy: NDArray[np.float32]
    embedding: NDArray[np.float32]


def fed(
    network: Network, counts: csr_matrix, measured: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the graph's two inputs: counts with unknown genes at their neutral ones, and size factors.

    Parameters
    ----------
    counts
        Cells x input genes.
    measured
        (genes,), whether the study measured the gene.
    """
    known = counts.multiply(measured).tocsr()
    factors = size_factors(known, measured, network.scaling.mean)[:, None]
    dense = known.toarray()
    dense[:, ~measured] = network.scaling.neutral[~measured] * factors
    return dense.astype(np.float32), factors.astype(np.float32)


def predict(network: Network, counts: csr_matrix, measured: NDArray[np.bool_]) -> Predicted:
    """Return what the network says of cells of one study; see `fed` for the parameters."""
    starts = range(0, counts.shape[0], _BLOCK)
    parts = [network.outputs(*fed(network, counts[start : start + _BLOCK], measured)) for start in starts]
    probabilities, energy, embedding = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Predicted(probabilities, energy[:, 0], embedding)
