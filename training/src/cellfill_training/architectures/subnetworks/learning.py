"""Train all sub-networks of a model together; each stops, and keeps its weights, on its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.subnetworks.dispersion import model_means
from cellfill_training.architectures.subnetworks.network import SubNetworks
from cellfill_training.architectures.subnetworks.readout import Readout, read_off_rare
from cellfill_training.architectures.subnetworks.selection import Plan
from cellfill_training.architectures.subnetworks.start import Start
from cellfill_training.architectures.subnetworks.trainer import Trainer
from cellfill_training.fitting.batches import draw_epoch
from cellfill_training.fitting.early_stopping import EarlyStopping, split_cells
from cellfill_training.fitting.epoch import Clock, Course, Epoch
from cellfill_training.fitting.levels import LEVEL_PRIOR, Levels, gene_totals
from cellfill_training.fitting.options import FitOptions
from cellfill_training.memory import give_back
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A trained model.

    Attributes
    ----------
    networks
        The sub-networks with the weights that they keep.
    best_epochs, held_out_losses
        Of each sub-network: its kept epoch (of several members the last one's), and the held-out loss.
    epochs
        Number of epochs that were run.
    readout
        How rare genes were fitted; None where there are none.
    """

    networks: SubNetworks
    best_epochs: NDArray[np.intp]
    held_out_losses: NDArray[np.float64]
    epochs: int
    readout: Readout | None = None


def fit_networks(
    cohort: Cohort,
    levels: Levels,
    plan: Plan,
    options: FitOptions,
    on_epoch: Callable[[Epoch], None] | None = None,
    *,
    start: Start | None = None,
) -> Fitted:
    """Train the sub-networks of a plan.

    Parameters
    ----------
    cohort
        The cells, in the model's genes, targets first.
    levels
        Of the same cells and genes.
    plan
        Which sub-network reads and fills what.
    options
        Of the training run.
    on_epoch
        Called after every epoch.
    start
        A model to start from, at the level of the training cells, and towards which weights decay. A sub-network
        that no epoch makes better on the held-out cells keeps its weights, as of epoch 0.
    """
    networks = SubNetworks(plan, levels, options)
    training, held = split_cells(cohort.counts.shape[0], options)
    if start is not None:
        networks.restore(start.weights)
        _take_level(networks, cohort, levels, training)
    trainer = Trainer(networks, cohort, levels, options, rare=plan.rare, pull=start is not None)
    count = networks.shape.networks
    give_back()
    best = networks.snapshot()
    stopping = EarlyStopping(np.full(count, np.inf) if start is None else trainer.held_out_loss(held), options)
    of_study = cohort.study[training]
    if on_epoch is not None:
        trivial, own = trainer.trivial_loss(held), _trivial_by_study(trainer, training, of_study)
    rng = np.random.default_rng([options.seed, 4])
    clock, number = Clock(options.max_epochs), 0
    while number < options.max_epochs and stopping.running.any():
        number += 1
        drawn = draw_epoch(training, of_study, options.balance, rng)
        loss = trainer.train(drawn, rng)
        now = trainer.held_out_loss(held)
        kept = stopping.take(now, number)
        for store, variable in zip(best, networks.weights, strict=True):  # one copied at a time
            np.copyto(store, variable.numpy(), where=kept[:, None, None])
        if on_epoch is not None:
            shares = np.bincount(cohort.study[drawn], minlength=len(own)) / len(drawn)
            groups = count / options.members
            course = Course(
                training_gain=(float(shares @ own) - loss) * groups,
                held_out_gain=float((trivial - now).mean()) * groups,
            )
            losses = {"loss": loss, "held_out_loss": float(now.mean())}
            on_epoch(clock.epoch(number, **losses, course=course, stopping=stopping))
    networks.restore(best)
    del best
    best_epoch = stopping.best_epoch
    if options.members > 1:
        networks = networks.merged(plan, levels, options)
        whole = replace(options, members=1, hidden=networks.shape.hidden)
        trainer = Trainer(networks, cohort, levels, whole, rare=plan.rare)
        best_epoch = best_epoch.reshape(options.members, -1).max(axis=0)
    final = trainer.held_out_loss(held)
    give_back()
    readout = read_off_rare(networks, cohort, levels, plan, held=held) if plan.rare.any() else None
    return Fitted(networks=networks, best_epochs=best_epoch, held_out_losses=final, epochs=number, readout=readout)


def _trivial_by_study(trainer: Trainer, cells: NDArray[np.intp], study: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the trivial loss of each study's cells, mean over the sub-networks; 0 for a study without any."""
    every = [cells[study == number] for number in range(study.max() + 1)]
    return np.array([trainer.trivial_loss(own).mean() if len(own) else 0.0 for own in every])


def _take_level(networks: SubNetworks, cohort: Cohort, levels: Levels, training: NDArray[np.intp]) -> None:
    """Bring each target to the level of the training cells, as the first step of the runtime's calibration does.

    Adam's steps are small: of a level off by a factor of two it would take most of the epochs. A published loss has
    no level to take.
    """
    if not networks.poisson:
        return
    targets = networks.shape.targets
    observed, predicted = np.zeros(targets), np.zeros(targets)
    cells = cohort.take_cells(training)
    own = replace(levels, size_factors=levels.size_factors[training])
    for rows, mean in model_means(networks, cells, own):
        known = cells.measured[cells.study[rows]][:, :targets]
        observed += gene_totals(cells.counts[rows][:, :targets])
        predicted += (mean * known).sum(axis=0, dtype=np.float64)
    factor = (LEVEL_PRIOR + observed) / (LEVEL_PRIOR + predicted)
    networks.b2.assign_add(networks.split(np.log(factor)[None].astype(np.float32)))
