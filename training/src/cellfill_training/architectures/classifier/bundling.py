"""Everything that a bundle needs of a classifier, as plain numbers and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Gene
from cellfill.bundle.manifest.graph import MAX_DIMENSION_NAME
from cellfill_training.architectures.classifier.classifier import Classifier
from cellfill_training.architectures.classifier.graph import check_export, export_graph
from cellfill_training.studies.gene_table import GeneTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.unknown import UnknownCheck
    from cellfill_training.studies.cell_classes import ClassTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is written into a bundle.

    Attributes
    ----------
    graph
        The bytes of ``model.onnx``.
    parity
        The largest difference between ONNX Runtime and TensorFlow.
    genes
        Rows of genes.tsv, all of the role input.
    tree
        Rows of classes.tsv.
    profiles
        Genes x leaves, the columns of profiles.tsv.
    unknown
        Tables and threshold for unknown cells, None where there are none.
    dimensions
        Names of the embedding's columns.
    """

    graph: bytes
    parity: float
    genes: tuple[Gene, ...]
    tree: ClassTree
    profiles: NDArray[np.float64]
    unknown: UnknownCheck | None
    dimensions: tuple[str, ...]


def bundle_parts(classifier: Classifier, *, half: bool = True, gene_table: GeneTable | None = None) -> Parts:
    """Export a classifier, and check the graph against TensorFlow.

    Parameters
    ----------
    classifier
        Trained; with ``half``, with options that say so too, or the graph differs from it by the rounding.
    half
        Keep the weights in float16.
    gene_table
        Knows aliases of the genes.

    Raises
    ------
    ExportError
        When graph and TensorFlow disagree.
    """
    graph = export_graph(classifier.network, half=half)
    table = gene_table or GeneTable()
    scaling = classifier.network.scaling
    rows = [
        Gene(
            ensembl_id=name.ensembl_id,
            symbol=name.symbol,
            aliases=table.aliases(name),
            is_input=True,
            is_target=False,
            mean=float(mean),
            neutral=float(neutral),
            worth=float(worth),
        )
        for name, mean, neutral, worth in zip(
            classifier.genes, scaling.mean, scaling.neutral, classifier.worth, strict=True
        )
    ]
    return Parts(
        graph=graph,
        parity=check_export(graph, classifier.network, classifier.sample),
        genes=tuple(rows),
        tree=classifier.tree,
        profiles=classifier.profiles,
        unknown=classifier.unknown,
        dimensions=_dimensions(classifier),
    )


def _dimensions(classifier: Classifier) -> tuple[str, ...]:
    """Return names of the embedding's columns: numbers, or the types where these are the columns."""
    leaves = classifier.tree.leaves
    if len(classifier.network.weights) == 1 and max(map(len, leaves)) <= MAX_DIMENSION_NAME:
        return tuple(leaves)
    return tuple(str(n) for n in range(1, classifier.network.dimensions + 1))
