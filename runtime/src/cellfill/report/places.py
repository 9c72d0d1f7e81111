"""Where the cells of a check lie: in the model's embedding, beside the cells that the model knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.network.blocks import blocks_of
from cellfill.network.cells import map_columns
from cellfill.network.predict import predict_outputs
from cellfill.network.threads import one_blas_thread
from cellfill.options.running import BLOCK_SIZE
from cellfill.plots.components import COMPONENTS, log_normalised, variable_genes
from cellfill.plots.plane import Plane, plane_of
from cellfill.plots.types import types_of
from cellfill.report.project import project, umap_over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.network.graphs import Opened
    from cellfill.tasks.drawn import DrawnCells


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Cells on a map.

    Attributes
    ----------
    plane, umap
        In two dimensions; the UMAP is None where it was not made.
    kinds
        Types of the reference's cells; empty where the model brings none.
    embedded
        Whether the map is the model's embedding, else the components of the cells themselves.
    coordinates
        Cells x dimensions of what the map is of.
    """

    plane: Plane
    umap: Plane | None
    kinds: list[str]
    embedded: bool
    coordinates: NDArray[np.float64]


def find_places(opened: Opened, drawn: DrawnCells, measured: NDArray[np.bool_], *, umap: bool, seed: int) -> Places:
    """Place cells.

    Parameters
    ----------
    opened, drawn, measured
        The model, the cells, and which of its genes they have.
    umap, seed
        Whether UMAPs are made, of which seed.
    """
    bundle = opened.bundle
    with one_blas_thread():
        if bundle.manifest.embedding is None:
            counts = drawn.cells.counts.toarray().astype(np.float32)
            logs = log_normalised(counts)
            own = project(logs[:, variable_genes(logs)], umap=False).components[:, :COMPONENTS]
            known, kinds = None, []
        else:
            own = _embedded(opened, drawn, measured)
            reference = bundle.reference
            known = None if reference is None else reference.coordinates
            kinds = [] if reference is None else types_of(reference)
        over = None
        if umap and len(own) > 2:
            there = np.isfinite(own).all(axis=1)
            cells = np.full((len(own), 2), np.nan)
            cells[there], others = umap_over(own[there], known, seed=seed)
            over = Plane(cells=cells, reference=others, axes=("UMAP 1", "UMAP 2"))
        embedded = bundle.manifest.embedding is not None
        return Places(plane=plane_of(own, known), umap=over, kinds=kinds, embedded=embedded, coordinates=own)


def _embedded(opened: Opened, drawn: DrawnCells, measured: NDArray[np.bool_]) -> NDArray[np.float64]:
    network = opened.network(tasks=("embed",))
    columns = np.where(measured, np.arange(len(measured)), -1)
    given = map_columns(columns, measured, opened.bundle.genes, inputs=network.inputs).input_cells(
        drawn.cells.counts
    )
    parts = [
        predict_outputs(network, given.rows(rows), ("embedding",))["embedding"]
        for rows in blocks_of(len(drawn.rows), BLOCK_SIZE)
    ]
    return np.concatenate(parts).astype(np.float64)
