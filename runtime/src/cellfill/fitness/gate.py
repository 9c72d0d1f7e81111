"""Which genes a model predicts better than a constant does, on the very cells that it is to fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.fitness.likeness import likeness_of
from cellfill.fitness.molecules import MoleculeGains, measure_molecules
from cellfill.fitness.shrink import shrink
from cellfill.fitness.space import make_space
from cellfill.fitness.verdict import Evidence, Verdict, judge
from cellfill.network.threads import beside

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.calibration.corrections import Reach
    from cellfill.fitness.entries import HiddenEntries
    from cellfill.fitness.space import Space
    from cellfill.network.cells import GeneMap, ModelCells
    from cellfill.network.session import Network

    Float64 = NDArray[np.float64]

# So many cells settle which genes gain anything worth having; fewer are asked several times.
GATE_CELLS = 600
_MOST_FOLDS = 4
# What the cells teach without the model shows on a part of the genes.
ALONE_GENES = 1500
# Of fewer cells a tenth of the molecules says nothing gene by gene.
LEAST_CELLS = 20
# A gene of which this is exceeded is likelier predicted better than its mean than not.
LIKELIER = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a quick check found.

    Attributes
    ----------
    outputs
        The judged genes, as columns of the graph's output.
    gain
        Of each, in nats a molecule over gene mean x library (of a model without means: in squared error of log1p
        counts below the non-zero mean + library slope), shrunk; NaN of a gene without counts in these cells.
    better
        Those that are filled: all but those that are likelier worse off than better.
    known
        The probability of each that the model itself, only its level corrected, predicts it better than the
        baseline; where it is small, what gain there is comes from what the calibration learned from these cells.
        NaN of a gene without counts.
    cells, folds
        How many cells were looked at, how often.
    of
        What was hidden.
    verdict, reasons, evidence
        What it means.
    """

    outputs: NDArray[np.intp]
    gain: Float64
    better: NDArray[np.bool_]
    known: Float64
    cells: int
    folds: int
    of: Literal["molecules", "entries"]
    verdict: Verdict
    reasons: tuple[str, ...]
    evidence: Evidence

    def record(self) -> dict[str, Any]:
        """Return what the provenance says of it."""
        tried = np.isfinite(self.gain)
        return {
            "verdict": self.verdict,
            "why": " ".join(self.reasons),
            "cells": self.cells,
            "folds": self.folds,
            "hidden": self.of,
            "genes": int(tried.sum()),
            "genes_without_counts": int((~tried).sum()),
            "genes_better": int(self.better[tried].sum()),
            "genes_better_alone": int((self.known[tried] > LIKELIER).sum()),
            "gain": self.evidence.level,
            "knowledge": self.evidence.knowledge,
            "likeness": self.evidence.likeness,
        }


def measure_gate(
    network: Network,
    gene_map: GeneMap,
    cells: ModelCells,
    *,
    outputs: NDArray[np.intp],
    meaning: Literal["expected", "expressed"],
    calibrated: bool,
    part: Reach | None,
    workers: int,
) -> Gate | None:
    """Check quickly which genes are worth filling; None for so few cells that nothing can be said.

    Parameters
    ----------
    network, gene_map, cells
        The open graph, whole, and cells of the dataset in its genes.
    outputs
        The genes that would be filled, as columns of the graph's output.
    meaning
        What the graph's output means.
    calibrated
        Whether it will be calibrated.
    part
        How far the calibration will go.
    workers
        Threads to use.
    """
    # In the order of the model, which the counts have: nothing is sorted then.
    space = make_space(network, gene_map, cells, outputs=np.sort(outputs), most=GATE_CELLS, workers=workers)
    number = space.counts.shape[0]
    if number < LEAST_CELLS or len(outputs) == 0:
        return None
    folds = int(np.clip(GATE_CELLS // number, 1, _MOST_FOLDS))
    if meaning == "expected":
        return of_molecules(
            space,
            measure_molecules(
                space,
                folds=folds,
                calibrated=calibrated,
                part=part,
                readings=("level", "calibrated"),
                most_alone=ALONE_GENES,
            ),
            calibrated=calibrated,
        )
    from cellfill.fitness.entries import measure_entries

    entries = measure_entries(space, rounds=folds + 1, calibrated=calibrated, meaning=meaning, part=part)
    return of_entries(space, entries, rounds=folds + 1)


def of_molecules(space: Space, measured: MoleculeGains, *, calibrated: bool) -> Gate:
    """Return what molecular cross-validation says of each gene, with or without a calibration."""
    with beside(space.workers) as soon:
        alone = soon(lambda: shrink(*measured.by_gene("level")))
        gain, _ = shrink(*measured.by_gene("calibrated"))
        _, own = alone()
    return _gate(
        space,
        gain,
        own,
        folds=measured.folds,
        of="molecules",
        level=measured.per_molecule("level"),
        knowledge=measured.knowledge,
        ahead=measured.loss_of("calibrated") < measured.none_loss,
        corrected=calibrated,
    )


def of_entries(space: Space, measured: HiddenEntries, *, rounds: int) -> Gate:
    """Return what hidden entries say of each gene."""
    from cellfill.fitness import baselines
    from cellfill.fitness.entries import CALIBRATED, PLAIN

    method = CALIBRATED if CALIBRATED in measured.found else PLAIN
    means, variances, _ = measured.gains(method, genes=len(space.outputs))
    gain, known = shrink(means, variances)
    worst, own = float(measured.squares(baselines.NONZERO).sum()), float(measured.squares(method).sum())
    level = 1 - own / worst if worst > 0 else 0.0
    return _gate(space, gain, known, folds=rounds, of="entries", level=level, knowledge=float("nan"))


def _gate(
    space: Space,
    gain: Float64,
    known: Float64,
    *,
    folds: int,
    of: Literal["molecules", "entries"],
    level: float,
    knowledge: float,
    ahead: bool = True,
    corrected: bool = False,
) -> Gate:
    seen = space.observed(space.counts).getnnz(axis=0) > 0
    gain, known = np.where(seen, gain, np.nan), np.where(seen, known, np.nan)
    better = ~(gain <= 0)
    evidence = Evidence(
        level=level,
        knowledge=knowledge,
        known=float((known[seen] > LIKELIER).mean()) if seen.any() else 0.0,
        genes=int(seen.sum()),
        cells=space.counts.shape[0],
        ahead=ahead,
        likeness=likeness_of(space),
        helped=float(better[seen].mean()) if corrected and seen.any() else float("nan"),
    )
    verdict, reasons = judge(evidence)
    return Gate(
        outputs=space.outputs,
        gain=gain,
        better=better,
        known=known,
        cells=space.counts.shape[0],
        folds=folds,
        of=of,
        verdict=verdict,
        reasons=reasons,
        evidence=evidence,
    )
