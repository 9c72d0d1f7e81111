"""A bundle as the start of another training: its genes, its sub-networks and their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle import Bundle
from cellfill.counts.matrix import remap_columns
from cellfill.errors import BundleError, UsageError
from cellfill.genes.align import align
from cellfill.hub.bundles import find_bundle
from cellfill_training.architectures.subnetworks.selection import Plan
from cellfill_training.fitting.levels import LEVEL_PRIOR, Levels, cohort_factors
from cellfill_training.fitting.options import Objective
from cellfill_training.studies.blocks import change, gene_sums
from cellfill_training.studies.cohort import Cohort
from cellfill_training.studies.gene_table import GeneName
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CONSTANTS = ("places", "w1", "b1", "w2", "b2")
_CENTRES = "input_centres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A model to continue from.

    Attributes
    ----------
    bundle
        The model.
    plan
        Its sub-networks: genes are rows of ``genes.tsv``, the targets first.
    objective
        What it was trained for, by what its graph gives.
    weights
        As `SubNetworks.snapshot` gives them: w1, b1, w2, b2, the last without the genes' means.
    centres
        Of every gene, as the networks read it, float64.
    """

    bundle: Bundle
    plan: Plan
    objective: Objective
    weights: list[NDArray[np.float32]]
    centres: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean count of each gene in a cell of size factor 1, by the bundle."""
        return self.bundle.genes.column("mean")


def read_start(model: Bundle | str | Path) -> Start:
    """Read what a training continues from: a bundle, its folder, or as text any name that `cellfill.load` takes.

    Raises
    ------
    BundleNotFoundError, ModelNotFoundError, BundleError
        When there is no such bundle, or it is damaged.
    OfflineError, HubError
        When it is on the Hub alone, and cannot be had.
    UsageError
        When it is no model of this kind.
    """
    bundle = model if isinstance(model, Bundle) else find_bundle(model)
    manifest, genes = bundle.manifest, bundle.genes
    refused = f"{manifest.name} cannot be trained on"
    cut = manifest.graph.cut
    if manifest.architecture.name != "deepimpute" or cut is None or cut.places != _CONSTANTS[0]:
        raise UsageError(
            f"{refused}: its architecture is {manifest.architecture.name!r}, and sub-networks of 'deepimpute' are "
            "needed. Train a model on your cells instead."
        )
    constants = _constants(bundle.graph)
    if lacking := sorted({*_CONSTANTS, *cut.by_input} - set(constants)):
        raise BundleError(f"{refused}: model.onnx does not hold the constant {lacking[0]!r}.")
    places, w1, b1, w2, b2 = (constants[name] for name in _CONSTANTS)
    targets = len(genes.targets)
    predictors = tuple(
        np.array([row for row, gene in enumerate(genes) if number in gene.predicts], dtype=np.intp)
        for number in range(len(places))
    )
    plan = Plan(targets=targets, group_size=w2.shape[2], predictors=predictors, rare=np.zeros(targets, dtype=bool))
    reads = [np.unique(row) for row in places]  # padding repeats a predictor
    if not np.array_equal(genes.targets, np.arange(targets)) or not all(
        np.array_equal(np.searchsorted(genes.inputs, genes_read), row)
        for row, genes_read in zip(reads, predictors, strict=True)
    ):
        raise BundleError(f"{refused}: genes.tsv and model.onnx disagree about what its sub-networks read.")
    objective: Objective = "poisson" if manifest.graph.output_meaning == "expected" else "weighted-mse"
    centres = np.log1p(genes.column("neutral"))
    if objective == "poisson":
        centres[genes.inputs] = constants[_CENTRES]
        b2 = b2 - _grouped(np.log(genes.column("mean")[:targets]), plan)
    weights = [array.astype(np.float32) for array in (w1, b1, w2, b2)]
    return Start(bundle=bundle, plan=plan, objective=objective, weights=weights, centres=centres)


def start_cohort(start: Start, studies: Sequence[Study]) -> Cohort:
    """Bring studies into the genes of the model, as the runtime does.

    Raises
    ------
    SpeciesError, GeneMatchError
        When a study is no match for the model.
    """
    manifest, genes = start.bundle.manifest, start.bundle.genes
    parts, measured = [], []
    for study in studies:
        found = align(genes, study.gene_names, species=manifest.species, min_coverage=manifest.min_coverage)
        parts.append((study.counts, partial(remap_columns, target=found.gene_of_column, width=len(genes))))
        measured.append(found.column_of_gene >= 0)
    return Cohort(
        genes=tuple(GeneName(gene.ensembl_id, gene.symbol) for gene in genes),
        counts=change(parts, len(genes)),
        study=np.repeat(np.arange(len(studies)), [study.counts.shape[0] for study in studies]),
        measured=np.stack(measured),
        names=tuple(study.name for study in studies),
    )


def start_levels(start: Start, cohort: Cohort) -> Levels:
    """Find the levels of new cells on the model's own scale, so that its weights mean to them what they meant.

    A cell's size factor is by the model's means, as in use; the centres of the input stay the model's. A gene's
    mean becomes the model's m times (20 + sum x) / (20 + sum f m): the old one has the weight of 20 counts, as the
    common level has in a study's own. Since sum f m over a study's genes is sum x, their means sum to nearly what
    they did: a cell's size factor by the new means, in use of the tuned model, is the one it was tuned with. A gene
    that was not measured keeps its mean. A study's own level is relative to the new means.
    """
    means = start.means
    factors = cohort_factors(cohort, means)
    totals = gene_sums(cohort.counts, cohort.study, len(cohort.names))
    depth = cohort.study_sizes(factors)
    expected = depth[:, None] * means * cohort.measured
    new = means * ((LEVEL_PRIOR + totals.sum(axis=0)) / (LEVEL_PRIOR + expected.sum(axis=0)))
    own = (LEVEL_PRIOR + totals) / (LEVEL_PRIOR + depth[:, None] * new)
    return Levels(
        size_factors=factors.astype(np.float32),
        means=new,
        study_levels=np.where(cohort.measured, own, 1.0),
        centres=start.centres,
    )


def _grouped(values: NDArray[np.float64], plan: Plan) -> NDArray[np.float64]:
    """Targets to networks x 1 x group, padded with zeros."""
    padded = np.zeros(len(plan.predictors) * plan.group_size)
    padded[: plan.targets] = values
    return padded.reshape(len(plan.predictors), 1, plan.group_size)


def _constants(graph: bytes) -> dict[str, NDArray[Any]]:
    """Return the constants of an ONNX graph by name."""
    import onnx
    from onnx import numpy_helper

    tensors = onnx.load_from_string(graph).graph.initializer
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}
    return {name: array.astype(np.float32) if array.dtype == np.float16 else array for name, array in found.items()}
