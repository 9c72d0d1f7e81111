"""Every choice of the training of a classifier."""

from __future__ import annotations

from dataclasses import dataclass

from cellfill.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierOptions:
    """Choices of a training run.

    Attributes
    ----------
    genes
        Input genes: those that tell types apart, or vary most, in the studies.
    hidden
        Neurons of the hidden layers; the last is the embedding.
    epochs, pretraining_epochs
        Passes over the cells, with labels and before that as a denoising autoencoder.
    learning_rate
        Adam's first step; it falls to 0 along a cosine.
    weight_decay
        Weight of the squared weights in the loss.
    batch_size
        Cells a step.
    least_depth
        Training cells are thinned to between this share of their molecules and all.
    most_hidden
        Largest share of a cell's genes that are hidden, as genes that a dataset lacks.
    factor_sd
        Largest standard deviation of the logarithm of a random factor on every gene, as between chemistries.
    smoothing
        Share of the label that is spread over all types.
    bound
        Inputs are held between minus this and this standard deviations.
    half
        Keep the weights in float16 in the graph.
    seed
        Of all that is drawn.
    """

    genes: int = 2500
    hidden: tuple[int, int] = (128, 64)
    epochs: int = 24
    pretraining_epochs: int = 10
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    batch_size: int = 128
    least_depth: float = 0.15
    most_hidden: float = 0.5
    factor_sd: float = 0.6
    smoothing: float = 0.05
    bound: float = 10.0
    half: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("genes", "epochs", "batch_size", "learning_rate", "bound"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} is {getattr(self, name)}: it must be above 0.")
        for name in ("pretraining_epochs", "weight_decay", "factor_sd", "seed"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} is {getattr(self, name)}: it cannot be below 0.")
        for name in ("most_hidden", "smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}: a share from 0 to below 1.")
        if not 0 < self.least_depth <= 1:
            raise UsageError(f"least_depth is {self.least_depth}: a share above 0, at most 1.")
        if not self.hidden or min(self.hidden) < 1:
            raise UsageError(f"hidden is {self.hidden}: every layer has a neuron or more.")
