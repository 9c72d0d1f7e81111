"""What imputing does to the cells of a check: their values, their zeros, their library sizes, where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.estimates import told_from
from cellfill.network.threads import one_blas_thread
from cellfill.plots.components import log_normalised, variable_genes
from cellfill.plots.zeros import shares_of_zeros
from cellfill.progress import phase
from cellfill.report.project import Projected, project
from cellfill.tasks.imputation.fill import estimate_counts, fill

if TYPE_CHECKING:
    from typing import Literal

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.fitness.findings import GeneFits
    from cellfill.fitness.fitted import Fitted
    from cellfill.network.cells import GeneMap

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How deep the cells of a check are.

    Attributes
    ----------
    sizes
        Counts of each cell in the model's genes.
    training
        The 1st, 50th and 99th percentile of the training cells, in those of the genes that the dataset has; None
        where the model does not say.
    """

    sizes: Float64
    training: tuple[float, float, float] | None

    @property
    def beyond(self) -> tuple[float, float]:
        """Share of the cells below and above what 98% of the training cells had; 0 where that is not known."""
        low, _, high = self.training or (0.0, 0.0, np.inf)
        return float((self.sizes < low).mean()), float((self.sizes > high).mean())


def measure_sizes(counts: csr_matrix, gene_map: GeneMap, *, library_sizes: tuple[float, ...]) -> Sizes:
    """Measure how deep cells are, beside those that trained the model.

    Parameters
    ----------
    counts, gene_map
        Cells x model genes, and which of these the dataset has.
    library_sizes
        The manifest's: the 1st, 50th and 99th percentile of the training cells.
    """
    means, measured = gene_map.means, gene_map.measured
    # The training cells' library sizes are of all the model's genes.
    shared = float(means[measured].sum() / means.sum()) if means.sum() > 0 else 1.0
    return Sizes(
        sizes=np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel(),
        training=(shared * library_sizes[0], shared * library_sizes[1], shared * library_sizes[2])
        if len(library_sizes) == 3
        else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The cells of a check, before and after imputing, in the genes that were judged.

    Attributes
    ----------
    before, after
        Counts, cells x judged genes.
    logs
        Of ``before``, log-normalised.
    estimate
        What was put in.
    told_from
        Which genes it is told from, in words.
    zeros
        What becomes of the entries: shares by name, see `shares_of_zeros`.
    variable
        How many genes the components are of.
    there, here
        Where the cells lie, before and after.
    """

    before: Float32
    after: Float32
    logs: Float32
    estimate: Literal["expected", "expressed"]
    told_from: str
    zeros: dict[str, float]
    variable: int
    there: Projected
    here: Projected


def measure_cells(
    fitted: Fitted,
    genes: GeneFits,
    *,
    meaning: Literal["expected", "expressed"],
    subnetworks: bool,
    umap: bool,
    seed: int,
) -> Cells:
    """Impute the cells of a check as ``cellfill impute`` would, and measure them before and after.

    Parameters
    ----------
    fitted, genes
        The model on the cells, and what the check found of the genes.
    meaning
        What the model's graph's output means.
    subnetworks
        Whether it is told from the cell's other genes alone.
    umap
        Make UMAPs.
    seed
        Of UMAP.
    """
    space = fitted.space
    before = space.observed(space.counts).toarray()
    with one_blas_thread(), phase("the cells before and after"):
        after = _imputed(fitted, genes.filled, before, meaning=meaning)
        logs = log_normalised(before)
        variable = variable_genes(logs)
        there = project(logs[:, variable], umap=umap, seed=seed)
        here = project(log_normalised(after)[:, variable], umap=umap, like=there.components, seed=seed)
    return Cells(
        before=before,
        after=after,
        logs=logs,
        estimate=meaning,
        told_from=told_from(subnetworks=subnetworks),
        zeros=shares_of_zeros(before, after),
        variable=len(variable),
        there=there,
        here=here,
    )


def _imputed(
    fitted: Fitted, filled: NDArray[np.bool_], counts: Float32, *, meaning: Literal["expected", "expressed"]
) -> Float32:
    """Return cells x judged genes: zeros of the genes that are filled, filled."""
    after = counts.copy()
    observed = fitted.space.observed(fitted.space.counts)[:, np.flatnonzero(filled)]
    observed.sort_indices()
    for means in fitted.means():
        own = observed[means.rows]
        values = estimate_counts(
            np.ascontiguousarray(means.calibrated[:, filled]),
            own,
            estimate=meaning,
            meaning=meaning,
            inverse_dispersion=np.zeros(own.shape[1], dtype=np.float32),
        )
        fill(values, own, policy="zeros")
        after[means.rows, filled] = values
    return after
