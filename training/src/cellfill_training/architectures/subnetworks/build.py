"""Train the sub-networks of a plan, export them, and measure what the gene index says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Graph, SubNetwork
from cellfill.progress import phase
from cellfill_training.architectures.subnetworks.selection import Plan
from cellfill_training.architectures.subnetworks.start import Start
from cellfill_training.fitting.levels import Levels
from cellfill_training.fitting.options import FitOptions
from cellfill_training.memory import give_back
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.subnetworks.learning import Fitted
    from cellfill_training.fitting.epoch import Epoch

# Real held-out cells on which ONNX Runtime and TensorFlow are compared.
_PARITY_CELLS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A trained model, exported: TensorFlow is not needed any more.

    Attributes
    ----------
    graph, form
        The bytes of ``model.onnx``, and what its inputs and its output mean.
    parity
        Largest relative difference between ONNX Runtime and TensorFlow.
    subnetworks
        How the training of each ended.
    epochs
        Number of epochs that were run.
    held
        Cells that stopped the training.
    inverse_dispersion, worth
        Of each gene; without a Poisson likelihood the first is NaN.
    """

    graph: bytes
    form: Graph
    parity: float
    subnetworks: tuple[SubNetwork, ...]
    epochs: int
    held: NDArray[np.intp]
    inverse_dispersion: NDArray[np.float64]
    worth: NDArray[np.float64]


def build(
    cohort: Cohort,
    levels: Levels,
    plan: Plan,
    options: FitOptions,
    *,
    start: Start | None,
    on_epoch: Callable[[Epoch], None] | None,
    say: Callable[[str], None],
) -> Built:
    """Train and export, a step after the other, each giving its memory back.

    Raises
    ------
    ExportError
        When the exported graph disagrees with TensorFlow.
    """
    with phase("starting TensorFlow"):
        from cellfill_training.architectures.subnetworks.dispersion import inverse_dispersion
        from cellfill_training.architectures.subnetworks.export import check_export, export_graph
        from cellfill_training.architectures.subnetworks.learning import fit_networks
        from cellfill_training.architectures.subnetworks.worth import gene_worth
        from cellfill_training.fitting.early_stopping import split_cells

    with phase("epochs"):
        fitted = fit_networks(cohort, levels, plan, options, on_epoch, start=start)
    if fitted.readout is not None:
        read = fitted.readout
        say(
            f"{read.genes:,} rare genes are read off what the others trained: {read.held_out_gain:.3f} nats a "
            f"held-out molecule better than their means (variance {read.variance:g} of the prior)"
        )
    say("exporting to ONNX, and comparing with TensorFlow")
    _, held = split_cells(cohort.counts.shape[0], options)
    if options.half:
        fitted.networks.halve()
    with phase("exporting"):
        graph, form = export_graph(fitted.networks, half=options.half)
        give_back()
        parity = check_export(graph, fitted.networks, cohort.counts[held[:_PARITY_CELLS]].toarray())
    give_back()
    poisson = options.objective == "poisson"
    if poisson:
        phi = inverse_dispersion(fitted.networks, cohort, levels, rare=plan.rare)
    else:
        phi = np.full(len(cohort.genes), np.nan)
    say("measuring what each gene is worth")
    with phase("what each gene is worth"):
        worth = gene_worth(fitted.networks, cohort, levels, held)
    subnetworks, epochs = _subnetworks(plan, fitted), fitted.epochs
    del fitted
    give_back()
    return Built(
        graph=graph,
        form=form,
        parity=parity,
        subnetworks=subnetworks,
        epochs=epochs,
        held=held,
        inverse_dispersion=phi,
        worth=worth,
    )


def _subnetworks(plan: Plan, fitted: Fitted) -> tuple[SubNetwork, ...]:
    return tuple(
        SubNetwork(
            targets=len(plan.group(i)),
            predictors=len(predictors),
            best_epoch=int(fitted.best_epochs[i]),
            held_out_loss=round(float(fitted.held_out_losses[i]), 6),
        )
        for i, predictors in enumerate(plan.predictors)
    )
