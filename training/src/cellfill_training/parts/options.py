"""Every choice of the training of a published network; which of them an architecture reads, its entry says."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cellfill.errors import UsageError
from cellfill.options.checks import Share, Whole
from cellfill.options.declared import Options, declared_in
from cellfill.options.option import Option
from cellfill.options.taking import documented

Activation = Literal["relu", "elu", "tanh", "sigmoid", "linear"]
Optimiser = Literal["adam", "rmsprop", "sgd"]

_CELLS, _GENES, _NETWORK, _TRAINING = "Cells", "Genes", "Published networks", "Training"
_SETS = "Gene sets"
# What a network reads only where it is wired by gene sets.
OF_SETS = frozenset({"least_set_genes", "most_set_genes", "most_sets", "beside_sets"})
_MOST_NEURONS = 20_000
_MOST_DIMENSIONS = 4096  # that a bundle names, see `cellfill.bundle.manifest.graph`; a test compares
# A bundle's graph has 1,000 nodes at most. A layer has up to 15 (tanh), a round of scScope 16 and 3 a layer.
_MOST_LAYERS, _MOST_STEPS, _OF_ROUND = 25, 300, 5


@dataclass(frozen=True, slots=True)
class Number:
    """A number from 0 on, or above 0; below a bound."""

    or_zero: bool = True
    below: float = float("inf")

    def __call__(self, name: str, value: Any, /) -> float:
        """Return it."""
        number = not isinstance(value, bool) and isinstance(value, int | float)
        if not number or not 0 <= value < self.below or not (value or self.or_zero):
            bound = "" if self.below == float("inf") else f" and below {self.below:g}"
            least = "0 or above" if self.or_zero else "above 0"
            raise UsageError(f"{name} is {value!r}; it must be a number, {least}{bound}.")
        return float(value)


@dataclass(frozen=True, slots=True)
class Widths:
    """Neurons of layers, such as 128,64; an empty text is no layer."""

    def __call__(self, name: str, value: Any, /) -> str:
        """Return them as a text without blanks."""
        parts = [part.strip() for part in value.split(",")] if isinstance(value, str) and value.strip() else []
        if not isinstance(value, str) or any(not part.isdecimal() or not 0 < int(part) < 10**6 for part in parts):
            raise UsageError(f"{name} is {value!r}; it must be the neurons of each layer, such as '128,64'.")
        return ",".join(parts)


@dataclass(frozen=True, kw_only=True)
class NetworkOptions(Options):
    """Choices of a training run; their defaults are of no paper: those are in `architectures.catalogue`.

    Attributes
    ----------
    **options
    """

    min_genes: Annotated[
        int,
        Option("Detected genes a cell must have.", _CELLS, more="The others are left out.", check=Whole(least=0)),
    ] = 200
    held_out_fraction: Annotated[
        float, Option("Share of cells that stops training.", _CELLS, more="They never train.", check=Share())
    ] = 0.1
    min_detection: Annotated[
        float,
        Option(
            "Share of cells that must have a gene.",
            _GENES,
            more="Of the training cells, for it to be read and filled.",
            check=Share(),
        ),
    ] = 0.02
    most_genes: Annotated[
        int | None,
        Option(
            "Most genes that a published network reads.",
            _GENES,
            more="Those that vary most beyond chance (Pearson residuals, Lause 2021); None keeps all.",
            check=Whole(least=3),
        ),
    ] = None
    encoder: Annotated[
        str, Option("Neurons of each layer before the embedding, such as 128,64.", _NETWORK, check=Widths())
    ] = "128"
    dimensions: Annotated[int, Option("Dimensions of the embedding.", _NETWORK, check=Whole())] = 10
    decoder: Annotated[str, Option("Neurons of each layer after the embedding.", _NETWORK, check=Widths())] = "128"
    activation: Annotated[Activation, Option("Of hidden layers.", _NETWORK)] = "relu"
    batch_norm: Annotated[bool, Option("Normalise hidden layers by batches.", _NETWORK)] = False
    dropout: Annotated[float, Option("Share of hidden neurons dropped in training.", _NETWORK, check=Share())] = 0.0
    input_dropout: Annotated[
        float, Option("Share of the genes of a cell dropped in training.", _NETWORK, check=Share())
    ] = 0.0
    likelihood: Annotated[
        Literal["poisson", "nb", "zinb"],
        Option("Of counts.", _NETWORK, more="Negative binomial, and that with zeros of another kind."),
    ] = "nb"
    dispersion: Annotated[
        Literal["gene", "cell", "constant"],
        Option("Dispersion of counts.", _NETWORK, more="One a gene, one a gene in each cell, or one of all."),
    ] = "gene"
    least_set_genes: Annotated[
        int,
        Option(
            "Genes of a gene set that the network must read.",
            _SETS,
            more="Sets with fewer are left out.",
            check=Whole(),
        ),
    ] = 10
    most_set_genes: Annotated[
        int,
        Option(
            "Genes above which a gene set is too general.",
            _SETS,
            more="Of all genes of the file: a GMT file knows no levels.",
            check=Whole(),
        ),
    ] = 300
    most_sets: Annotated[
        int,
        Option(
            "Most gene sets.",
            _SETS,
            more="Those of whose genes the network reads the largest share; of sets with the same genes one.",
            check=Whole(least=2),
        ),
    ] = 500
    beside_sets: Annotated[
        int,
        Option("Neurons of the first layer that read every gene.", _SETS, more="Beside gene sets.", check=Whole()),
    ] = 100
    noise: Annotated[
        float,
        Option(
            "Standard deviation of what is added to inputs while a network denoises.", _TRAINING, check=Number()
        ),
    ] = 0.1
    rounds: Annotated[
        int, Option("Times that what was filled goes through the network again.", _NETWORK, check=Whole())
    ] = 2
    start_spread: Annotated[
        float,
        Option("Standard deviation of the matrices that a training begins with.", _TRAINING, check=Number()),
    ] = 0.1
    learn_variance: Annotated[
        bool, Option("Learn how far cells are drawn around their places.", _NETWORK, more="Else e for all.")
    ] = True
    temperature: Annotated[
        float,
        Option(
            "Of the draw of other zeros.",
            _TRAINING,
            more="The lower, the nearer to 0 or 1.",
            check=Number(or_zero=False),
        ),
    ] = 1.0
    components: Annotated[int, Option("Principal components that the network reads.", _NETWORK, check=Whole())] = (
        100
    )
    reference: Annotated[
        str | None,
        Option(
            "Batch that the others are moved onto.",
            _NETWORK,
            more="A value of --batch, or a study; None takes the one with the most cells.",
        ),
    ] = None
    keep_reference: Annotated[
        float,
        Option(
            "Weight of how far cells of the reference are moved.",
            _TRAINING,
            more="With 0, as published, a model is of the other batches' cells alone.",
            check=Number(),
        ),
    ] = 0.0
    neighbours: Annotated[
        int, Option("Nearest cells of a cell, by which clusters are found.", _NETWORK, check=Whole())
    ] = 10
    resolution: Annotated[
        float, Option("Of clusters.", _NETWORK, more="The higher, the more there are.", check=Number())
    ] = 1.0
    tolerance: Annotated[
        float,
        Option("Share of cells that may still change their cluster at the end.", _TRAINING, check=Share()),
    ] = 0.005
    perplexity: Annotated[
        float,
        Option("Neighbours that a cell has in effect within a batch.", _TRAINING, check=Number(or_zero=False)),
    ] = 10.0
    kl_weight: Annotated[float, Option("Weight of the divergence from the prior.", _TRAINING, check=Number())] = 1.0
    warm_up: Annotated[
        int, Option("Epochs over which that weight rises from 0.", _TRAINING, check=Whole(least=0))
    ] = 0
    penalty: Annotated[float, Option("Weight of the squared weights in the loss.", _TRAINING, check=Number())] = 0.0
    lasso: Annotated[
        float, Option("Weight of the absolute weights of the first layer in the loss.", _TRAINING, check=Number())
    ] = 0.0
    optimiser: Annotated[Optimiser, Option("How weights are changed.", _TRAINING)] = "adam"
    learning_rate: Annotated[float, Option("Size of a step.", _TRAINING, check=Number(or_zero=False))] = 1e-3
    momentum: Annotated[
        float,
        Option("Share of the last step that goes on.", _TRAINING, more="Of sgd and adam.", check=Number(below=1.0)),
    ] = 0.9
    clip_gradient: Annotated[
        float, Option("Largest value of a gradient; 0 for any.", _TRAINING, check=Number())
    ] = 0.0
    clip_norm: Annotated[
        float, Option("Largest norm of all gradients together; 0 for any.", _TRAINING, check=Number())
    ] = 0.0
    batch_size: Annotated[int, Option("Cells a step.", _TRAINING, check=Whole())] = 128
    max_epochs: Annotated[int, Option("Most passes over the cells.", _TRAINING, check=Whole())] = 100
    patience: Annotated[int, Option("Epochs without progress before stopping.", _TRAINING, check=Whole())] = 15
    rate_patience: Annotated[
        int | None,
        Option(
            "Epochs without progress before steps become a tenth; if more than the patience, never.",
            _TRAINING,
            more="With None never, too.",
            check=Whole(),
        ),
    ] = None
    keep: Annotated[
        Literal["best", "last"], Option("Weights to keep.", _TRAINING, more="Of the best epoch, or the last.")
    ] = "best"
    half: Annotated[bool, Option("Keep the weights in float16 in the graph.", _NETWORK)] = True
    min_coverage: Annotated[
        float,
        Option(
            "Least coverage of a dataset.",
            _GENES,
            more="Least share of what the input genes tell (`worth` in genes.tsv) that a dataset must have.",
            check=Share(),
        ),
    ] = 0.1
    seed: Annotated[int, Option("Seeds everything that is drawn.", _TRAINING, check=Whole(least=0))] = 0

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        super().__post_init__()
        if not 0 < self.held_out_fraction <= 0.5:
            raise UsageError("held_out_fraction must be above 0 and at most 0.5.")
        for name in ("dimensions", "components"):
            if getattr(self, name) > _MOST_DIMENSIONS:
                raise UsageError(f"{name} is {getattr(self, name):,}; a model has at most {_MOST_DIMENSIONS:,}.")
        layers = (*widths(self.encoder), *widths(self.decoder))
        if max(layers, default=0) > _MOST_NEURONS:
            raise UsageError(f"A layer has over {_MOST_NEURONS:,} neurons: no paper has a tenth of that.")
        for name in ("encoder", "decoder"):
            if (number := len(widths(getattr(self, name)))) > _MOST_LAYERS:
                raise UsageError(f"{name} has {number:,} layers; a model's graph has room for {_MOST_LAYERS}.")
        if self.rounds * (len(layers) + _OF_ROUND) > _MOST_STEPS:
            most = _MOST_STEPS // (len(layers) + _OF_ROUND)
            raise UsageError(
                f"rounds is {self.rounds:,}; beside {len(layers)} layers a model's graph has room for {most}."
            )
        if self.batch_norm and self.batch_size < 2:
            raise UsageError("batch_size is 1; batch normalisation needs at least 2 cells a step.")
        for name in ("dropout", "input_dropout"):
            if getattr(self, name) > 0.95:
                raise UsageError(f"{name} must be at most 0.95.")


def widths(text: str) -> tuple[int, ...]:
    """Return the neurons of each layer."""
    return tuple(int(part) for part in text.split(",") if part)


NetworkOptions.__doc__ = documented(NetworkOptions.__doc__, declared_in(NetworkOptions))
