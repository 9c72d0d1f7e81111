"""The bundle of a classifier, not judged yet: its graph, its types, its map."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import (
    FORMAT,
    Annotation,
    Architecture,
    Bundle,
    Classes,
    Embedding,
    GeneIndex,
    Graph,
    GraphInput,
    GraphOutput,
    Manifest,
    Profiles,
    Reference,
    Scale,
    Unknown,
    UnknownScore,
)
from cellfill.bundle import Study as StudyRecord
from cellfill.bundle.outputs import keep_outputs
from cellfill_training.architectures.classifier.bundling import bundle_parts
from cellfill_training.architectures.classifier.drawing import type_weights
from cellfill_training.architectures.classifier.graph import EMBEDDING, ENERGY, PROBABILITIES
from cellfill_training.architectures.classifier.options import OF_LAYERS
from cellfill_training.architectures.classifier.predicting import predict
from cellfill_training.cards.about import Settled
from cellfill_training.cards.facts import TEMPERATURE
from cellfill_training.exporting.assemble import COUNTS, OPSET, SIZE_FACTORS
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.labels import UNLABELLED
from cellfill_training.workflow.class_rows import class_rows
from cellfill_training.workflow.records import library_sizes, provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.architectures.classifier.classifier import Classifier
    from cellfill_training.architectures.classifier.unknown import UnknownCheck

_REFERENCE_CELLS, _DIGITS = 1000, 3
_GOLDEN_CELLS = 10


def assemble(
    name: str,
    said: Settled,
    classifier: Classifier,
    records: Sequence[StudyRecord],
    *,
    gene_table: GeneTable | None,
) -> Bundle:
    """Return the bundle of a trained classifier, with every output of its graph, no card and no golden values.

    Raises
    ------
    ExportError
        When graph and TensorFlow disagree.
    """
    options = classifier.options
    parts = bundle_parts(classifier, half=options.half, gene_table=gene_table)
    form = Graph(
        inputs=(
            GraphInput(name=COUNTS, meaning="counts"),
            GraphInput(name=SIZE_FACTORS, meaning="size_factors"),
        ),
        outputs=(
            GraphOutput(name=PROBABILITIES, meaning="class_probabilities"),
            GraphOutput(name=ENERGY, meaning="class_energy"),
            GraphOutput(name=EMBEDDING, meaning="embedding", dimensions=parts.dimensions),
        ),
        opset=OPSET,
        cut=None,
    )
    manifest = Manifest(
        format=FORMAT,
        format_version=2,
        name=name,
        species=said.species,
        tissue=said.tissue,
        licence=said.licence,
        architecture=Architecture(
            name="classifier",
            preset="default",
            options={
                key: str(value)
                for key, value in dataclasses.asdict(options).items()
                if options.network != "linear" or key not in OF_LAYERS
            },
        ),
        min_coverage=options.min_coverage,
        scale=Scale(
            counts="raw", size_factors="shared-gene-means", library_sizes=library_sizes(classifier.cells.counts)
        ),
        graph=form,
        imputation=None,
        annotation=Annotation(confidence=options.confidence, unknown=_unknown(parts.unknown)),
        embedding=Embedding(key=f"X_{name}"),
        studies=tuple(records),
        evaluations=(),
        provenance=({"species": f"told by {said.told}"} if said.told else {})
        | provenance(parts.parity, None if options.network == "linear" else options.epochs)
        | _making(classifier),
        files={},
    )
    return Bundle(
        manifest=manifest,
        genes=GeneIndex(parts.genes),
        graph=parts.graph,
        card="",
        classes=_classes(classifier),
        profiles=Profiles(parts.profiles),
        reference=_reference(classifier, seed=options.seed),
    )


def place_only(bundle: Bundle) -> Bundle:
    """Return a bundle that embeds and does not name: its graph without the outputs of types."""
    graph, form = keep_outputs(bundle.graph, bundle.manifest.graph, {"embedding"})
    judged = tuple(e for e in bundle.manifest.evaluations if e.task == "embed")
    manifest = replace(bundle.manifest, graph=form, annotation=None, evaluations=judged)
    return replace(bundle, manifest=manifest, graph=graph, classes=None, profiles=None)


def golden_cells(classifier: Classifier) -> csr_matrix:
    """Return a few training cells, of as many types as there are: cells x genes of the model."""
    full = classifier.cells.counts.sum(axis=1).A1 > 0
    leaf = np.where(full, classifier.cells.leaf, UNLABELLED)
    order = np.argsort(leaf, kind="stable")
    first = np.unique(leaf[order], return_index=True)[1]
    place = np.arange(len(leaf)) - np.repeat(first, np.diff([*first, len(leaf)]))  # which of its type a cell is
    known = leaf[order] >= 0
    turn = np.lexsort((leaf[order], place))
    return classifier.cells.counts[np.sort(order[turn][known[turn]][:_GOLDEN_CELLS])]


def _unknown(check: UnknownCheck | None) -> Unknown:
    assert check is not None  # of two labelled studies or more, which is asked for before
    return Unknown(
        threshold=check.threshold,
        levels=check.levels,
        scores=(
            UnknownScore(score="profile", quantiles=(check.profile,)),
            UnknownScore(score="energy", quantiles=(check.energy,)),
        ),
    )


def _classes(classifier: Classifier) -> Classes:
    """Return the rows of classes.tsv, without figures."""
    tree, cells = classifier.tree, classifier.cells
    known = cells.leaf >= 0
    shares = np.bincount(cells.leaf[known], weights=type_weights(cells)[known], minlength=cells.types)
    numbers = np.bincount(cells.leaf[known], minlength=cells.types)
    return class_rows(tree, numbers, shares)


def _reference(classifier: Classifier, *, seed: int) -> Reference:
    """Return where some training cells lie: studies alike, rare types more often than their number."""
    cells = classifier.cells
    weights = type_weights(cells)
    number = min(_REFERENCE_CELLS, int((weights > 0).sum()))
    drawn = np.sort(np.random.default_rng([seed, 10]).choice(len(weights), number, replace=False, p=weights))
    places: list[NDArray[np.float32]] = []
    for study in range(len(cells.names)):
        own = drawn[cells.study[drawn] == study]
        if len(own):
            places.append(predict(classifier.network, cells.counts[own], cells.measured[study]).embedding)
    return Reference(
        studies=tuple(cells.names[study] for study in cells.study[drawn]),
        types=tuple(classifier.tree.leaves[leaf] for leaf in cells.leaf[drawn]),
        coordinates=_rounded(np.concatenate(places)),
    )


def _rounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return numbers of three digits: a map says no more, and is a third of the size."""
    text = [[format(value, f".{_DIGITS}g") for value in row] for row in values.tolist()]
    return np.array(text, dtype=np.float32)


def _making(classifier: Classifier) -> dict[str, str]:
    untrusted = {name: number for name, number in classifier.untrusted.items() if number}
    return {TEMPERATURE: f"{classifier.network.temperature:.3f}"} | (
        {
            "labels that markers contradict, which trained nothing": ", ".join(
                f"{k} {v:,}" for k, v in untrusted.items()
            )
        }
        if untrusted
        else {}
    )
