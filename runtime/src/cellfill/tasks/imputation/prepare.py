"""What is decided once a dataset: the genes, the calibration, which genes are worth it, the sub-networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness.gate import Gate
from cellfill.fitness.heed import heed, warn
from cellfill.genes.alignment import Alignment
from cellfill.network.cells import map_genes
from cellfill.network.threads import usual_workers
from cellfill.tasks.columns import align_columns
from cellfill.tasks.imputation.block import BlockImputer
from cellfill.tasks.imputation.genes import Asked, asked_for, gated, only
from cellfill.tasks.imputation.options import choose_estimate
from cellfill.tasks.imputation.record import Imputation
from cellfill.tasks.imputation.some_cells import read_some_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cellfill.counts.find import ColumnNames
    from cellfill.counts.in_blocks import Counts
    from cellfill.network.graphs import Graphs
    from cellfill.tasks.imputation.options import ImputeOptions

# What only blocks tell, before any was filled.
_UNKNOWN = {"zeros_filled": -1, "empty_cells": -1, "shallow_cells": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that blocks have in common.

    Attributes
    ----------
    step
        What is done to a block.
    alignment
        Of the result's genes.
    gate
        What a quick check of the model on these cells found; None where there was none.
    gate_asked
        Whether it was asked for.
    asked
        What became of genes that were asked for; None where none were asked for by name.
    device, remark
        What the graph runs on, and why not on a GPU that there is.
    """

    step: BlockImputer
    alignment: Alignment
    gate: Gate | None
    gate_asked: bool
    asked: Asked | None
    device: str
    remark: str

    def done(self, *, cells: int, tally: Mapping[str, int] | None) -> Imputation:
        """Return what imputing so many cells did; without a tally what only blocks tell is -1."""
        return Imputation(
            alignment=self.alignment,
            calibration=self.step.calibration,
            spread=self.step.spread,
            gate=self.gate,
            gate_asked=self.gate_asked,
            asked=self.asked,
            device=self.device,
            remark=self.remark,
            cells=cells,
            **(_UNKNOWN if tally is None else {name: tally.get(name, 0) for name in _UNKNOWN}),
        )


def prepare(
    model: Graphs,
    source: Counts,
    names: ColumnNames,
    options: ImputeOptions,
    *,
    cells: int,
    dense: bool,
    alignment: Alignment | None = None,
    probabilities: Sequence[float] = (),
) -> Prepared:
    """Decide all that blocks have in common: the genes, the calibration, which are worth it, the sub-networks.

    Parameters
    ----------
    model
        The model, whose graphs are opened as they are needed.
    source
        The counts, cells x genes.
    names
        What its columns are called.
    options
        How to impute.
    cells
        Number of cells.
    dense
        Give dense blocks rather than CSR.
    alignment
        Of these names with the model, where it is known; by default they are aligned here.
    probabilities
        Of the bounds of counts that are given, too.

    Raises
    ------
    GeneMatchError
        When dataset and model share too few genes, differ in species, or the model predicts no gene better than its
        mean.
    FitError
        When the model does not fit as the options require.
    UsageError
        When the model does not fill a gene that was asked for.
    """
    bundle = model.bundle
    genes, meaning = bundle.genes, bundle.manifest.graph.output_meaning
    estimate = choose_estimate(options.estimate, bundle.manifest.estimates)
    whole = alignment or align_columns(bundle, names, min_coverage=options.min_coverage)
    shown = whole if names.shown is None else whole.take(names.shown)
    needed: tuple[int, ...] | None = None
    if options.genes is not None:
        shown = only(shown, genes, options.genes)
    calibration = gate = certainty = spread = some = None
    if options.calibrate or options.gate or options.keep_correlations or probabilities:
        workers = options.threads or usual_workers()
        some = read_some_cells(model, source, whole, cells=cells, workers=workers)
        calibration, gate = some.correct_and_check(correct=options.calibrate, check=options.gate)
        if options.keep_correlations:
            certainty = some.certainty(calibration)
    heed(gate, options.require, asked=options.gate)
    if gate is not None:
        shown = gated(shown, genes, gate)
    asked = None if options.genes is None else asked_for(shown, genes, options.genes)
    warn("" if asked is None else asked.said)
    if options.genes is not None or gate is not None:
        filled = shown.gene_of_column[shown.target_columns].tolist()
        needed = tuple(sorted({genes[row].subnetwork for row in filled}))
    columns = shown.target_columns
    rows = shown.gene_of_column[columns]
    outputs = np.searchsorted(genes.targets, rows)
    dispersions = genes.column("inverse_dispersion")[genes.targets].astype(np.float32)
    if some is not None and probabilities:
        spread = some.spread(calibration, inverse_dispersion=dispersions, probabilities=probabilities)
    network = model.network(needed)
    score_of_gene = np.full(len(genes) + 1, -1, dtype=np.intp)  # the last one is that of no gene
    if calibration is not None:
        scored = genes.targets[calibration.score_genes]
        score_of_gene[scored] = np.arange(len(scored))
    step = BlockImputer(
        model=model,
        needed=needed,
        gene_map=map_genes(whole, genes, inputs=network.inputs),
        calibration=None if calibration is None else calibration.take(outputs),
        certainty=None if certainty is None else certainty.take(outputs),
        spread=None if spread is None else spread.take(outputs),
        score_of_column=score_of_gene[whole.gene_of_column],
        columns=columns,
        outputs=np.searchsorted(network.targets, rows),
        source_columns=names.shown,
        inverse_dispersion=dispersions[outputs],
        estimate=estimate,
        meaning=meaning,
        policy=options.policy,
        drop_below=options.drop_below,
        rounded=options.rounded,
        dense=dense,
        dtype=options.dtype,
    )
    return Prepared(
        step=step,
        alignment=shown,
        gate=gate,
        gate_asked=options.gate,
        asked=asked,
        device=network.device,
        remark=network.remark,
    )
