"""The methods of each task: what each is, and whether it learns from the cells themselves, from others, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Task: TypeAlias = Literal["impute", "annotate", "embed", "correct"]
Kind: TypeAlias = Literal["trivial", "traditional", "deep"]
Way: TypeAlias = Literal["these cells", "pre-trained"]

SELF: Way = "these cells"
PRE_TRAINED: Way = "pre-trained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A row of a task's table.

    Attributes
    ----------
    kind
        Trivial, traditional or deep.
    title
        What the table calls it.
    ways
        What it learns from.
    network
        The architecture that it trains; ``subnetworks``, ``linear`` and ``classifier`` are cellfill's own recipes.
        Empty where there is none.
    options
        What differs from the architecture's published options.
    expressed
        Whether it tells a count given that there is one, not the mean: hidden molecules cannot be told by it.
    of_man
        Whether it is wired by gene sets, which are at hand of man alone.
    """

    kind: Kind
    title: str
    ways: tuple[Way, ...] = (SELF,)
    network: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    expressed: bool = False
    of_man: bool = False


def _network(
    name: str,
    title: str,
    *,
    ways: tuple[Way, ...] = (SELF, PRE_TRAINED),
    expressed: bool = False,
    of_man: bool = False,
    kind: Kind = "deep",
    **options: Any,
) -> Method:
    return Method(
        kind=kind, title=title, ways=ways, network=name, options=options, expressed=expressed, of_man=of_man
    )


_DCA = _network("dca", "DCA")
_SAVER_X = _network("saver-x", "SAVER-X's network")
_SCSCOPE = _network("scscope", "scScope")
_SCVI = _network("scvi", "scVI")
# Its 5,000 epochs take hours.
_VASC = _network("vasc", "VASC, at most 400 epochs", max_epochs=400, patience=100)

METHODS: Mapping[Task, Mapping[str, Method]] = {
    "impute": {
        "gene-mean": Method(kind="trivial", title="gene mean x library"),
        "knn": Method(kind="traditional", title="15 nearest neighbours"),
        "magic": Method(kind="traditional", title="MAGIC"),
        "alra": Method(kind="traditional", title="ALRA"),
        "subnetworks": _network("subnetworks", "sub-networks (DeepImpute's, the default)"),
        "autoimpute": _network("autoimpute", "AutoImpute", ways=(SELF,), expressed=True, most_genes=2000),
        "dca": _DCA,
        "saver-x": _SAVER_X,
        "scscope": _network("scscope", "scScope", ways=(SELF,), expressed=True),
        "scvi": _SCVI,
    },
    "annotate": {
        "majority": Method(kind="trivial", title="commonest type", ways=(SELF, PRE_TRAINED)),
        "centroid": Method(kind="traditional", title="nearest centroid", ways=(SELF, PRE_TRAINED)),
        "correlation": Method(
            kind="traditional", title="highest rank correlation with a type's mean", ways=(SELF, PRE_TRAINED)
        ),
        "regression": Method(kind="traditional", title="logistic regression", ways=(SELF, PRE_TRAINED)),
        "linear": _network(
            "linear", "cellfill's linear model (the default below 1,000 labelled cells)", kind="traditional"
        ),
        "classifier": _network("classifier", "cellfill's network (the default from 1,000 labelled cells on)"),
        "gonn": _network("gonn", "GONN", of_man=True),
        "lin": _network("lin", "Lin's network"),
    },
    "embed": {
        "random": Method(kind="trivial", title="places at random"),
        "pca": Method(kind="traditional", title="30 principal components", ways=(SELF, PRE_TRAINED)),
        "pca-2": Method(kind="traditional", title="2 principal components", ways=(SELF, PRE_TRAINED)),
        "components": _network("pca", "cellfill's components (the default without labels)", kind="traditional"),
        "classifier": _network(
            "classifier", "cellfill's classifier (the default; learnt from labels)", ways=(PRE_TRAINED,)
        ),
        "dca": _DCA,
        "desc": _network("desc", "DESC"),
        "goae": _network("goae", "GOAE", of_man=True),
        "gonn": _network("gonn", "GONN (learnt from labels)", ways=(PRE_TRAINED,)),
        "lin": _network("lin", "Lin's network (learnt from labels)", ways=(PRE_TRAINED,)),
        "saver-x": _SAVER_X,
        "scscope": _SCSCOPE,
        "scvi": _SCVI,
        "scvis": _network("scvis", "scvis, 2 dimensions"),
        "vasc": _VASC,
    },
    "correct": {
        "pca": Method(kind="trivial", title="nothing done: 30 principal components"),
        "harmony": Method(kind="traditional", title="Harmony"),
        "soft-types": _network(
            "classifier", "the classifier, batches taken out by type (the default)", ways=(PRE_TRAINED,)
        ),
        "desc": _network("desc", "DESC", ways=(SELF,)),
        "mmd-resnet": _network("mmd-resnet", "MMD-ResNet", ways=(SELF,)),
        "scscope": _network("scscope", "scScope, a level of each gene by batch", ways=(SELF,)),
        "scvi": _network("scvi", "scVI, batch in the decoder", ways=(SELF,)),
    },
}

# Which cells each is judged on; those of blood by pre-trained models, too.
DATASETS: Mapping[Task, tuple[str, ...]] = {
    "impute": (
        "kang_pbmc",
        "zheng_pbmc14k_3500",
        "human_pancreas_baron_h1",
        "mouse_oligodendrocyte_marques",
        "mix5cl_celseq2",
        "saver_zeisel",
        "saver_baron",
    ),
    "annotate": (
        "kang_pbmc",
        "zheng_pbmc14k_3500",
        "human_pancreas_baron_h1",
        "mouse_pancreas_e15",
        "mouse_oligodendrocyte_marques",
        "saver_zeisel",
    ),
    "embed": (
        "kang_pbmc",
        "zheng_pbmc14k_3500",
        "human_pancreas_baron_h1",
        "mouse_pancreas_e15",
        "mouse_oligodendrocyte_marques",
        "saver_zeisel",
    ),
    "correct": ("kang_pbmc", "kang_pbmc and zheng_pbmc14k_3500", "three_lines"),
}
OF_MOUSE = frozenset({"mouse_oligodendrocyte_marques", "mouse_pancreas_e15", "saver_zeisel"})
WITH_TRUTH = frozenset({"saver_zeisel", "saver_baron"})
OF_BLOOD = frozenset({"kang_pbmc", "zheng_pbmc14k_3500", "kang_pbmc and zheng_pbmc14k_3500"})
SIZES: tuple[int | None, ...] = (200, 1000, None)
