"""Every choice of the training of a classifier."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from cellfill.errors import UsageError
from cellfill.options.checks import Share, Whole
from cellfill.options.declared import Options, declared_in
from cellfill.options.option import Option
from cellfill.options.taking import documented

_GROUP = "Types and embeddings"
# Of pbmc3k, thinned and hidden as training does to the utmost, 41 % of the cells have no count in the 20 genes that
# tell most, and 1 % none in 50.
LEAST_GENES = 50
# In the mean of six datasets hidden layers name less than none up to 800 labelled cells, and as many with 1,000
# (benchmarks/cell_types/few-labels.md).
LEAST_DEEP = 1000
OF_LAYERS = (
    "hidden",
    "dimensions",
    "epochs",
    "pretraining_epochs",
    "learning_rate",
    "penalty",
    "batch_size",
    "smoothing",
)


@dataclass(frozen=True, slots=True)
class _Positive:
    """A number above 0, or from 0 on."""

    or_zero: bool = False

    def __call__(self, name: str, value: Any, /) -> float:
        """Return it."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"{name} is {value!r}; it must be a number.")
        if not (value >= 0 if self.or_zero else value > 0) or value == float("inf"):
            raise UsageError(f"{name} is {value}: it must be {'0 or above' if self.or_zero else 'above 0'}.")
        return float(value)


@dataclass(frozen=True, slots=True)
class _EnoughGenes:
    """A number of genes in which a shallow cell has counts."""

    def __call__(self, name: str, value: Any, /) -> int:
        """Return it."""
        number = Whole()(name, value)
        if number < LEAST_GENES:
            raise UsageError(
                f"{name} is {number}: many a shallow cell has no count at all in so few genes, and nothing can be "
                f"said of it. Give {LEAST_GENES} or more."
            )
        return number


@dataclass(frozen=True, kw_only=True)
class ClassifierOptions(Options):
    """Choices of a training run.

    Attributes
    ----------
    **options
    """

    genes: Annotated[
        int,
        Option(
            "Most genes that are read.",
            _GROUP,
            more=f"Those that tell types apart, or vary most, in the studies; {LEAST_GENES} or more.",
            check=_EnoughGenes(),
        ),
    ] = 2500
    network: Annotated[
        Literal["auto", "deep", "linear"],
        Option(
            "Whether there are hidden layers.",
            _GROUP,
            more=f"auto: from {LEAST_DEEP:,} labelled cells on, or with one of their choices; of fewer a linear "
            "model names more.",
        ),
    ] = "auto"
    hidden: Annotated[int, Option("Neurons of the first hidden layer.", _GROUP, check=Whole())] = 128
    dimensions: Annotated[
        int,
        Option("Dimensions of the embedding.", _GROUP, more="Neurons of the last hidden layer.", check=Whole()),
    ] = 64
    epochs: Annotated[int, Option("Passes over the cells with labels.", _GROUP, check=Whole())] = 24
    pretraining_epochs: Annotated[
        int,
        Option(
            "Passes over all cells before that.",
            _GROUP,
            more="As a denoising autoencoder; cells without a label take part.",
            check=Whole(least=0),
        ),
    ] = 10
    learning_rate: Annotated[
        float,
        Option("Adam's first step.", _GROUP, more="It falls to 0 along a cosine.", check=_Positive()),
    ] = 1e-3
    penalty: Annotated[
        float, Option("Weight of the squared weights in the loss.", _GROUP, check=_Positive(or_zero=True))
    ] = 1e-4
    batch_size: Annotated[int, Option("Cells a step.", _GROUP, check=Whole())] = 128
    least_depth: Annotated[
        float,
        Option(
            "Least share of a training cell's molecules that is kept.",
            _GROUP,
            more="Cells are thinned to between this and all of them.",
            check=Share(),
        ),
    ] = 0.15
    most_hidden: Annotated[
        float,
        Option(
            "Largest share of a cell's genes that are hidden.",
            _GROUP,
            more="As genes that a dataset lacks.",
            check=Share(),
        ),
    ] = 0.5
    factor_sd: Annotated[
        float,
        Option(
            "Largest spread of a random factor on every gene.",
            _GROUP,
            more="Standard deviation of its logarithm, as between chemistries.",
            check=_Positive(or_zero=True),
        ),
    ] = 0.6
    smoothing: Annotated[
        float, Option("Share of the label that is spread over all types.", _GROUP, check=Share())
    ] = 0.05
    bound: Annotated[
        float,
        Option("Standard deviations at which inputs are held.", _GROUP, check=_Positive()),
    ] = 10.0
    half: Annotated[bool, Option("Keep the weights in float16 in the graph.", _GROUP)] = True
    confidence: Annotated[
        float,
        Option(
            "Least probability of an answer, by default.",
            _GROUP,
            more="What `cellfill.annotate` takes where a person names none.",
            check=Share(),
        ),
    ] = 0.5
    min_coverage: Annotated[
        float,
        Option(
            "Least coverage of a dataset to name or embed.",
            _GROUP,
            more="Least share of what the input genes tell (`worth` in genes.tsv) that a dataset must have.",
            check=Share(),
        ),
    ] = 0.1
    seed: Annotated[int, Option("Seeds everything that is drawn.", _GROUP, check=Whole(least=0))] = 0

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        super().__post_init__()
        for name in ("most_hidden", "smoothing"):
            if getattr(self, name) == 1:
                raise UsageError(f"{name} is 1: it must leave something.")
        if not self.least_depth:
            raise UsageError("least_depth is 0: it must leave some molecules.")
        if self.network == "linear" and (given := self.of_layers):
            raise UsageError(
                f"{given[0]} is of hidden layers, and the network is linear: leave one of the two out."
            )

    @property
    def of_layers(self) -> tuple[str, ...]:
        """Choices of hidden layers and their training that are not the default ones."""
        return tuple(name for name in OF_LAYERS if getattr(self, name) != getattr(type(self), name))

    def settled(self, *, labelled: int) -> "ClassifierOptions":
        """Return options that say which network it is: by so many labelled cells, where they leave it open."""
        if self.network != "auto":
            return self
        return replace(self, network="linear" if labelled < LEAST_DEEP and not self.of_layers else "deep")


ClassifierOptions.__doc__ = documented(ClassifierOptions.__doc__, declared_in(ClassifierOptions))
