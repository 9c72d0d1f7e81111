"""What methods are judged on: a study, and what is known of its cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.evaluation.proteins.levels import carried_by, read_proteins
from cellfill_training.studies.donors import read_labels
from cellfill_training.studies.reading import read_study
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.evaluation.proteins.levels import Carried
    from cellfill_training.evaluation.simulation import SplatOptions

SIMULATED = "Splat simulation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A study, and what is known of its cells.

    Attributes
    ----------
    study
        Raw counts, as the methods see them.
    labels
        The type of each cell.
    truth
        The true counts, or those of a reference: CSR, of the same cells and genes.
    differs
        Types (sorted) x genes: whether the gene is differentially expressed in the type.
    batches
        The batch of each cell.
    carried
        The proteins that some of the cells carry, by antibodies counted in the same cells.
    again
        Makes the subject anew from a seed, where it is simulated.
    """

    study: Study
    labels: NDArray[np.str_] | None = None
    truth: csr_matrix | None = None
    differs: NDArray[np.bool_] | None = None
    batches: NDArray[np.str_] | None = None
    carried: tuple[Carried, ...] | None = None
    again: Callable[[int], Subject] | None = None

    def draw(self, cells: int | None, *, seed: int) -> Subject:
        """Return so many of the cells, drawn at random; None keeps all, of a new simulation where it is one."""
        whole = self if self.again is None else self.again(seed)
        if cells is None or cells >= whole.study.counts.shape[0]:
            return whole
        drawn = np.random.default_rng([seed, 9]).permutation(whole.study.counts.shape[0])[:cells]
        drawn = np.sort(drawn)
        labels, differs = None, None
        if whole.labels is not None:
            labels = whole.labels[drawn]
            left = np.isin(np.unique(whole.labels), labels)  # a rare type may not be drawn
            differs = None if whole.differs is None else whole.differs[left]
        return replace(
            whole,
            study=whole.study.take(drawn),
            labels=labels,
            truth=None if whole.truth is None else whole.truth[drawn],
            differs=differs,
            batches=None if whole.batches is None else whole.batches[drawn],
            carried=None if whole.carried is None else tuple(c.take(drawn) for c in whole.carried),
        )


def read_subject(
    path: str | Path,
    *,
    labels: str | None = None,
    batch: str | None = None,
    proteins: str | None = None,
    truth_layer: str | None = None,
    observed_layer: str | None = None,
    min_genes: int = 1,
) -> Subject:
    """Read a study and what is known of its cells.

    Parameters
    ----------
    path
        A file or folder of any format that cellfill reads.
    labels
        Column of ``obs`` with the cells' types; cells without a value are left out.
    batch
        Column of ``obs`` with the cells' batches; every cell must have one.
    proteins
        Matrix of ``obsm`` with counts of antibodies, a named column each.
    truth_layer, observed_layer
        Layers with the true counts and with those that the methods see, see `read_study`. By default the counts
        that are found are seen, and there is no truth.
    min_genes
        Cells with fewer detected genes are left out.

    Raises
    ------
    DataNotFoundError, DataError, CountsError
        When the file is absent, unreadable, does not hold raw counts, has no such layer, column or matrix, or no
        antibody splits its cells in two.
    """
    study = read_study(path, layer=observed_layer)
    truth = None
    if truth_layer is not None:
        true = read_study(path, layer=truth_layer)
        if true.gene_names != study.gene_names:
            raise DataError(f"{truth_layer} of {path} has other genes than the counts that the methods see.")
        truth = true.counts
    kept = np.diff(study.counts.indptr) >= min_genes
    types = None
    if labels is not None:
        types = read_labels(path, labels)
        kept &= types != ""
    batches = None
    if batch is not None:
        batches = read_labels(path, batch)
        if (batches[kept] == "").any():
            raise DataError(f"Some cells of {path} have no value in {batch}: fill it, or leave --batch out.")
    if not kept.any():
        raise DataError(f"No cell of {path} has {min_genes} genes or more and a label: lower --min-genes.")
    lacking = f"have fewer than {min_genes} genes" + (f", or no value in {labels}" if labels else "")
    seen = study.take(kept, why=lacking)
    return Subject(
        study=seen,
        carried=None if proteins is None else carried_by(read_proteins(path, proteins).take(kept), seen),
        labels=None if types is None else types[kept],
        truth=None if truth is None else truth[kept],
        batches=None if batches is None else batches[kept],
    )


def simulated(options: SplatOptions | None = None, *, seed: int = 0) -> Subject:
    """Return simulated cells, of which types, true counts and differing genes are known."""
    from cellfill_training.evaluation.simulation import simulate

    made = simulate(options, seed=seed)
    names = (tuple(f"gene{number}" for number in range(made.counts.shape[1])),)
    labels = np.array([f"group {number}" for number in made.groups])
    _, first = np.unique(labels, return_index=True)
    return Subject(
        study=Study(name=SIMULATED, counts=made.counts, gene_names=names),
        labels=labels,
        truth=made.before,
        differs=made.differs[made.groups[first]],
        again=lambda other: simulated(options, seed=other),
    )


def detected_genes(study: Study, least: float) -> NDArray[np.intp]:
    """Return the genes that at least such a share of a study's cells have, and at least one cell.

    Raises
    ------
    DataError
        When there is none.
    """
    detection = np.diff(study.counts.tocsc().indptr) / study.counts.shape[0]
    genes = np.flatnonzero((detection >= least) & (detection > 0))
    if not len(genes):
        raise DataError(f"No gene of {study.name} is in {least:.0%} of its cells: lower --min-detection.")
    return genes
