"""What is done to every block of cells: the probabilities of the types, how typical the cells are, the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.network.predict import predict_outputs
from cellfill.results.named import Block
from cellfill.tasks.annotation.answer import descend
from cellfill.tasks.annotation.columns import NO_COUNTS, NOT_SURE, UNASSIGNED, UNLIKE, Columns
from cellfill.tasks.annotation.shares import reweigh

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Classes, Meaning
    from cellfill.network.cells import GeneMap, InputCells
    from cellfill.network.graphs import Graphs
    from cellfill.tasks.annotation.unknown import Typicality


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockAnnotator:
    """How blocks of one dataset are named by one model; it travels to other processes, without the open graph.

    Attributes
    ----------
    model, classes
        The model, and its tree of types.
    gene_map
        The dataset's columns in the model.
    typicality
        How typical a cell is of its type; None where the model cannot say it.
    threshold
        Cells less typical than this are unassigned; None for none.
    weights
        How much more frequent each leaf type is in these cells than in training; None where that is not asked for.
    confidence, level
        See `AnnotateOptions`.
    own_confidence
        The model's own, by which it is told how many cells it is not sure of, whatever a person asked for.
    shallow
        Cells of a smaller size factor than this are shallower than 99% of those that trained the model.
    columns
        What the results are called.
    """

    model: Graphs
    classes: Classes
    gene_map: GeneMap
    typicality: Typicality | None
    threshold: float | None
    weights: NDArray[np.float64] | None
    confidence: float
    own_confidence: float
    level: int | None
    shallow: float
    columns: Columns

    def apply(self, counts: csr_matrix) -> Block:
        """Name the cells of a block.

        Parameters
        ----------
        counts
            Cells x the genes of the counts, CSR, checked.

        Raises
        ------
        BundleError
            When what the model gives for them are no probabilities.
        """
        return self.name(self.gene_map.input_cells(counts))

    def name(self, cells: InputCells) -> Block:
        """Name cells that are in the genes of the model; see `apply`."""
        probabilities, typical = self.measure(cells)
        empty = np.isnan(probabilities[:, 0])
        answer, probability = descend(
            self.classes, np.nan_to_num(probabilities), confidence=self.confidence, level=self.level
        )
        reason = np.full(len(answer), "", dtype=f"U{max(map(len, (UNLIKE, NOT_SURE, NO_COUNTS)))}")
        reason[answer < 0] = NOT_SURE
        if self.threshold is not None and typical is not None:
            reason[typical < self.threshold] = UNLIKE
        reason[empty] = NO_COUNTS
        answer = np.where(reason == "", answer, -1)
        names = np.array([*self.classes.names, UNASSIGNED])[answer]
        probability[empty] = np.nan
        obs = {self.columns.type: names, self.columns.probability: probability, self.columns.reason: reason}
        if typical is not None:
            obs[self.columns.typical] = typical
        shallow = int(((cells.size_factors < self.shallow) & ~empty).sum())
        like_some = (reason != UNLIKE) & ~empty
        unsure = int((like_some & self._unsure(probabilities)).sum())
        return Block(
            obs=obs, obsm={self.columns.probabilities: probabilities}, tally={"shallow": shallow, "unsure": unsure}
        )

    def _unsure(self, probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return of which cells the model by itself would not even say the broadest type."""
        known = np.nan_to_num(probabilities)
        return descend(self.classes, known, confidence=self.own_confidence, level=1)[0] < 0

    def measure(self, cells: InputCells) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Return the probabilities of the leaf types, and how typical the cells are of the most probable of them.

        Parameters
        ----------
        cells
            In the genes of the model.

        Returns
        -------
        Cells x leaves, each row's sum 1, NaN for cells without counts; and for each cell a rank among known cells,
        from 0 to 1, of the type that is most probable, or None where the model cannot say it.
        """
        network = self.model.network(tasks=("annotate",))
        asked: tuple[Meaning, ...] = tuple(
            m for m in network.meanings if m in ("class_probabilities", "class_energy")
        )
        found = predict_outputs(network, cells, asked)
        probabilities = found["class_probabilities"]
        if self.weights is not None:
            probabilities = reweigh(probabilities, self.weights).astype(np.float32)
        if self.typicality is None:
            return probabilities, None
        empty = np.isnan(probabilities[:, 0])
        leaves = np.nan_to_num(probabilities).argmax(axis=1)
        typical = self.typicality.ranks(cells.inputs, leaves, found.get("class_energy"))
        typical[empty] = np.nan
        return probabilities, typical
