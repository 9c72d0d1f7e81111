"""Measure a model on the shared cells: by how much it predicts hidden molecules better than the genes' means do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.counts.matrix import select_columns
from cellfill.fitness.entries import measure_entries
from cellfill.fitness.gate import ALONE_GENES, Gate, of_entries, of_molecules
from cellfill.fitness.molecules import measure_parts
from cellfill.fitness.space import space_of
from cellfill.network.cells import map_genes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from cellfill.genes.alignment import Alignment
    from cellfill.network.graphs import Opened
    from cellfill.ranking.cells import SharedCells

_ROUNDS = 2
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured of one model.

    Attributes
    ----------
    gate
        The quick check that imputing makes, on the shared cells.
    gain
        By how much the model, its gene levels corrected, predicts the hidden molecules better than gene mean x
        library does: nats a hidden molecule, over *all* molecules of the dataset, so that models that fill other
        genes can be compared; a gene that a model does not fill gains nothing. NaN for a model without means.
    calibrated
        The same of what imputing gives, corrected on these cells.
    """

    gate: Gate
    gain: float
    calibrated: float


def measure(opened: Opened, alignment: Alignment, cells: SharedCells, *, workers: int, seed: int) -> Measured:
    """Measure one model.

    Ranked by what the model knows by itself (its reading ``level``), not by what it gives once it is calibrated:
    that is near what the cells teach without any model, for a model of a wrong tissue too.

    Parameters
    ----------
    opened
        The model.
    alignment
        Of the dataset's genes.
    cells
        Of the dataset.
    workers
        Threads to use.
    seed
        Of hidden entries, for a model without means.
    """
    genes, network = opened.bundle.genes, opened.network()
    gene_map = map_genes(alignment, genes, inputs=network.inputs)

    def of_model(counts: csr_matrix) -> csr_matrix:
        mapped = select_columns(counts, gene_map.gene_of_column, gene_map.genes).astype(np.float32)
        mapped.sum_duplicates()
        return mapped

    columns = alignment.target_columns
    space = space_of(
        network,
        gene_map,
        of_model(cells.counts),
        outputs=np.searchsorted(network.targets, alignment.gene_of_column[columns]),
        drawn=np.arange(cells.counts.shape[0]),
        workers=workers,
    )
    meaning = opened.bundle.manifest.graph.output_meaning
    if meaning != "expected":
        entries = measure_entries(space, rounds=_ROUNDS, calibrated=True, meaning=meaning, seed=seed)
        return Measured(gate=of_entries(space, entries, rounds=_ROUNDS), gain=_NAN, calibrated=_NAN)
    measured = measure_parts(
        space, [(of_model(cells.kept), of_model(cells.hidden))], calibrated=True, most_alone=ALONE_GENES
    )
    own = measured.baseline_loss * measured.entries  # its baseline has the model's size factors, not the library's
    over_own = cells.constant_loss(columns) - own
    gain, calibrated = (
        (float(measured.gains[reading].sum()) + over_own) / max(cells.molecules, 1.0)
        for reading in ("level", "calibrated")
    )
    return Measured(gate=of_molecules(space, measured, calibrated=True), gain=gain, calibrated=calibrated)
