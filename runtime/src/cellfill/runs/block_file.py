"""What a finished block is in a file: plain arrays, checked when they are read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.results.named import Block

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Before the names of results.
_TALLY, _OBS, _OBSM = "tally ", "obs ", "obsm "


def pack(block: Block) -> dict[str, NDArray[Any]]:
    """Return the arrays of a block: its layers whole or in parts, and one array a named result."""
    parts = {f"{_TALLY}{name}": np.array(number) for name, number in block.tally.items()}
    parts |= {f"{_OBS}{name}": np.asarray(values) for name, values in block.obs.items()}
    parts |= {f"{_OBSM}{name}": values for name, values in block.obsm.items()}
    layers = () if block.layer is None else (block.layer, *block.also)
    for number, layer in enumerate(layers):
        parts |= {f"{number} {name}": values for name, values in _stored(layer).items()}
    return parts


def _stored(layer: Any) -> dict[str, NDArray[Any]]:
    if isinstance(layer, np.ndarray):
        return {"values": layer}
    return {
        "data": layer.data,
        "indices": layer.indices,
        "indptr": layer.indptr,
        "shape": np.array(layer.shape),
    }


def unpack(parts: Mapping[str, NDArray[Any]], *, cells: int, genes: int) -> Block:
    """Return a block; ValueError where it is none of that shape, or holds what no result does."""
    tally = {name: int(number.item()) for name, number in _named(parts, _TALLY).items()}
    of_cells = {kind: _named(parts, kind) for kind in (_OBS, _OBSM)}
    if any(not 0 <= number <= cells * genes for number in tally.values()):
        raise ValueError("numbers that cannot be")
    if any(len(values) != cells for named in of_cells.values() for values in named.values()):
        raise ValueError("of another number of cells")
    layers: list[Any] = []
    while of_layer := _named(parts, f"{len(layers)} "):
        layers.append(_layer(of_layer, cells=cells, genes=genes))
    first, also = (layers[0], tuple(layers[1:])) if layers else (None, ())
    return Block(layer=first, also=also, obs=of_cells[_OBS], obsm=of_cells[_OBSM], tally=tally)


def _named(parts: Mapping[str, NDArray[Any]], kind: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(kind): parts[name] for name in parts if name.startswith(kind)}


def _layer(parts: Mapping[str, NDArray[Any]], *, cells: int, genes: int) -> Any:
    from scipy.sparse import csr_matrix

    values: Any
    if "values" in parts:
        values = stored = parts["values"]
    else:
        values = csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))
        values.check_format(full_check=True)
        stored = values.data
    if values.shape != (cells, genes) or stored.dtype.kind != "f":
        raise ValueError("of another shape")
    if stored.size and not (np.isfinite(stored).all() and stored.min() >= 0):
        raise ValueError("values that are no counts")
    return values
