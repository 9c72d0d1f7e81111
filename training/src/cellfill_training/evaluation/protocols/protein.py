"""Protein as truth: whether a gene's RNA is higher in the cells that carry its protein."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cellfill_training.evaluation.methods import Method, as_values
from cellfill_training.evaluation.protocols.filling import UNCHANGED, fillings
from cellfill_training.judging.annotation.scores import auroc
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.evaluation.methods import Values
    from cellfill_training.evaluation.proteins.levels import Carried

# Of either kind, among the cells that were drawn.
_LEAST_CELLS = 5
# Of AUROC; less is no difference between RNA as it was and filled.
_MARGIN = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ProteinScores:
    """How well RNA tells the cells that carry its protein, over the antibodies that split the cells in two.

    Attributes
    ----------
    antibodies
        How many are scored.
    filled
        How many of their genes the method fills.
    auroc
        Mean area under the ROC curve of a gene's counts by library size; .5 tells nothing.
    auroc_filled
        The same over antibodies whose gene is filled.
    better, worse
        How many are more than .01 above, and below, the counts as they were.
    worst
        The least difference to the counts as they were.
    """

    antibodies: int
    filled: int
    auroc: float
    auroc_filled: float
    better: int
    worse: int
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProteinOfCells:
    """Cells of which it is known which proteins they carry.

    Attributes
    ----------
    study
        The cells.
    carried
        For each antibody the column of its gene, and which cells carry the protein.
    """

    protocol: ClassVar[str] = "protein"
    common: ClassVar[bool] = False

    study: Study
    carried: tuple[Carried, ...]

    @property
    def seen(self) -> Study:
        """The study."""
        return self.study

    def score(self, values: Values, genes: NDArray[np.intp] | None = None) -> dict[str, ProteinScores]:
        """Score each estimate under the policies ``zeros`` and ``all``; of the genes given, if any."""
        chosen = [c for c in self.carried if genes is None or c.gene in genes]
        as_counted: Values = {"expected": self.study.counts.toarray()}
        raw = np.array(list(self.by_antibody(as_counted, chosen)[UNCHANGED].values()))
        by_name = self.by_antibody(values, chosen)
        known = next(iter(values.values()))
        filled = np.array([bool(np.isfinite(known[:, c.gene]).all()) for c in chosen])
        result = {}
        for read_out, found in by_name.items():
            own = np.array(list(found.values()))
            gains = own - raw
            is_filled = filled & (read_out != UNCHANGED)
            result[read_out] = ProteinScores(
                antibodies=len(chosen),
                filled=int(is_filled.sum()),
                auroc=float(own.mean()),
                auroc_filled=float(own[is_filled].mean()) if is_filled.any() else float("nan"),
                better=int((gains > _MARGIN).sum()),
                worse=int((gains < -_MARGIN).sum()),
                worst=float(gains.min()),
            )
        return result

    def by_antibody(self, values: Values, carried: Sequence[Carried] | None = None) -> dict[str, dict[str, float]]:
        """Return the AUROC of each antibody, by read-out; a gene that is not filled keeps its counts."""
        chosen = self.carried if carried is None else carried
        columns = np.array([c.gene for c in chosen], dtype=np.intp)
        library = np.maximum(np.asarray(self.study.counts.sum(axis=1), dtype=np.float64), 1)
        return {
            read_out: {
                c.antibody: auroc(level, c.cells) for c, level in zip(chosen, (filled / library).T, strict=True)
            }
            for read_out, filled in fillings(values, self.study.counts, columns)
        }


def protein_of(study: Study, carried: Sequence[Carried]) -> ProteinOfCells | None:
    """Return the task of cells, without proteins that hardly any or nearly all carry; None where none is left."""
    left = tuple(c for c in carried if min(c.cells.sum(), (~c.cells).sum()) >= _LEAST_CELLS)
    return ProteinOfCells(study=study, carried=left) if left else None


def score(given: Method | Values, study: Study, carried: tuple[Carried, ...]) -> dict[str, ProteinScores]:
    """Fill a study and ask of each gene whether it is higher in the cells that carry its protein.

    Counts are divided by the cell's observed library. Rank correlation over all cells would be the wrong figure:
    among cells that lack a protein, background staining is what orders them.

    Parameters
    ----------
    given
        A method, or what one predicted for ``study``.
    study
        The cells to fill.
    carried
        Which cells carry which protein, see `cellfill_training.evaluation.proteins.levels.carried_by`.

    Returns
    -------
    Scores for each estimate, filled by policy ``zeros`` (the estimate's name) and ``all`` (``expected, all``).

    Raises
    ------
    MissingDependencyError
        When scikit-learn is not installed.
    """
    return ProteinOfCells(study=study, carried=carried).score(as_values(given, study))
