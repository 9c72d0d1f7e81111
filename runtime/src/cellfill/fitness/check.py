"""Check whether a model is fit for a dataset: draw cells, hide some of their counts, impute, compare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.candidates import candidate_cells, candidate_rows
from cellfill.counts.source import choose_counts
from cellfill.fitness import baselines
from cellfill.fitness.entries import CALIBRATED, PLAIN, HiddenEntries, measure_entries
from cellfill.fitness.findings import Figure, GeneFits
from cellfill.fitness.fitness import Fitness
from cellfill.fitness.fitted import Fitted, fit
from cellfill.fitness.gate import LEAST_CELLS, Gate, of_entries, of_molecules
from cellfill.fitness.gene_errors import errors_by_gene
from cellfill.fitness.molecules import MoleculeGains, measure_molecules
from cellfill.fitness.space import Space, make_space
from cellfill.genes.align import match
from cellfill.genes.coverage import measure_coverage
from cellfill.genes.names import expression_columns, name_columns
from cellfill.network.cells import map_genes
from cellfill.network.threads import one_blas_thread, usual_workers
from cellfill.progress import phase
from cellfill.text.figures import only_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.fitness.options import CheckOptions
    from cellfill.genes.alignment import Alignment
    from cellfill.network.graphs import Opened
    from cellfill.readers.dataset import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found, and on which cells.

    Attributes
    ----------
    fitness
        What was found.
    fitted
        The model and its calibration on the cells; None where nothing could be measured.
    rows
        Which cells of the dataset they are.
    alignment
        Which column of the dataset is which gene; None where nothing could be measured.
    """

    fitness: Fitness
    fitted: Fitted | None
    rows: NDArray[np.intp]
    alignment: Alignment | None = None


CHECK_CELLS = 2000
_FOLDED_CELLS, _MOST_FOLDS = 4000, 8
_ROUNDS = 3
_CORRECTING = 0.5  # of the work of a round, which hides, corrects and compares


def check_dataset(
    opened: Opened,
    dataset: Dataset,
    options: CheckOptions,
    *,
    name: str,
) -> Checked:
    """Check a model on a dataset; see `cellfill.Model.check`.

    Parameters
    ----------
    opened
        The model.
    dataset
        The data.
    options
        How.
    name
        What to call the model.
    """
    bundle = opened.bundle
    bundle.manifest.need("impute")
    genes, meaning = bundle.genes, bundle.manifest.graph.output_meaning
    calibrate, seed, workers = options.calibrate, options.seed, options.threads or usual_workers()
    source = choose_counts(dataset, layer=options.layer)
    var = source.matrix.var
    coverage = measure_coverage(
        bundle.manifest,
        genes,
        var,
        gene_column=options.gene_column,
        min_coverage=options.min_coverage,
        cells=lambda: dataset.cell_names().tolist(),
    )
    found = Fitness(
        model=name,
        verdict="does not fit",
        reasons=(coverage.refusal,),
        cells=dataset.cells,
        cells_checked=0,
        counts=source.saw,
        coverage=coverage,
    )
    if coverage.verdict == "refused":
        return Checked(fitness=found, fitted=None, rows=np.zeros(0, dtype=np.intp))
    names = name_columns(var.index, var, gene_column=options.gene_column)
    alignment = match(genes, names, expression=expression_columns(var), floor=coverage.threshold)
    network = opened.network()
    columns = alignment.target_columns
    with one_blas_thread():
        gene_map = map_genes(alignment, genes, inputs=network.inputs)
        with phase("reading some cells"):
            read = candidate_cells(source, gene_map, cells=dataset.cells, workers=workers)
        space = make_space(
            network,
            gene_map,
            read,
            outputs=np.searchsorted(network.targets, alignment.gene_of_column[columns]),
            most=CHECK_CELLS,
            workers=workers,
        )
        cells = space.counts.shape[0]
        if cells < LEAST_CELLS:
            few = f"{only_cells(cells, 'can', 'can')} be looked at, and {LEAST_CELLS} are needed to say anything."
            found = _with(found, verdict="not tested", reasons=(few,), cells_checked=cells)
            return Checked(fitness=found, fitted=None, rows=np.zeros(0, dtype=np.intp))
        folds = int(np.clip(_FOLDED_CELLS // cells, 1, _MOST_FOLDS)) if meaning == "expected" else 0
        with phase("trying the model", total=_CORRECTING + _ROUNDS + folds):
            with phase("correcting the model on these cells", worth=_CORRECTING):
                fitted = fit(space, space.counts, calibrated=calibrate, meaning=meaning)
            part = None if fitted.calibration is None else fitted.calibration.part
            entries = measure_entries(
                space, rounds=_ROUNDS, calibrated=calibrate, meaning=meaning, part=part, seed=seed
            )
            molecules = None
            if folds:
                molecules = measure_molecules(space, folds=folds, calibrated=calibrate, part=part, seed=seed)
    if molecules:
        gate = of_molecules(space, molecules, calibrated=calibrate)
    else:
        gate = of_entries(space, entries, rounds=_ROUNDS)
    fitness = _with(
        found,
        verdict=gate.verdict,
        reasons=gate.reasons,
        cells_checked=cells,
        evidence=gate.evidence,
        figures=_figures(entries, molecules),
        genes=_gene_fits(space, entries, gate, [names[0][column] for column in columns.tolist()]),
        entries=entries,
    )
    candidates = np.concatenate([np.arange(run.start, run.stop) for run in candidate_rows(dataset.cells)])
    return Checked(fitness=fitness, fitted=fitted, rows=candidates[space.drawn], alignment=alignment)


def _with(found: Fitness, **changes: object) -> Fitness:
    return replace(found, **changes)  # type: ignore[arg-type]


def _figures(entries: HiddenEntries, molecules: MoleculeGains | None) -> tuple[Figure, ...]:
    figures = []
    for method in entries.found:
        mse, pearson = entries.scores(method)
        figures.append(Figure(protocol="masked entries", method=method, mse=mse, pearson=pearson))
    if molecules is None:
        return tuple(figures)
    losses = {
        PLAIN: molecules.loss_of("plain"),
        CALIBRATED: molecules.loss_of("calibrated"),
        "these cells alone, no model": molecules.alone_loss,
        baselines.MEAN: molecules.baseline_loss,
        f"{baselines.NONE}, best floor": molecules.none_loss,
    }
    if CALIBRATED not in entries.found:
        del losses[CALIBRATED]
    return (*figures, *(Figure(protocol="molecules", method=m, loss=loss) for m, loss in losses.items()))


def _gene_fits(space: Space, entries: HiddenEntries, gate: Gate, names: list[str]) -> GeneFits:
    number = len(space.outputs)
    mean = np.asarray(space.observed(space.counts).sum(axis=0, dtype=np.float64)).ravel() / space.counts.shape[0]
    method = CALIBRATED if CALIBRATED in entries.found else PLAIN
    return GeneFits(
        names=tuple(names),
        mean=mean,
        entries=np.bincount(entries.gene, minlength=number),
        mse=errors_by_gene(entries.squares(method), entries.gene, mean),
        baseline_mse=errors_by_gene(entries.squares(baselines.NONZERO), entries.gene, mean),
        gain=gate.gain,
        known=gate.known,
        filled=gate.better,
    )
