"""The published networks by name: where each is, what it gives, and its paper's choices. Imports none of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cellfill.errors import UsageError
from cellfill.options.shared import Task
from cellfill_training.parts.options import NetworkOptions

if TYPE_CHECKING:
    from cellfill_training.parts.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A published network.

    Attributes
    ----------
    name
        As it is asked for.
    paper
        Who published it, and where.
    tasks
        What a model of it can do, the first one first.
    network
        Its class; or, so that TensorFlow is imported only when it is asked for, where that is in this folder:
        ``module:Class``.
    published
        Its paper's choices, or its program's where the paper is silent. Options that are not among them and not
        in `COMMON` it does not read.
    """

    name: str
    paper: str
    tasks: tuple[Task, ...]
    network: str | type[Network]
    published: Mapping[str, Any]

    @property
    def reads(self) -> frozenset[str]:
        """The options that it reads."""
        return COMMON | self.published.keys()

    def load(self) -> type[Network]:
        """Import its class, and with it TensorFlow."""
        if not isinstance(self.network, str):
            return self.network
        module, _, name = self.network.partition(":")
        found: type[Network] = getattr(import_module(f"cellfill_training.architectures.{module}"), name)
        return found

    def options(self, **changes: Any) -> NetworkOptions:
        """Return its published options with some of them changed; a change to None leaves the published value.

        Raises
        ------
        UsageError
            When it does not read such an option, or a value means nothing.
        """
        given = {key: value for key, value in changes.items() if value is not None}
        if strange := sorted(given.keys() - self.reads):
            raise UsageError(
                f"{self.name} has no {_flag(strange[0])}: leave it out"
                + (", or say --max-epochs" if strange[0] == "epochs" else "")
                + ". It reads "
                f"{', '.join(map(_flag, sorted(self.reads)))}."
            )
        return NetworkOptions(**(dict(self.published) | given))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


# What the trainer and the bundle read, whatever the network.
COMMON = frozenset(
    {
        "min_genes",
        "held_out_fraction",
        "min_detection",
        "most_genes",
        "optimiser",
        "learning_rate",
        "momentum",
        "clip_gradient",
        "clip_norm",
        "batch_size",
        "max_epochs",
        "patience",
        "rate_patience",
        "keep",
        "half",
        "min_coverage",
        "seed",
    }
)

_ENTRIES = (
    Architecture(
        name="autoimpute",
        paper="Talwar et al., Scientific Reports 8:16329, 2018",
        tasks=("impute",),
        network="autoimpute:AutoImpute",
        published={
            "most_genes": 1000,
            "encoder": "2000",
            "activation": "sigmoid",
            "start_spread": 1.0,
            "penalty": 1.0,
            "optimiser": "rmsprop",
            "learning_rate": 1e-4,
            "batch_size": 64,
            "max_epochs": 300,
            "patience": 15,
        },
    ),
    Architecture(
        name="dca",
        paper="Eraslan et al., Nature Communications 10:390, 2019",
        tasks=("impute", "embed"),
        network="dca:Dca",
        published={
            "encoder": "64",
            "dimensions": 32,
            "decoder": "64",
            "activation": "relu",
            "batch_norm": True,
            "dropout": 0.0,
            "input_dropout": 0.0,
            "likelihood": "nb",
            "dispersion": "cell",
            "penalty": 0.0,
            "optimiser": "rmsprop",
            "learning_rate": 1e-3,
            "clip_gradient": 5.0,
            "batch_size": 32,
            "max_epochs": 300,
            "patience": 15,
            "rate_patience": 10,
            "keep": "last",
        },
    ),
    Architecture(
        name="saver-x",
        paper="Wang et al., Nature Methods 16:875, 2019",
        tasks=("impute", "embed"),
        network="saver_x:SaverX",
        published={
            "encoder": "128,64",
            "dimensions": 32,
            "decoder": "64,128",
            "activation": "relu",
            "batch_norm": True,
            "dropout": 0.0,
            "input_dropout": 0.0,
            "likelihood": "nb",
            "dispersion": "gene",
            "penalty": 0.0,
            "optimiser": "rmsprop",
            "learning_rate": 1e-3,
            "clip_gradient": 5.0,
            "batch_size": 32,
            "max_epochs": 300,
            "patience": 6,
            "rate_patience": 4,
        },
    ),
    Architecture(
        name="scscope",
        paper="Deng et al., Nature Methods 16:311, 2019",
        tasks=("impute", "embed"),
        network="scscope:Scscope",
        published={
            "encoder": "",
            "dimensions": 50,
            "decoder": "",
            "rounds": 2,
            "start_spread": 0.1,
            "optimiser": "adam",
            "learning_rate": 1e-4,
            "momentum": 0.05,
            "batch_size": 64,
            "max_epochs": 100,
            "patience": 100,
            "keep": "last",
        },
    ),
    Architecture(
        name="desc",
        paper="Li et al., Nature Communications 11:2338, 2020",
        tasks=("embed", "annotate"),
        network="desc:Desc",
        published={
            "encoder": "64",
            "dimensions": 32,
            "activation": "relu",
            "dropout": 0.2,
            "neighbours": 10,
            "resolution": 0.8,
            "tolerance": 0.005,
            "optimiser": "sgd",
            "momentum": 0.9,
            "learning_rate": 0.1,
            "batch_size": 256,
            "max_epochs": 300,
        },
    ),
    Architecture(
        name="mmd-resnet",
        paper="Shaham et al., Bioinformatics 33:2539, 2017",
        tasks=("embed",),
        network="mmd_resnet:MmdResnet",
        published={
            "encoder": "50,50,50",
            "components": 37,
            "reference": None,
            "keep_reference": 1.0,
            "start_spread": 1e-5,
            "penalty": 0.01,
            "optimiser": "rmsprop",
            "learning_rate": 1e-3,
            "batch_size": 1000,
            "max_epochs": 2400,
            "patience": 50,
        },
    ),
    Architecture(
        name="scvi",
        paper="Lopez et al., Nature Methods 15:1053, 2018",
        tasks=("impute", "embed"),
        network="scvi:Scvi",
        published={
            "encoder": "128",
            "dimensions": 10,
            "decoder": "128",
            "activation": "relu",
            "batch_norm": True,
            "dropout": 0.1,
            "likelihood": "zinb",
            "dispersion": "gene",
            "kl_weight": 1.0,
            "warm_up": 400,
            "optimiser": "adam",
            "learning_rate": 1e-3,
            "batch_size": 128,
            "max_epochs": 400,
            "patience": 45,
        },
    ),
    Architecture(
        name="scvis",
        paper="Ding, Condon & Shah, Nature Communications 9:2002, 2018",
        tasks=("embed",),
        network="scvis:Scvis",
        published={
            "encoder": "128,64,32",
            "dimensions": 2,
            "decoder": "32,32,32,64,128",
            "activation": "elu",
            "components": 100,
            "perplexity": 10.0,
            "penalty": 5e-4,
            "optimiser": "adam",
            "learning_rate": 0.01,
            "clip_gradient": 3.0,
            "clip_norm": 10.0,
            "batch_size": 512,
            "max_epochs": 2000,
            "patience": 2000,
            "keep": "last",
        },
    ),
    Architecture(
        name="vasc",
        paper="Wang & Gu, Genomics, Proteomics & Bioinformatics 16:320, 2018",
        tasks=("embed",),
        network="vasc:Vasc",
        published={
            "encoder": "512,128,32",
            "dimensions": 2,
            "decoder": "32,128,512",
            "input_dropout": 0.5,
            "learn_variance": True,
            "temperature": 1.0,
            "lasso": 0.01,
            "optimiser": "rmsprop",
            "learning_rate": 1e-3,
            "batch_size": 256,
            "max_epochs": 5000,
            "patience": 500,
        },
    ),
)
ARCHITECTURES: Mapping[str, Architecture] = {entry.name: entry for entry in _ENTRIES}


def architecture_of(name: str | Architecture) -> Architecture:
    """Return a published network by its name; one of a person's own is returned as it is.

    Raises
    ------
    UsageError
        When there is none of that name.
    """
    if isinstance(name, Architecture):
        return name
    if name not in ARCHITECTURES:
        raise UsageError(f"There is no architecture {name!r}; there are {', '.join(sorted(ARCHITECTURES))}.")
    return ARCHITECTURES[name]


def architecture_options(name: str, **changes: Any) -> NetworkOptions:
    """Return the published options of a network with some of them changed; a change to None leaves the paper's.

    Raises
    ------
    UsageError
        When there is no such network, it does not read such an option, or a value means nothing.
    """
    return architecture_of(name).options(**changes)


def check_entries() -> None:
    """Refuse an entry that names an option that there is not; a test calls it."""
    known = {field.name for field in dataclasses.fields(NetworkOptions)}
    for entry in _ENTRIES:
        if strange := sorted(entry.reads - known):
            raise UsageError(f"The entry of {entry.name} names {strange[0]}, which is no option.")
