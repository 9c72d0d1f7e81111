"""Golden values: cells and what a graph gives for them, made once, and replayed wherever the bundle is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Golden, GoldenCell, GoldenOutput
from cellfill.bundle.golden import MAX_CELLS, gene_rows
from cellfill.errors import BundleError
from cellfill.network.cells import map_columns
from cellfill.network.predict import predict_outputs
from cellfill.network.session import open_network

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Bundle
    from cellfill.network.cells import InputCells
    from cellfill.network.session import Network
    from cellfill.options.shared import Device

# Sums of float32 in another order, on another processor or a GPU, differ by some 1e-6; exp makes up to 1e-5 of it.
# What is wrong in a port (a gene in another column, a missing one at 0, another size factor) differs by far more.
TOLERANCE = 1e-4
_COLUMNS = 100
_EACH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of replaying golden values.

    Attributes
    ----------
    cells
        How many were run.
    difference
        The largest, as a share of the stated value, or of the root mean square of its output's where that is more.
    fault
        Where it is over `TOLERANCE`; empty for nothing.
    """

    cells: int
    difference: float
    fault: str


def make_golden(bundle: Bundle, counts: csr_matrix, *, missing: Sequence[int] | None = None) -> Golden:
    """Run a graph on some cells and keep what it gives.

    Parameters
    ----------
    bundle
        The model; its own golden values are not looked at.
    counts
        Raw counts, cells x genes of the model, ten cells or so.
    missing
        Rows of the gene index that the cells are to lack, so that what stands for a missing gene is shown, too;
        every tenth input gene by default.

    Returns
    -------
    Golden values; of an output of over 100 columns, of 100 of them.

    Raises
    ------
    BundleError
        When there are too many cells, or one without counts.
    """
    if not 0 < counts.shape[0] <= MAX_CELLS:
        raise BundleError(f"Golden values are of 1 to {MAX_CELLS} cells, not {counts.shape[0]}.")
    absent = absent_genes(bundle) if missing is None else np.unique(np.asarray(missing, dtype=np.intp))
    kept = counts.tocsr().copy()
    kept.data = kept.data * ~np.isin(kept.indices, absent)
    kept.sum_duplicates()
    kept.eliminate_zeros()
    network = open_network(bundle, device="cpu", threads=1)
    cells = _cells(bundle, network, kept, absent)
    if (cells.size_factors == 0).any():
        raise BundleError("A cell has no counts in the genes that are not missing: choose others.")
    given = predict_outputs(network, cells, network.meanings)
    names = list(gene_rows(bundle.genes))
    counted = np.unique(kept.indices)
    return Golden(
        genes=tuple(names[row] for row in counted),
        missing=tuple(names[row] for row in absent),
        cells=tuple(
            GoldenCell(
                genes=tuple(np.searchsorted(counted, kept[i].indices).tolist()),
                counts=tuple(int(count) for count in kept[i].data),
                size_factor=_rounded(factor),
            )
            for i, factor in enumerate(cells.size_factors)
        ),
        outputs=tuple(_output(output.name, given[output.meaning]) for output in bundle.manifest.graph.outputs),
    )


def absent_genes(bundle: Bundle) -> NDArray[np.intp]:
    """Return the rows of the gene index that golden cells lack by default: every tenth input gene's."""
    return np.unique(bundle.genes.inputs[::_EACH])


def replay(bundle: Bundle, *, device: Device = "cpu") -> Replayed:
    """Run a bundle's golden cells and compare.

    Raises
    ------
    BundleError
        When the bundle has none, or its graph fails.
    """
    golden = bundle.golden
    if golden is None:
        raise BundleError("The model has no golden values, which came with format 2.")
    network = open_network(bundle, device=device, threads=1)
    row_of = gene_rows(bundle.genes)
    missing = np.array([row_of[name] for name in golden.missing], dtype=np.intp)
    cells = _cells(bundle, network, _counts(bundle, golden, row_of), missing)
    given = predict_outputs(network, cells, network.meanings)
    name_of = {output.name: output.meaning for output in bundle.manifest.graph.outputs}
    factors = np.array([[cell.size_factor] for cell in golden.cells])
    differences = {"size factors": _difference(cells.size_factors[:, None], factors)}
    for output in golden.outputs:
        found = given[name_of[output.name]][:, list(output.columns)]
        differences[f"values of {output.name}"] = _difference(found, np.array(output.values))
    where = max(differences, key=lambda name: differences[name])
    worst = differences[where]
    fault = (
        f"golden.json does not hold: {where} differ by {worst:.1e} of what it states, over {TOLERANCE:.0e}. The "
        "model is not what its author ran, or this machine computes otherwise: do not use it here."
    )
    return Replayed(cells=len(golden.cells), difference=worst, fault=fault if worst > TOLERANCE else "")


def _counts(bundle: Bundle, golden: Golden, row_of: dict[str, int]) -> csr_matrix:
    from scipy import sparse

    rows = np.array([row_of[name] for name in golden.genes], dtype=np.int32)
    ends = np.cumsum([0, *(len(cell.genes) for cell in golden.cells)])
    return sparse.csr_matrix(
        (
            np.concatenate([np.array(cell.counts, dtype=np.float32) for cell in golden.cells]),
            rows[np.concatenate([np.array(cell.genes, dtype=np.int32) for cell in golden.cells])],
            ends,
        ),
        shape=(len(golden.cells), len(bundle.genes)),
    )


def _cells(bundle: Bundle, network: Network, counts: csr_matrix, missing: NDArray[np.intp]) -> InputCells:
    """Return cells of a dataset whose columns are the model's genes but for those that are missing."""
    measured = np.ones(len(bundle.genes), dtype=bool)
    measured[missing] = False
    columns = np.flatnonzero(measured)
    gene_map = map_columns(columns, measured, bundle.genes, inputs=network.inputs)
    return gene_map.input_cells(counts.astype(np.float32)[:, columns])


def _output(name: str, values: NDArray[np.float32]) -> GoldenOutput:
    columns = np.unique(np.linspace(0, values.shape[1] - 1, min(_COLUMNS, values.shape[1])).round().astype(int))
    rows = tuple(tuple(_rounded(value) for value in row) for row in values[:, columns])
    return GoldenOutput(name=name, columns=tuple(columns.tolist()), values=rows)


def _difference(found: NDArray[np.float32], stated: NDArray[np.float64]) -> float:
    usual = float(np.sqrt(np.mean(stated**2)))
    return float((np.abs(found - stated) / np.maximum(np.abs(stated), max(usual, 1e-300))).max())


def _rounded(value: float) -> float:
    return float(format(float(value), ".7g"))
