"""Some cells of a dataset, and the whole model: what is learnt from them before any block is filled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill.calibration.calibrate import begin_calibration
from cellfill.calibration.candidates import candidate_cells
from cellfill.calibration.certainty import measure_certainty
from cellfill.fitness.gate import measure_gate
from cellfill.fitness.spread import measure_spread
from cellfill.network.cells import map_genes
from cellfill.network.threads import beside, one_blas_thread
from cellfill.progress import phase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cellfill.calibration.certainty import Certainty
    from cellfill.calibration.corrections import Calibration, Part
    from cellfill.counts.in_blocks import Counts
    from cellfill.fitness.gate import Gate
    from cellfill.fitness.spread import Spread
    from cellfill.genes.alignment import Alignment
    from cellfill.network.cells import GeneMap, ModelCells
    from cellfill.network.graphs import Graphs
    from cellfill.network.session import Network


# What a person is told, by what is done: correcting, checking.
_DOING = {
    (True, True): "correcting the model on them, checking whether it fits",
    (True, False): "correcting the model on them",
    (False, True): "checking whether the model fits",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SomeCells:
    """Some cells of a dataset in a model's genes, and the model.

    Attributes
    ----------
    network
        The open graph, whole.
    gene_map, cells
        Where the dataset's columns go, and the cells.
    targets
        Rows of the target genes in the gene index, in the order of the graph's output.
    judged
        The target genes that the dataset has, as columns of the graph's output, in the order of its own.
    meaning
        What the graph's output means.
    workers
        Threads to use; of no effect on values.
    """

    network: Network
    gene_map: GeneMap
    cells: ModelCells
    targets: NDArray[np.intp]
    judged: NDArray[np.intp]
    meaning: Literal["expected", "expressed"]
    workers: int

    def correct_and_check(self, *, correct: bool, check: bool) -> tuple[Calibration | None, Gate | None]:
        """Correct the model on the cells, and check whether it fits them; at once, since each is many short steps.

        Parameters
        ----------
        correct, check
            Which of the two is done.
        """
        part: Callable[[], Part] | None = None
        fitted: Callable[[], Calibration] | None = None
        if not (correct or check):
            return None, None
        with phase(_DOING[correct, check]), one_blas_thread(), beside(self.workers) as soon:
            if correct:
                begun = soon(
                    partial(
                        begin_calibration,
                        self.network,
                        self.cells,
                        targets=self.targets,
                        measured=self.gene_map.measured[self.targets],
                        meaning=self.meaning,
                        workers=self.workers,
                    )
                )
                part = soon(lambda: begun().part())
                fitted = soon(lambda: begun().fit(part=part))
            gate = None
            if check:
                gate = measure_gate(
                    self.network,
                    self.gene_map,
                    self.cells,
                    outputs=self.judged,
                    meaning=self.meaning,
                    calibrated=correct,
                    part=part,
                    workers=self.workers,
                )
            return None if fitted is None else fitted(), gate

    def certainty(self, calibration: Calibration | None) -> Certainty:
        """Measure how surely each gene is predicted."""
        with phase("how sure the model is of each gene"), one_blas_thread():
            return measure_certainty(
                self.network, self.cells, targets=self.targets, calibration=calibration, workers=self.workers
            )

    def spread(
        self,
        calibration: Calibration | None,
        *,
        inverse_dispersion: NDArray[np.float32],
        probabilities: Sequence[float],
    ) -> Spread:
        """Measure how far counts lie from what is predicted; see `measure_spread`."""
        with phase("how far counts spread"), one_blas_thread():
            return measure_spread(
                self.network,
                self.gene_map,
                self.cells,
                outputs=np.unique(self.judged),
                inverse_dispersion=inverse_dispersion,
                calibrated=calibration is not None,
                part=None if calibration is None else calibration.part,
                probabilities=probabilities,
                workers=self.workers,
            )


def read_some_cells(model: Graphs, source: Counts, whole: Alignment, *, cells: int, workers: int) -> SomeCells:
    """Read the cells that a calibration may be fitted on, and open the whole graph.

    Parameters
    ----------
    model, source, whole
        The model; the counts, cells x genes; and which column is which gene.
    cells
        Number of cells.
    workers
        Threads to use.
    """
    network, genes = model.network(None), model.bundle.genes
    gene_map = map_genes(whole, genes, inputs=network.inputs)
    with phase("reading some cells"), one_blas_thread():
        some = candidate_cells(source, gene_map, cells=cells, workers=workers)
    return SomeCells(
        network=network,
        gene_map=gene_map,
        cells=some,
        targets=genes.targets,
        judged=np.searchsorted(genes.targets, whole.gene_of_column[whole.target_columns]),
        meaning=model.bundle.manifest.graph.output_meaning,
        workers=workers,
    )
