"""What each gene tells a network: how far its outputs move when the gene is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.levels import Levels
from cellfill_training.parts.network import Gives, Network
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths
from cellfill_training.studies.cohort import Cohort
from cellfill_training.workflow.networks.exported import cells_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Ranks of 2,000 genes by 16 cells and by 64 agree to .42 (Spearman), by 64 and 128 to .61: single cells say much.
_MOST_CELLS, _LEAST_CELLS, _MOST_ROWS = 128, 32, 250_000
_BLOCK = 512  # cells with a gene lost, at a time


def gene_worth(network: Network, cohort: Cohort, levels: Levels, held: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return each gene's share of what all tell, (genes,); they sum to 1.

    Summed over cells that did not train, of the first of these that the network gives: Poisson divergence of
    counts (but for the gene's own), Kullback-Leibler divergence of probabilities, squared distance of places.
    """
    genes = len(cohort.genes)
    number = min(len(held), _MOST_CELLS, max(_LEAST_CELLS, _MOST_ROWS // genes))
    rows = held[np.linspace(0, len(held) - 1, number).astype(int)]
    counts, factors = cells_of(cohort, levels, rows)
    neutral = (np.expm1(levels.centres) * factors).astype(np.float32)
    maths = TensorFlowMaths()
    known = dict(network.outputs(maths, tf.constant(counts), tf.constant(factors)))

    def moved(cells: Any, lost: Any) -> Any:
        whole, factor = tf.gather(tf.constant(counts), cells), tf.gather(tf.constant(factors), cells)
        here = tf.one_hot(lost, genes)
        without = whole * (1 - here) + tf.gather(tf.constant(neutral), cells) * here
        before = {meaning: tf.gather(values, cells) for meaning, values in known.items()}
        return _divergence(before, network.outputs(maths, without, factor), here)

    run = tf.function(moved, autograph=False, input_signature=[tf.TensorSpec((None,), tf.int32)] * 2)
    cell, gene = np.nonzero(np.abs(counts - neutral) > 1e-6)
    worth = np.zeros(genes)
    for start in range(0, len(cell), _BLOCK):
        lost = gene[start : start + _BLOCK]
        np.add.at(worth, lost, run(cell[start : start + _BLOCK].astype(np.int32), lost.astype(np.int32)).numpy())
    worth = np.maximum(worth, 0) + 1e-12
    return np.asarray(worth / worth.sum(), dtype=np.float64)


def _divergence(before: Mapping[Gives, Any], after: Mapping[Gives, Any], here: Any) -> Any:
    """Return how far the outputs of each row went; ``here`` is 1 at the lost gene, whose own count is no matter."""
    for meaning in ("expected", "expressed"):
        if meaning in before:
            mean, other = (tf.maximum(given[meaning], 1e-6) for given in (before, after))
            ratio = other / mean
            return tf.reduce_sum(mean * (ratio - 1 - tf.math.log(ratio)) * (1 - here), axis=1)
    if "class_probabilities" in before:
        share, rest = (tf.maximum(given["class_probabilities"], 1e-9) for given in (before, after))
        return tf.reduce_sum(share * tf.math.log(share / rest), axis=1)
    return tf.reduce_sum((before["embedding"] - after["embedding"]) ** 2, axis=1)
