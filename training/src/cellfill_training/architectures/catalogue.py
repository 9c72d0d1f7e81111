"""The published networks by name: where each is, what it gives, and its paper's choices. Imports none of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from cellfill.errors import UsageError
from cellfill.text.guess import did_you_mean
from cellfill_training.architectures.architecture import Architecture
from cellfill_training.parts.options import NetworkOptions

_TERMS: Mapping[str, Any] = {
    "most_genes": 2000,
    "encoder": "100",
    "activation": "tanh",
    "input_dropout": 0.0,
    "least_set_genes": 10,
    "most_set_genes": 300,
    "most_sets": 500,
    "penalty": 0.0,
    "optimiser": "adam",
    "learning_rate": 1e-3,
    "batch_size": 64,
    "max_epochs": 100,
    "patience": 15,
}

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
        name="goae",
        paper="Peng, Wang & Shang, BMC Bioinformatics 20:284, 2019",
        tasks=("embed",),
        network="goae:Goae",
        gene_sets="must",
        published=_TERMS,
    ),
    Architecture(
        name="gonn",
        paper="Peng, Wang & Shang, BMC Bioinformatics 20:284, 2019",
        tasks=("annotate", "embed"),
        network="gonn:Gonn",
        labels=True,
        gene_sets="must",
        published=dict(_TERMS) | {"dropout": 0.0},
    ),
    Architecture(
        name="lin",
        paper="Lin et al., Nucleic Acids Research 45:e156, 2017",
        tasks=("annotate", "embed"),
        network="lin:Lin",
        labels=True,
        gene_sets="may",
        published={
            "encoder": "",
            "dimensions": 100,
            "activation": "tanh",
            "noise": 0.1,
            "beside_sets": 100,
            "least_set_genes": 10,
            "most_set_genes": 300,
            "most_sets": 696,
            "optimiser": "sgd",
            "learning_rate": 0.1,
            "momentum": 0.9,
            "batch_size": 32,
            "max_epochs": 100,
            "patience": 15,
        },
    ),
    Architecture(
        name="pca",
        paper="Pearson, Philosophical Magazine 2:559, 1901",
        tasks=("embed",),
        network="pca:Pca",
        in_steps=False,
        published={"most_genes": 2000, "components": 30},
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
        needs={"sklearn.neighbors": "scikit-learn", "igraph": "igraph"},
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
        moves_batches=True,
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
# What places cells of which no type is known: what measured best (benchmarks/tasks/placing.md).
UNLABELLED = "pca"
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
        raise UsageError(f"There is no architecture {name!r}; {did_you_mean(name, sorted(ARCHITECTURES))}")
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
