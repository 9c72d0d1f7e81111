"""How to impute: every option, said once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from cellfill.errors import EstimateError, UsageError
from cellfill.estimates import ESTIMATES, Estimate
from cellfill.fitness.heed import Require
from cellfill.fitness.options import require_option
from cellfill.options.checks import BelowOne, Inside
from cellfill.options.declared import Options
from cellfill.options.option import Option, Shell
from cellfill.options.running import BlockOptions, FileRunOptions, RunOptions
from cellfill.options.shared import (
    CalibrateOption,
    LockedModelOption,
    MinCoverageOption,
    ModelOption,
    OpenOptions,
    ThreadsOption,
)
from cellfill.results.named import Dtype

Policy = Literal["zeros", "max", "all"]
POLICIES: tuple[Policy, ...] = get_args(Policy)

_MOST_QUANTILES = 99

# Decided on known truth, see README, "Which estimate".
DEFAULT_ESTIMATE: Estimate = "expected"


def _parse_genes(text: str | None) -> Sequence[str] | None:
    from cellfill.genes.requested import parse_genes

    return None if text is None else parse_genes(text)


def _known(_name: str, estimate: Any) -> Estimate:
    if estimate not in ESTIMATES:
        raise EstimateError(f"estimate is {estimate!r}; it must be one of {', '.join(ESTIMATES)}.")
    chosen: Estimate = estimate
    return chosen


def _names(_name: str, genes: Any) -> tuple[str, ...]:
    if isinstance(genes, str):
        raise UsageError(f"genes is {genes!r}, one text; give a list of names: [{genes!r}], in R list({genes!r}).")
    listed = tuple(genes)
    if not listed or any(not isinstance(gene, str) for gene in listed):
        raise UsageError("genes must be a list of gene names, at least one.")
    return listed


@dataclass(frozen=True, kw_only=True)
class ImputeOptions(MinCoverageOption, CalibrateOption, ThreadsOption):
    """How to impute, whatever the cells are in."""

    estimate: Annotated[
        Estimate | None,
        Option(
            "expected: mean count given the cell's other genes. posterior: the same, given this entry's own count "
            "too. expressed: mean count if the transcript was caught, never below 1; for comparing with the "
            "literature, it blurs marker genes.",
            "Model",
            more="By default ``expected``, or what the model has. See `cellfill.estimates`.",
            shell=Shell(more="Default: expected, or what the model has."),
            check=_known,
            recorded=True,
        ),
    ] = None
    policy: Annotated[
        Policy,
        Option(
            "zeros: fill zeros only. max: larger of the two. all: replace every entry.",
            "Result",
            more="With ``zeros`` observed counts stay exactly as they are; ``all`` is of the genes that are "
            "imputed (the policies of the original program, Arisdakessian 2019).",
            recorded=True,
        ),
    ] = "zeros"
    keep_correlations: Annotated[
        bool,
        Option(
            "With posterior: each prediction counts as far as its gene is predicted in these cells, and observed "
            "counts nearly as they are. Correlations of genes are kept; rates are told a little less well.",
            "Result",
            more="For ``policy='all'``, see `cellfill.estimates`.",
            recorded=True,
        ),
    ] = False
    gate: Annotated[
        bool,
        Option(
            "Leave genes alone that the model predicts no better than their mean in these cells; without it the "
            "model is not checked.",
            "Model",
            more="A tenth of the molecules of up to 600 cells is hidden, imputed and compared, gene by gene with "
            "gene mean x library; at least 20 cells are needed.",
        ),
    ] = True
    require: Annotated[Require | None, require_option("Impute")] = None
    genes: Annotated[
        Sequence[str] | None,
        Option(
            "Impute these genes only, and run only what they need.",
            "What most need",
            more="A text table holds these alone; every other result has all genes, the others as observed.",
            check=_names,
            shell=Shell(
                type=str,
                metavar="A,B|FILE",
                parse=_parse_genes,
                more="A .csv or .tsv holds these alone; any other result has all genes, the others as observed.",
            ),
        ),
    ] = None
    drop_below: Annotated[
        float,
        Option(
            "Zeros that would get less than this, in counts, stay zero: a smaller file.",
            "Result",
            check=BelowOne(),
            recorded=True,
        ),
    ] = 0.0
    rounded: Annotated[
        bool,
        Option(
            "Round predicted values by at most 0.05 %, so that a file packs them to half its size.",
            "Result",
            more="To 11 binary digits. Observed counts stay as they are.",
            recorded=True,
        ),
    ] = False
    interval: Annotated[
        float | None,
        Option(
            "Also give the bounds between which this share of counts falls, such as 0.9: layers KEY_lower and "
            "KEY_upper.",
            "Result",
            more="Of the count that the entry would have, told from the cell's other genes: its own is not "
            "looked at. In whole counts, so that at low means more fall inside. Genes that are left alone have "
            "their observed counts for bounds.",
            check=Inside(),
            recorded=True,
        ),
    ] = None
    dtype: Annotated[
        Dtype,
        Option(
            "float16: a dense layer of half the size, exact for counts up to 2,048.",
            "Result",
            recorded=True,
        ),
    ] = "float32"

    def __post_init__(self) -> None:
        """Refuse values that mean nothing, and such as contradict one another."""
        super().__post_init__()
        if self.keep_correlations and self.estimate != "posterior":
            raise UsageError(
                "keep_correlations is a way to weigh predictions with observed counts, which is what the estimate "
                "posterior does: ask for estimate='posterior' (--estimate posterior), too, or leave it out."
            )
        if self.require is not None and not self.gate:
            raise UsageError(
                f"require={self.require!r} asks for a check of the model, which gate=False (--no-gate) leaves out: "
                "give one of the two."
            )


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class KeyOption(Options):
    """What the result is called."""

    key_added: Annotated[
        str,
        Option(
            "Name of the layer that is added.",
            "Result",
            more="It is the stem of the columns that are added to ``var``, too.",
            alters=False,  # names the result; an identity says it by itself
        ),
    ] = "imputed"


@dataclass(frozen=True, kw_only=True)
class ImputeMatrixOptions(ImputeOptions, BlockOptions):
    """How to impute a bare matrix."""

    def __post_init__(self) -> None:
        """Refuse what one matrix has no room for."""
        super().__post_init__()
        if self.interval is not None:
            raise UsageError("interval gives layers, and a matrix has none: use Model.quantiles for an AnnData.")


@dataclass(frozen=True, kw_only=True)
class ImputeQuantilesOptions(RunOptions, ImputeOptions):
    """How to tell quantiles; no estimate, policy, ``drop_below``, ``rounded`` or ``interval`` changes them."""


@dataclass(frozen=True, kw_only=True)
class ImputeAnnDataOptions(RunOptions, ImputeOptions, KeyOption):
    """How to impute an AnnData."""

    copy: Annotated[
        bool,
        Option("Return an annotated copy and leave ``adata`` alone.", "Result", shell=None, alters=False),
    ] = False


@dataclass(frozen=True, kw_only=True)
class ImputeWithOptions(ImputeAnnDataOptions, ModelOption):
    """How to impute an AnnData, with which model."""


@dataclass(frozen=True, kw_only=True)
class ImputeFileOptions(FileRunOptions, ImputeOptions, KeyOption, LockedModelOption, OpenOptions):
    """How to impute a file into another, with which model."""


def check_probabilities(probabilities: Any) -> tuple[float, ...]:
    """Return the probabilities of quantiles, each once.

    Raises
    ------
    UsageError
        When there are none, too many, or one that is none.
    """
    several = isinstance(probabilities, Iterable) and not isinstance(probabilities, str)
    asked = tuple(probabilities) if several else (probabilities,)
    if not 0 < len(asked) <= _MOST_QUANTILES:
        raise UsageError(
            f"There are {len(asked)} probabilities; give 1 to {_MOST_QUANTILES}, such as [0.05, 0.5, 0.95]."
        )
    inside = Inside()
    return tuple(dict.fromkeys(inside("probability", one) for one in asked))


def check_bounds(available: Sequence[Estimate]) -> None:
    """Refuse bounds of counts where a model does not know how far they scatter.

    Raises
    ------
    EstimateError
        When the model has no dispersions.
    """
    if "posterior" not in available:
        raise EstimateError(
            "This model has no dispersions, so nothing is known of how far counts lie from its means: leave the "
            "interval out, or choose a model with the estimate posterior (cellfill show)."
        )


def choose_estimate(asked: Estimate | None, available: Sequence[Estimate]) -> Estimate:
    """Return the estimate to give: the one asked for, or the default where the model has it.

    Raises
    ------
    EstimateError
        When the model does not have the one asked for.
    """
    if asked is None:
        return DEFAULT_ESTIMATE if DEFAULT_ESTIMATE in available else available[0]
    if asked not in available:
        raise EstimateError(
            f"This model does not give the estimate {asked!r}, only {', '.join(available)}: its loss does not "
            f"learn the others. Ask for --estimate {available[0]} or choose another model."
        )
    return asked
