"""Every choice of a training run, and the two presets."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, get_args

from cellfill.errors import UsageError

Preset = Literal["default", "paper"]
Objective = Literal["poisson", "weighted-mse"]
Balance = Literal["cells", "sqrt", "studies"]
PRESET_NAMES: tuple[Preset, ...] = get_args(Preset)


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOptions:
    """Choices of a training run; the defaults are those of the ``default`` preset.

    Attributes
    ----------
    min_genes
        Cells with fewer detected genes are left out.
    cells_fraction
        Share of the cells that is used (paper, Fig. 6c).
    held_out_fraction
        Share of the cells that stops the training and never trains (paper: 5 %).
    min_detection
        Share of the training cells that must have a gene for it to be a target or a predictor.
    min_dispersion
        Least variance/mean of the counts of a target gene (paper: 0.5).
    max_targets
        Keep only so many targets, those detected in most cells; None keeps all.
    group_size
        Largest number of targets a sub-network (paper: 512).
    even_groups
        Split the targets into four or more groups of one size, rather than full groups and one that holds the rest.
    predictors_per_target
        Best genes by absolute Pearson, outside the group that each target brings in (paper: 5).
    predictor_scale
        What is correlated: ``counts`` (the original program) or ``log-normalised``, log1p of counts by size
        factor. Either is centred within each study, so that a difference between labs is no correlation.
    max_predictors
        Most predictors a sub-network, those with the largest summed correlation; None keeps all.
    hidden
        Neurons of the hidden layer (paper: 256).
    members
        Networks a group, each from weights of its own, whose mean is what the group's sub-network says: their
        hidden neurons side by side. Two or more cost as many times the training, weights and inference.
    dropout
        Share of hidden neurons dropped in training (paper: 0.2).
    objective
        ``poisson``: Poisson likelihood of all counts, log link, size-factor offset; inputs are log1p counts
        by size factor, centred. ``weighted-mse``: the paper's sum of Y (Y - Yhat)^2 on log1p counts.
    study_levels
        Give each training study its own level of each gene, as calibration gives the new dataset, so that
        the networks learn cells and not labs. Poisson only.
    balance
        What a study's share of an epoch goes with: its number of ``cells``, so that each is seen once, the ``sqrt``
        of it, or nothing, so that all ``studies`` have the same share. An epoch has as many cells in any case.
    thinning
        Share of cells whose inputs are binomially thinned in an epoch, to a depth of 30 to 100 %; what they
        are to predict stays whole. So that shallow cells are seen in training. Poisson only.
    hide
        Largest share of a cell's predictor genes that are hidden in training, as genes that a dataset lacks.
    weight_decay
        Decoupled weight decay of the weights (not the biases), as a share of the learning rate a step
        (Loshchilov & Hutter 2019).
    learning_rate
        Adam's step (paper: 1e-4).
    batch_size
        Cells a step (paper: 64).
    max_epochs
        Most passes over the cells (paper: 500).
    patience
        Epochs without a better held-out loss after which a sub-network stops (paper: 5).
    keep
        The weights that a sub-network keeps: of its ``best`` epoch, or the ``last`` (original program).
    min_coverage
        Least share of what the input genes tell the model (`worth` in genes.tsv, summed over those measured)
        that a dataset must have. On random subsets of the genes of a PBMC study, the calibrated model keeps three
        quarters of its gain over gene mean x library from a coverage of 0.1 on, and may lose all below 0.05.
    seed
        Seeds everything that is drawn.
    """

    min_genes: int = 200
    cells_fraction: float = 1.0
    held_out_fraction: float = 0.05
    min_detection: float = 0.02
    min_dispersion: float = 0.0
    max_targets: int | None = None
    group_size: int = 512
    even_groups: bool = True
    predictors_per_target: int = 5
    predictor_scale: Literal["counts", "log-normalised"] = "counts"
    max_predictors: int | None = None
    hidden: int = 256
    members: int = 1
    dropout: float = 0.2
    objective: Objective = "poisson"
    study_levels: bool = True
    balance: Balance = "cells"
    thinning: float = 1.0
    hide: float = 0.0
    weight_decay: float = 1.0
    learning_rate: float = 1e-3
    batch_size: int = 64
    max_epochs: int = 100
    patience: int = 3
    keep: Literal["best", "last"] = "best"
    min_coverage: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        shares = (
            "cells_fraction",
            "held_out_fraction",
            "min_detection",
            "dropout",
            "thinning",
            "hide",
            "min_coverage",
        )
        for name in shares:
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise UsageError(f"{name} is {value}; it is a share, from 0 to 1.")
        for name in ("cells_fraction", "held_out_fraction"):
            if getattr(self, name) == 0:
                raise UsageError(f"{name} is 0; it must leave some cells.")
        if self.held_out_fraction > 0.5 or self.dropout > 0.95:
            raise UsageError("held_out_fraction must be at most 0.5, and dropout at most 0.95.")
        for name in (
            "group_size",
            "predictors_per_target",
            "hidden",
            "members",
            "batch_size",
            "max_epochs",
            "patience",
        ):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        for name in ("max_targets", "max_predictors"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if not self.learning_rate > 0 or not 0 <= self.weight_decay * self.learning_rate < 1:
            raise UsageError(
                f"learning_rate is {self.learning_rate}, weight_decay {self.weight_decay}: the first must be "
                "positive, the second at least 0, and their product below 1."
            )
        if self.balance not in get_args(Balance):
            raise UsageError(f"balance is {self.balance!r}; it is one of {', '.join(get_args(Balance))}.")
        if self.objective == "weighted-mse" and self.thinning:
            raise UsageError("thinning goes with the poisson objective only.")


# DeepImpute as published. Where the paper is silent, the original program (version 1.2) decides: predictors
# are correlated on raw counts, and the last weights are kept. docs/method.md lists every difference.
_PAPER = FitOptions(
    min_dispersion=0.5,
    even_groups=False,
    objective="weighted-mse",
    study_levels=False,
    thinning=0.0,
    hide=0.0,
    weight_decay=0.0,
    learning_rate=1e-4,
    max_epochs=500,
    patience=5,
    keep="last",
)

# Options that made a model what it is: a training that continues from it takes them over.
STRUCTURE = (
    "min_detection",
    "min_dispersion",
    "max_targets",
    "group_size",
    "even_groups",
    "predictors_per_target",
    "predictor_scale",
    "max_predictors",
    "hidden",
    "members",
    "objective",
)

PRESETS: dict[Preset, FitOptions] = {"default": FitOptions(), "paper": _PAPER}


def options_for(preset: Preset, **changes: Any) -> FitOptions:
    """Return a preset's options with some of them changed; a change to None leaves the preset's value.

    Raises
    ------
    UsageError
        When there is no such preset or option, or a value means nothing.
    """
    if preset not in PRESETS:
        raise UsageError(f"There is no preset {preset!r}; there are {', '.join(PRESET_NAMES)}.")
    known = {f.name for f in dataclasses.fields(FitOptions)}
    if unknown := set(changes) - known:
        raise UsageError(f"There is no option {min(unknown)!r}; there are {', '.join(sorted(known))}.")
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(PRESETS[preset], **given)


# A third of the learning rate gave a little more Pearson, and as much error (docs/method.md, Fine-tuning).
_TUNING: dict[Preset, dict[str, Any]] = {"default": {"learning_rate": 3e-4}, "paper": {}}


def tuning_options(preset: Preset, **changes: Any) -> FitOptions:
    """Return a preset's options for a training that continues from a model, with some of them changed.

    As `options_for`, with a learning rate of 3e-4 in the default preset; ``weight_decay`` draws weights towards
    those of the model rather than towards zero.

    Raises
    ------
    UsageError
        When a change is one that the model decides (`STRUCTURE`), or as in `options_for`.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if fixed := sorted(set(given) & {*STRUCTURE}):
        raise UsageError(
            f"{fixed[0]} is decided by the model that the training continues from: leave it out, or train a model "
            "of your own without --from."
        )
    return options_for(preset, **(_TUNING.get(preset, {}) | given))
