"""The methods that are compared: where each runs, by which worker, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cellfill_training.evaluation.protocols.filling import UNCHANGED

# The environment of cellfill itself.
OWN = "cellfill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One run, which may be read in two ways.

    Attributes
    ----------
    worker
        Script in `workers`.
    environment
        Name in `environments`, or `OWN`.
    arguments
        The worker's own options.
    gives
        What the table calls each variant of the estimates; ``""`` is the plain one.
    used
        The read-out that its own program gives, or its paper judges: the estimate, with zeros filled, or with every
        entry replaced.
    pre_trained
        Whether it needs a model of the dataset's tissue.
    """

    worker: str
    environment: str = OWN
    arguments: tuple[str, ...] = ()
    gives: Mapping[str, str] = field(default_factory=dict)
    used: str = "expected, all"
    pre_trained: bool = False


METHODS: dict[str, Method] = {
    "none": Method(
        worker="trivial",
        arguments=("--baseline", "none"),
        gives={"": "no imputation"},
        used=UNCHANGED,
    ),
    "gene-mean": Method(
        worker="trivial",
        arguments=("--baseline", "gene-mean"),
        gives={"": "gene mean x library"},
        used="expected",
    ),
    "non-zero-mean": Method(
        worker="trivial",
        arguments=("--baseline", "non-zero-mean"),
        gives={"": "non-zero mean + library slope"},
        used="expressed",
    ),
    "knn": Method(worker="knn", gives={"": "kNN smoothing (15)"}),
    "alra": Method(worker="alra", gives={"": "ALRA"}),
    "magic": Method(worker="run_magic", environment="magic", gives={"": "MAGIC"}),
    "dca": Method(worker="run_dca", environment="dca", gives={"": "DCA"}),
    "deepimpute-program": Method(
        worker="run_deepimpute",
        environment="deepimpute",
        gives={"": "DeepImpute 1.2, as it runs (1e-3)"},
        used="expressed",
    ),
    "deepimpute-paper": Method(
        worker="run_deepimpute",
        environment="deepimpute",
        arguments=("--paper-rate",),
        gives={"": "DeepImpute 1.2, the paper's rate (1e-4)"},
        used="expressed",
    ),
    "cellfill-paper": Method(
        worker="run_cellfill",
        arguments=("--preset", "paper"),
        gives={"": "cellfill, preset paper, trained on these cells"},
        used="expressed",
    ),
    "cellfill-default": Method(
        worker="run_cellfill",
        arguments=("--preset", "default"),
        gives={
            "": "cellfill, trained on these cells",
            "calibrated": "cellfill, trained on these cells, calibrated",
        },
        used="expected",
    ),
    "cellfill-pre-trained": Method(
        worker="run_cellfill",
        gives={"": "cellfill, pre-trained", "calibrated": "cellfill, pre-trained, calibrated"},
        used="expected",
        pre_trained=True,
    ),
    "scvi": Method(worker="run_scvi", environment="scvi", gives={"": "scVI, early stopping"}),
}
