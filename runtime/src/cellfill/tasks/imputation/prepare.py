"""Impute counts with a model: align, calibrate, fill in blocks; every step in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cellfill.calibration.calibrate import Calibration, calibrate
from cellfill.calibration.candidates import candidate_cells
from cellfill.counts.in_blocks import Counts, InMemory
from cellfill.errors import GeneMatchError
from cellfill.fitness.gate import Gate, measure_gate
from cellfill.fitness.heed import heed
from cellfill.genes.align import align, enough_inputs
from cellfill.genes.alignment import IMPUTED, NO_BETTER, NOT_ASKED_FOR, Alignment
from cellfill.genes.mismatch import Elsewhere
from cellfill.genes.requested import target_rows
from cellfill.network.blocks import OnBlock, blocks_of
from cellfill.network.cells import map_genes
from cellfill.network.threads import one_blas_thread
from cellfill.results.assemble import DenseRows
from cellfill.runs.threads import fill_blocks
from cellfill.tasks.imputation.block import Filled, Plan

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Bundle, GeneIndex
    from cellfill.network.session import Network
    from cellfill.runs.journal import Journal
    from cellfill.tasks.imputation.settings import Settings

# Opens the model's graph, or what of it these sub-networks need.
Opener = Callable[[Sequence[int] | None], "Network"]
# Fills blocks of what was prepared, in order.
FillBlocks = Callable[["Prepared", Sequence[slice]], Iterator[Filled]]


class AddsBlocks(Protocol):
    """Takes filled blocks in order; ``notes`` say what a person should know of where they go."""

    notes: tuple[str, ...]

    def add(self, block: Any, /) -> None:
        """Append a block of cells, CSR or dense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the columns of the counts are called.

    Attributes
    ----------
    spellings
        One or more names for every column, see `align`.
    expression
        Which columns are gene expression; None for all.
    shown
        For every gene of the result its column in the counts; None where they are the same.
    elsewhere
        Where else the genes' names may be, for a refusal.
    notes
        What a person should know of the features and their names, a sentence each.
    """

    spellings: Sequence[Sequence[str]]
    expression: Sequence[bool] | None = None
    shown: NDArray[np.intp] | None = None
    elsewhere: Elsewhere | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imputation:
    """What imputing did.

    Attributes
    ----------
    alignment
        Which gene of the result was which, and which were imputed.
    calibration
        The corrections, or None.
    gate
        What a quick check of the model on these cells found; None where there was none.
    cells
        Number of cells.
    zeros_filled
        Number of zeros that got a value.
    empty_cells
        Number of cells without counts in the model's genes; they are left as they are.
    shallow_cells
        Number of cells, those included, that are less than a tenth as deep as is usual in the dataset.
    device, remark
        What the graph ran on: ``cpu`` or ``cuda``; and why not on a GPU that there is, or empty.
    """

    alignment: Alignment
    calibration: Calibration | None
    gate: Gate | None
    cells: int
    zeros_filled: int
    empty_cells: int
    shallow_cells: int
    device: str
    remark: str


def run_blocks(
    prepared: Prepared,
    source: Counts,
    settings: Settings,
    sink: AddsBlocks,
    *,
    cells: int,
    fill: FillBlocks | None = None,
    journal: Journal | None = None,
    on_block: OnBlock | None = None,
) -> Imputation:
    """Impute block by block what was prepared.

    Parameters
    ----------
    prepared
        What blocks have in common.
    source
        The counts, cells x genes.
    settings
        How to impute.
    sink
        What takes the filled blocks.
    cells
        Number of cells.
    fill
        Fills the blocks elsewhere; by default threads of this process do.
    journal
        Keeps finished blocks, and has those of an earlier run.
    on_block
        Called with the number of cells done and of all cells after every block.
    """
    zeros = empty = shallow = done = 0
    blocks = blocks_of(cells, settings.block_size)
    for block in _filled(prepared, fill or _here(source, settings), blocks, journal):
        sink.add(block.values)
        zeros += block.zeros
        empty += block.empty
        shallow += block.shallow
        done += block.values.shape[0]
        if on_block is not None:
            on_block(done, cells)
    known = not_run_yet(prepared, cells=cells)
    return replace(known, zeros_filled=zeros, empty_cells=empty, shallow_cells=shallow)


def not_run_yet(prepared: Prepared, *, cells: int) -> Imputation:
    """Return what is known before any block was filled; what only blocks tell is -1."""
    return Imputation(
        alignment=prepared.alignment,
        calibration=prepared.plan.calibration,
        gate=prepared.gate,
        device=prepared.network.device,
        remark=prepared.network.remark,
        cells=cells,
        zeros_filled=-1,
        empty_cells=-1,
        shallow_cells=-1,
    )


def _here(source: Counts, settings: Settings) -> FillBlocks:
    """Return what fills blocks in threads of this process."""
    return lambda prepared, blocks: fill_blocks(
        prepared.plan, prepared.network, source, blocks, workers=settings.threads
    )


def _filled(
    prepared: Prepared, fill: FillBlocks, blocks: Sequence[slice], journal: Journal | None
) -> Iterator[Filled]:
    """Yield every filled block in order: first those that a journal has, then new ones."""
    if journal is None:
        yield from fill(prepared, blocks)
        return
    yield from journal.blocks(blocks)
    for block in fill(prepared, blocks[journal.kept :]):
        journal.keep(block)
        yield block


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that blocks have in common.

    Attributes
    ----------
    plan
        What is done to a block.
    network
        The open graph.
    needed
        The sub-networks that it runs; None for all.
    alignment
        Of the result's genes.
    gate
        What a quick check of the model on these cells found; None where there was none.
    """

    plan: Plan
    network: Network
    needed: list[int] | None
    alignment: Alignment
    gate: Gate | None


def prepare(
    bundle: Bundle,
    open_network: Opener,
    source: Counts,
    names: Names,
    settings: Settings,
    *,
    cells: int,
    dense: bool,
    alignment: Alignment | None = None,
) -> Prepared:
    """Decide all that blocks have in common: the genes, the calibration, which are worth it, the sub-networks.

    Parameters
    ----------
    bundle, open_network
        The model, and what opens its graph.
    source
        The counts, cells x genes.
    names
        What its columns are called.
    settings
        How to impute.
    cells
        Number of cells.
    dense
        Give dense blocks rather than CSR.
    alignment
        Of these names with the model, where it is known; by default they are aligned here.

    Raises
    ------
    GeneMatchError
        When dataset and model share too few genes, differ in species, or the model predicts no gene better than its
        mean.
    FitError
        When the model does not fit as the settings require.
    UsageError
        When the model does not fill a gene that was asked for.
    """
    genes, meaning = bundle.genes, bundle.manifest.graph.output_meaning
    own = bundle.manifest.min_coverage
    whole = alignment or align(
        genes,
        names.spellings,
        expression=names.expression,
        species=bundle.manifest.species,
        min_coverage=own if settings.min_coverage is None else settings.min_coverage,
        least_inputs=enough_inputs(genes, settings.min_coverage),
        elsewhere=names.elsewhere,
    )
    shown = whole if names.shown is None else whole.take(names.shown)
    needed = None
    if settings.genes is not None:
        shown = _only(shown, genes, settings.genes)
    calibration = gate = None
    if settings.calibrate or settings.gate:
        every = open_network(None)
        gene_map = map_genes(whole, genes, inputs=every.inputs)
        with one_blas_thread():
            some = candidate_cells(source, gene_map, cells=cells, workers=settings.threads)
            if settings.calibrate:
                calibration = calibrate(
                    every,
                    some,
                    targets=genes.targets,
                    measured=whole.column_of_gene[genes.targets] >= 0,
                    meaning=meaning,
                    workers=settings.threads,
                )
            if settings.gate:
                gate = measure_gate(
                    every,
                    gene_map,
                    some,
                    outputs=np.searchsorted(genes.targets, whole.gene_of_column[whole.target_columns]),
                    meaning=meaning,
                    calibrated=settings.calibrate,
                    part=None if calibration is None else calibration.part,
                    workers=settings.threads,
                )
    heed(gate, settings.require, asked=settings.gate)
    if gate is not None:
        shown = _gated(shown, genes, gate)
    if settings.genes is not None or gate is not None:
        needed = sorted({genes[row].subnetwork for row in shown.gene_of_column[shown.target_columns].tolist()})
    network = open_network(needed)
    columns = shown.target_columns
    rows = shown.gene_of_column[columns]
    score_of_gene = np.full(len(genes) + 1, -1, dtype=np.intp)  # the last one is that of no gene
    if calibration is not None:
        scored = genes.targets[calibration.score_genes]
        score_of_gene[scored] = np.arange(len(scored))
    plan = Plan(
        gene_map=map_genes(whole, genes, inputs=network.inputs),
        calibration=None if calibration is None else calibration.take(np.searchsorted(genes.targets, rows)),
        score_of_column=score_of_gene[whole.gene_of_column],
        columns=columns,
        outputs=np.searchsorted(network.targets, rows),
        source_columns=names.shown,
        inverse_dispersion=genes.column("inverse_dispersion")[rows].astype(np.float32),
        estimate=settings.estimate,
        meaning=meaning,
        policy=settings.policy,
        drop_below=settings.drop_below,
        dense=dense,
        dtype=settings.dtype,
    )
    return Prepared(plan=plan, network=network, needed=needed, alignment=shown, gate=gate)


def _gated(alignment: Alignment, genes: GeneIndex, gate: Gate) -> Alignment:
    """Return the alignment without the genes that the model predicts no better than their mean."""
    found = _without(alignment, set(genes.targets[gate.outputs[~gate.better]].tolist()), NO_BETTER)
    if not found.targets_found:
        raise GeneMatchError(
            f"Tried on {gate.cells:,} cells, the model predicts none of the {alignment.targets_found:,} genes "
            "better than their mean does. Choose another model (cellfill check says more), or go on with "
            "--no-gate (gate=False)."
        )
    return found


def _without(alignment: Alignment, rows: set[int], why: str) -> Alignment:
    """Return the alignment with some genes of the model not imputed."""
    reasons = tuple(
        why if reason == IMPUTED and row in rows else reason
        for reason, row in zip(alignment.reasons, alignment.gene_of_column.tolist(), strict=True)
    )
    return replace(alignment, reasons=reasons, targets_found=reasons.count(IMPUTED))


def _only(alignment: Alignment, genes: GeneIndex, names: Sequence[str]) -> Alignment:
    """Return the alignment with all but some genes not asked for."""
    asked = set(target_rows(genes, names))
    found = _without(alignment, set(genes.targets.tolist()) - asked, NOT_ASKED_FOR)
    if not found.targets_found:
        raise GeneMatchError(
            f"The dataset has none of {', '.join(names[:5])} in a form that can be imputed. See why with "
            "cellfill align, or ask for other genes."
        )
    return found


def impute_counts(
    bundle: Bundle,
    network: Network,
    counts: csr_matrix,
    names: Sequence[Sequence[str]],
    settings: Settings,
    *,
    alignment: Alignment | None = None,
) -> tuple[NDArray[np.float32], Imputation]:
    """Impute raw counts in memory; the result, cells x genes, is dense.

    Parameters
    ----------
    bundle, network
        The model, read and opened.
    counts
        Checked raw counts, cells x genes, CSR.
    names
        The dataset's gene names, see `align`.
    settings
        How to impute.
    alignment
        Of these names with the model, where it is known.

    Raises
    ------
    GeneMatchError
        When dataset and model share too few genes.
    """
    result, cells, source = DenseRows(counts.shape, dtype="float32"), counts.shape[0], InMemory(counts)
    named = Names(spellings=names)
    prepared = prepare(
        bundle, lambda _needed: network, source, named, settings, cells=cells, dense=True, alignment=alignment
    )
    return result.matrix(), run_blocks(prepared, source, settings, result, cells=cells)
