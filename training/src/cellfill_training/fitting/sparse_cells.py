"""Cells held once, sparse, in TensorFlow; a batch is made dense inside the compiled step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.levels import Levels
from cellfill_training.parts.network import Batch
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SparseCells:
    """Cells of a cohort as tensors.

    Parameters
    ----------
    cohort, levels
        The cells, in the network's genes; in memory.
    label
        (cells,) number of each cell's type, -1 for none; None where there are no types.
    """

    def __init__(self, cohort: Cohort, levels: Levels, *, label: NDArray[np.intp] | None = None) -> None:
        counts = cohort.counts[:].astype(np.float32)
        self.genes = int(counts.shape[1])
        self.number = int(counts.shape[0])
        self._starts = tf.constant(counts.indptr, dtype=tf.int64)
        self._columns = tf.constant(counts.indices, dtype=tf.int64)
        self._counts = tf.constant(counts.data)
        self._factors = tf.constant(levels.size_factors[:, None])
        self._study = tf.constant(cohort.study, dtype=tf.int32)
        none = np.full(self.number, -1)
        self._label = tf.constant(none if label is None else label, dtype=tf.int32)
        self._measured = tf.constant(cohort.measured, dtype=tf.float32)
        self._neutral = tf.constant(np.expm1(levels.centres), dtype=tf.float32)
        self._whole = bool(cohort.measured.all())

    def batch(self, rows: Any) -> Batch:
        """Return cells by their numbers, int64, as a network takes them."""
        starts = tf.gather(self._starts, rows)
        ragged = tf.ragged.range(starts, tf.gather(self._starts, rows + 1))
        places, cell = ragged.flat_values, ragged.value_rowids()
        where = tf.stack([cell, tf.gather(self._columns, places)], axis=1)
        shape = tf.stack([tf.shape(rows, out_type=tf.int64)[0], tf.constant(self.genes, dtype=tf.int64)])
        counts = tf.scatter_nd(where, tf.gather(self._counts, places), shape)
        counts = tf.ensure_shape(counts, (None, self.genes))
        factors, study = tf.gather(self._factors, rows), tf.gather(self._study, rows)
        measured = tf.gather(self._measured, study)
        if not self._whole:
            counts = tf.where(measured > 0, counts, self._neutral * factors)
        return Batch(
            counts=counts,
            size_factors=factors,
            measured=measured,
            study=study,
            label=tf.gather(self._label, rows),
            row=rows,
        )
