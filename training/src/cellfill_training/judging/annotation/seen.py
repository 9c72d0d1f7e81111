"""What a model says of the cells of a study, through its graph; or a network of the other studies, before that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.genes.align import align
from cellfill.network.cells import map_genes
from cellfill.network.predict import predict_outputs
from cellfill.network.session import open_network
from cellfill.tasks.annotation.unknown import typicality
from cellfill_training.architectures.classifier.predicting import predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill.bundle import Bundle
    from cellfill_training.architectures.classifier.cells import Cells
    from cellfill_training.architectures.classifier.network import Network
    from cellfill_training.studies.gene_table import GeneName
    from cellfill_training.studies.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Of some cells.

    Attributes
    ----------
    probabilities
        Cells x leaves; NaN for a cell without counts.
    embedding
        Cells x dimensions.
    kept
        (cells,) whether it is taken for a cell of known type; None where that is not asked.
    """

    probabilities: NDArray[np.floating]
    embedding: NDArray[np.float32]
    kept: NDArray[np.bool_] | None = None


def through_graph(bundle: Bundle, study: Study) -> Seen:
    """Return what a bundle's graph, with all of its outputs, says of a study, as the runtime asks it.

    Raises
    ------
    GeneMatchError
        When model and study share too few genes.
    """
    manifest, classes = bundle.manifest, bundle.classes
    alignment = align(bundle.genes, study.gene_names, species=manifest.species, min_coverage=manifest.min_coverage)
    network = open_network(bundle, device="cpu", threads=1)
    cells = map_genes(alignment, bundle.genes, inputs=network.inputs).input_cells(study.counts)
    found = predict_outputs(network, cells, network.meanings)
    kept = None
    unknown = manifest.annotation.unknown if manifest.annotation else None
    if classes is not None and bundle.profiles is not None and unknown is not None:
        measured = alignment.column_of_gene[network.inputs] >= 0
        leaves = np.nan_to_num(found["class_probabilities"]).argmax(axis=1)
        typical = typicality(bundle.profiles.shares, measured, unknown)
        kept = typical.ranks(cells.inputs, leaves, found["class_energy"]) >= unknown.threshold
    return Seen(probabilities=found["class_probabilities"], embedding=found["embedding"], kept=kept)


def by_network(network: Network, genes: Sequence[GeneName], cells: Cells, study: int) -> Seen:
    """Return what a network says of one of some studies, of whose genes its own are a part."""
    place = {name: column for column, name in enumerate(cells.genes)}
    columns = np.array([place[name] for name in genes], dtype=np.intp)
    counts = cells.counts[cells.study == study][:, columns]
    found = predict(network, counts, cells.measured[study, columns])
    return Seen(probabilities=found.probabilities, embedding=found.embedding)
