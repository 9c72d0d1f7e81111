"""Every choice of a training run."""

from dataclasses import dataclass
from typing import Annotated, Literal

from cellfill.errors import UsageError
from cellfill.options.checks import Share, Whole
from cellfill.options.declared import Options, declared_in
from cellfill.options.option import Option
from cellfill.options.taking import documented

Objective = Literal["poisson", "weighted-mse"]
Balance = Literal["cells", "sqrt", "studies"]


@dataclass(frozen=True, kw_only=True)
class FitOptions(Options):
    """Choices of a training run; the defaults are those of the ``default`` preset.

    Attributes
    ----------
    **options
    """

    min_genes: Annotated[
        int,
        Option(
            "Detected genes a cell must have.",
            "Cells",
            more="The others are left out.",
            check=Whole(least=0),
        ),
    ] = 200
    cells_fraction: Annotated[
        float,
        Option(
            "Share of the cells to train on.",
            "Cells",
            more="See Fig. 6c of the paper.",
            check=Share(),
        ),
    ] = 1.0
    held_out_fraction: Annotated[
        float,
        Option(
            "Share of cells that stops training.",
            "Cells",
            more="They never train (paper: 5 %).",
            check=Share(),
        ),
    ] = 0.05
    min_detection: Annotated[
        float,
        Option(
            "Share of cells that must have a gene.",
            "Genes",
            more="Of the training cells, for it to be a target or a predictor.",
            check=Share(),
        ),
    ] = 0.02
    rare_cells: Annotated[
        int | None,
        Option(
            "Also fill genes that so many cells have and --min-detection leaves out, such as 30.",
            "Genes",
            more="Genes that min_detection leaves out and that so many training cells have are targets, too: they "
            "train no hidden neuron and predict nothing, but are read off what the others trained, their weights "
            "shrunk towards those of common genes. None leaves them out. Poisson only.",
            check=Whole(),
        ),
    ] = None
    min_dispersion: Annotated[
        float,
        Option(
            "Least variance/mean of a target.",
            "Genes",
            more="Of its counts (paper: 0.5).",
        ),
    ] = 0.0
    max_targets: Annotated[
        int | None,
        Option(
            "Most targets, by detection.",
            "Genes",
            more="Those detected in most cells are kept; None keeps all.",
            check=Whole(),
        ),
    ] = None
    group_size: Annotated[
        int,
        Option(
            "Most targets a sub-network.",
            "Genes",
            more="512 in the paper.",
            check=Whole(),
        ),
    ] = 512
    even_groups: Annotated[
        bool,
        Option(
            "Groups of one size, at least four.",
            "Genes",
            more="Rather than full groups and one that holds the rest.",
        ),
    ] = True
    predictors_per_target: Annotated[
        int,
        Option(
            "Predictors each target brings in.",
            "Genes",
            more="The best genes by absolute Pearson, outside the group (paper: 5).",
            check=Whole(),
        ),
    ] = 5
    predictor_scale: Annotated[
        Literal["counts", "log-normalised"],
        Option(
            "What is correlated to find predictors.",
            "Genes",
            more="What is correlated: ``counts`` (the original program) or ``log-normalised``, log1p of counts "
            "by size factor. Either is centred within each study, so that a difference between labs is no "
            "correlation.",
        ),
    ] = "counts"
    max_predictors: Annotated[
        int | None,
        Option(
            "Most predictors a sub-network.",
            "Genes",
            more="Those with the largest summed correlation; None keeps all.",
            check=Whole(),
        ),
    ] = None
    hidden: Annotated[
        int,
        Option(
            "Neurons of the hidden layer.",
            "Network",
            more="256 in the paper.",
            check=Whole(),
        ),
    ] = 256
    members: Annotated[
        int,
        Option(
            "Networks averaged in each sub-network.",
            "Network",
            more="Each from weights of its own, their hidden neurons side by side. Two or more cost as many times "
            "the training, weights and inference.",
            check=Whole(),
        ),
    ] = 1
    dropout: Annotated[
        float,
        Option(
            "Share of hidden neurons dropped in training.",
            "Network",
            more="0.2 in the paper.",
            check=Share(),
        ),
    ] = 0.2
    objective: Annotated[
        Objective,
        Option(
            "What is minimised.",
            "Network",
            more="``poisson``: Poisson likelihood of all counts, log link, size-factor offset; inputs are "
            "log1p counts by size factor, centred. ``weighted-mse``: the paper's sum of Y (Y - Yhat)^2 on "
            "log1p counts.",
        ),
    ] = "poisson"
    study_levels: Annotated[
        bool,
        Option(
            "Each study has its own level of a gene.",
            "Network",
            more="As calibration gives one to the new dataset, so that the networks learn cells and not labs. "
            "Poisson only.",
        ),
    ] = True
    balance: Annotated[
        Balance,
        Option(
            "What a study's share of an epoch goes with.",
            "Cells",
            more="Its number of ``cells``, so that each is seen once, the ``sqrt`` of it, or nothing, so that all "
            "``studies`` have the same share. An epoch has as many cells in any case.",
        ),
    ] = "cells"
    thinning: Annotated[
        float,
        Option(
            "Share of cells thinned in an epoch.",
            "Training",
            more="Their inputs, binomially, to a depth of 30 to 100 %; what they are to predict stays whole. So "
            "that shallow cells are seen in training. Poisson only.",
            check=Share(),
        ),
    ] = 1.0
    hide: Annotated[
        float,
        Option(
            "Largest share of genes hidden in training.",
            "Training",
            more="Of a cell's predictors, as genes that a dataset lacks.",
            check=Share(),
        ),
    ] = 0.0
    weight_decay: Annotated[
        float,
        Option(
            "Decoupled weight decay.",
            "Training",
            more="Of the weights (not the biases), as a share of the learning rate a step (Loshchilov & Hutter "
            "2019).",
        ),
    ] = 1.0
    learning_rate: Annotated[
        float,
        Option(
            "Adam's step.",
            "Training",
            more="1e-4 in the paper.",
        ),
    ] = 1e-3
    batch_size: Annotated[
        int,
        Option(
            "Cells a step.",
            "Training",
            more="64 in the paper.",
            check=Whole(),
        ),
    ] = 64
    max_epochs: Annotated[
        int,
        Option(
            "Most passes over the cells.",
            "Training",
            more="500 in the paper.",
            check=Whole(),
        ),
    ] = 100
    patience: Annotated[
        int,
        Option(
            "Epochs without progress before stopping.",
            "Training",
            more="Of the held-out loss, sub-network by sub-network (paper: 5).",
            check=Whole(),
        ),
    ] = 3
    keep: Annotated[
        Literal["best", "last"],
        Option(
            "Weights to keep.",
            "Training",
            more="The weights that a sub-network keeps: of its ``best`` epoch, or the ``last`` (original program).",
        ),
    ] = "best"
    half: Annotated[bool, Option("Keep the weights in float16 in the graph.", "Training")] = True
    min_coverage: Annotated[
        float,
        Option(
            "Least coverage of a dataset to impute.",
            "Genes",
            more="Least share of what the input genes tell the model (`worth` in genes.tsv, summed over those "
            "measured) that a dataset must have. On random subsets of the genes of a PBMC study, the "
            "calibrated model keeps three quarters of its gain over gene mean x library from a coverage "
            "of 0.1 on, and may lose all below 0.05.",
            check=Share(),
        ),
    ] = 0.1
    seed: Annotated[
        int,
        Option(
            "Seeds everything that is drawn.",
            "Training",
            check=Whole(least=0),
        ),
    ] = 0

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        super().__post_init__()
        for name in ("cells_fraction", "held_out_fraction"):
            if getattr(self, name) == 0:
                raise UsageError(f"{name} is 0; it must leave some cells.")
        for name, most in (("held_out_fraction", 0.5), ("dropout", 0.95)):
            if getattr(self, name) > most:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at most {most}.")
        if not self.learning_rate > 0 or not 0 <= self.weight_decay * self.learning_rate < 1:
            raise UsageError(
                f"learning_rate is {self.learning_rate}, weight_decay {self.weight_decay}: the first must be "
                "positive, the second at least 0, and their product below 1."
            )
        if self.objective == "weighted-mse" and (self.thinning or self.rare_cells is not None):
            raise UsageError("thinning and rare_cells go with the poisson objective only.")


FitOptions.__doc__ = documented(FitOptions.__doc__, declared_in(FitOptions))
