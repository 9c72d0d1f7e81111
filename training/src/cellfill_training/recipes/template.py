"""A recipe to fill in: every key that one may have, with what it is; what may stay as it is, is a comment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cellfill.errors import UsageError
from cellfill.options.declared import Options, declared_in
from cellfill.options.shared import Task
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.cards.about import LICENCE
from cellfill_training.cards.words import ABOUT_KEYS, CARD_KEYS
from cellfill_training.fitting.presets import PRESETS
from cellfill_training.recipes.writing import HINTS
from cellfill_training.workflow.options import classifier_options

if TYPE_CHECKING:
    from cellfill_training.architectures.architecture import Architecture

_HEAD = """\
# A recipe: all that makes a model, and what only a person can say of it. Fill in the empty texts, take the # from
# what is to be otherwise, then train by it:
#     cellfill-train recipe THIS --data FOLDER --out NEW
# FOLDER holds the files that are named below. Words can be said later, too, and nothing is trained again:
#     cellfill-train card NEW --words THIS
"""
_ANY = {
    "gene_tables": (["genes.csv"], "rows of Ensembl id and symbol, or NCBI Gene: they bring studies together"),
    "orthologues": ("human-mouse.csv", "rows of two genes, by which studies of another species are brought in"),
}
_IMPUTE = {
    "preset": ("default", "default: Poisson likelihood. paper: DeepImpute as published"),
    "from": ("human-pbmc", "a model whose weights the training continues from: its name, or a folder below FOLDER"),
    "targets": ("genes.txt", "genes to impute, one a line, instead of choosing"),
}
_TYPES = {
    "label_table": ("labels.tsv", "which type a label is: label, type, parent, ontology_id"),
    "markers": ("markers.tsv", "genes that cells of a type show: type, needs, lacks"),
}
# Of options that are not set where nobody says them.
_SUCH_AS = {
    "rare_cells": 30,
    "max_targets": 2000,
    "max_predictors": 500,
    "most_genes": 2000,
    "rate_patience": 10,
    "reference": "batch1",
}
_OF_THE_MODEL = {"licence": f"of the model; left empty, {LICENCE}"}
_SETS = "gene sets that wire the network, a GMT file"
_LABELS = "column of obs with the cells' types"


def recipe_template(task: Task | None = None, architecture: str | None = None) -> str:
    """Return a recipe that is to be filled in, as TOML.

    Parameters
    ----------
    task
        What the model is to do; None for imputing, or for the first that the network can.
    architecture
        Name of a published network; None for what measured best.

    Raises
    ------
    UsageError
        When there is no such network, or it has no such task.
    """
    kind = None if architecture is None else architecture_of(architecture)
    if kind is not None and task is not None and task not in kind.tasks:
        raise UsageError(f"{kind.name} does not {task}: it can {' and '.join(kind.tasks)}. Leave out --task.")
    lines = (
        *_HEAD.splitlines(),
        *(_of_network(kind) if kind is not None else _of_task(task or "impute")),
        *(_comment(key, value, why) for key, (value, why) in _ANY.items()),
        "",
        "[options]  # each as it is where nobody says it",
        *_options(task or "impute", kind),
        "",
        "[about]",
        *(_blank(key, hint=_OF_THE_MODEL.get(key)) for key in ABOUT_KEYS),
        "",
        "[card]",
        *(_blank(key) for key in CARD_KEYS),
        *_study("study1", labels=kind.labels if kind is not None else task in ("annotate", "embed")),
        *_study("study2", labels=kind.labels if kind is not None else task in ("annotate", "embed"), held_out=True),
        "",
    )
    return "\n".join(lines)


def _of_task(task: Task) -> Iterator[str]:
    if task == "impute":
        yield from (_comment(key, value, why) for key, (value, why) in _IMPUTE.items())
        return
    yield f'task = "{task}"'
    yield f'labels = ""  # {_LABELS}'
    yield from (_comment(key, value, why) for key, (value, why) in _TYPES.items())


def _of_network(kind: Architecture) -> Iterator[str]:
    yield f'architecture = "{kind.name}"  # {kind.paper}'
    if kind.gene_sets != "never":
        yield f'gene_sets = ""  # {_SETS}' if kind.gene_sets == "must" else _comment("gene_sets", "sets.gmt", _SETS)
    if kind.labels:
        yield f'labels = ""  # {_LABELS}'
        yield from (_comment(key, value, why) for key, (value, why) in _TYPES.items())


def _options(task: Task, kind: Architecture | None) -> Iterator[str]:
    """Yield a line an option that the training reads."""
    values: Options
    if kind is not None:
        values = kind.options()
    else:
        values = PRESETS["default"] if task == "impute" else classifier_options()
    for declared in declared_in(type(values)):
        if kind is not None and declared.name not in kind.reads:
            continue
        value = getattr(values, declared.name)
        shown = json.dumps(_SUCH_AS[declared.name] if value is None else value)
        yield f"# {declared.name} = {shown}  # {declared.option.text}{' As it is: none.' if value is None else ''}"


def _study(name: str, *, labels: bool, held_out: bool = False) -> Iterator[str]:
    yield from ("", "[[study]]" + ("  # judges the model, and never trains it" if held_out else "  # one a study"))
    yield f'name = "{name}"'
    yield 'file = ""  # below FOLDER: .h5ad, .zarr, 10x .h5 or mtx folder, .loom, CSV, TSV'
    yield _comment("layer", "counts", "where the raw counts are, if they are not found")
    yield '# cells = { donor = "A" }  # a column of obs and a value: of the file these cells alone'
    if labels:
        yield _comment("labels", "cell_type", "column of obs, where the study calls it otherwise")
        yield _comment("label_file", "types.tsv", "or a table of cell and cell_type")
    if held_out:
        yield "held_out = true"
    yield from (_blank(key) for key in ("source", "licence", "accession", "platform", "cell_types", "reference"))
    yield from (_comment(key, "", f"where it is not the model's: {HINTS[key]}") for key in ("species", "tissue"))


def _blank(key: str, *, hint: str | None = None) -> str:
    return f'{key} = ""  # {hint or HINTS[key]}'


def _comment(key: str, value: object, why: str) -> str:
    return f"# {key} = {json.dumps(value)}  # {why}"
