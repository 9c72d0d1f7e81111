"""What a training cell might have looked like: shallower, with genes unknown, by another chemistry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.architectures.classifier.network import Scaling
    from cellfill_training.architectures.classifier.options import ClassifierOptions


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network sees of some cells, before centre and scale.

    Attributes
    ----------
    levels
        Cells x genes, log1p(count / size factor), float32.
    known
        Cells x genes, 1 where the gene is known, uint8.
    """

    levels: NDArray[np.float32]
    known: NDArray[np.uint8]


def thin(counts: csr_matrix, depth: NDArray[np.float64] | float, rng: np.random.Generator) -> csr_matrix:
    """Keep each molecule with a probability, binomially.

    Parameters
    ----------
    counts
        Cells x genes, whole numbers.
    depth
        Share that is kept, of all cells or of each.
    """
    kept = counts.copy()
    share = np.broadcast_to(np.asarray(depth, dtype=np.float64), counts.shape[0])
    share = np.repeat(share, np.diff(counts.indptr))
    # Most counts are 1, and a coin is faster than a binomial.
    drawn = (rng.random(len(kept.data), dtype=np.float32) < share).astype(np.float32)
    several = np.flatnonzero(kept.data > 1)
    drawn[several] = rng.binomial(kept.data[several].astype(np.int64), share[several])
    kept.data = drawn
    return kept


def as_they_are(counts: csr_matrix, measured: NDArray[np.bool_], scaling: Scaling) -> Seen:
    """Return cells with nothing changed; ``measured`` is cells x genes."""
    return _seen(counts, counts.data, measured, scaling)


def augment(
    counts: csr_matrix,
    measured: NDArray[np.bool_],
    scaling: Scaling,
    options: ClassifierOptions,
    rng: np.random.Generator,
) -> Seen:
    """Return cells, already thinned, with genes hidden and a random factor on every gene; both by cell.

    How many are hidden, and how far the factors spread, is drawn by cell too, so that whole cells are seen as well.
    """
    cells, genes = counts.shape
    hidden = rng.uniform(0, options.most_hidden, cells) * 256
    known = measured & (rng.integers(0, 256, (cells, genes), dtype=np.uint8) >= hidden[:, None])
    spread = np.repeat(rng.uniform(0, options.factor_sd, cells).astype(np.float32), np.diff(counts.indptr))
    data = counts.data * np.exp(spread * rng.standard_normal(len(counts.data), dtype=np.float32))
    return _seen(counts, data, known, scaling)


def _seen(counts: csr_matrix, data: NDArray[np.float32], known: NDArray[np.bool_], scaling: Scaling) -> Seen:
    cells, genes = counts.shape
    row = np.repeat(np.arange(cells), np.diff(counts.indptr))
    kept = data * known[row, counts.indices]
    totals = np.maximum(np.bincount(row, weights=kept, minlength=cells), 1)
    factors = totals / np.maximum(known @ scaling.mean.astype(np.float32), 1e-9)
    levels = np.zeros((cells, genes), dtype=np.float32)
    levels[row, counts.indices] = np.log1p(kept / factors[row])
    return Seen(levels, known.view(np.uint8))
