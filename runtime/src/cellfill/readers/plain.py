"""What formats have in common that hold one table of genes, one of cells, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cellfill.readers.dataset import Dataset, Format, Matrix
from cellfill.readers.failures import require, silence
from cellfill.readers.remote import Source, local_path

if TYPE_CHECKING:
    from numpy.typing import NDArray


def plain_dataset(
    matrices: tuple[Matrix, ...],
    *,
    names: NDArray[Any],
    form: Format,
    path: Source,
    obs: Callable[[], dict[str, Any]] = dict,
    further: Callable[[], dict[str, dict[str, Any]]] = dict,
    obsm_names: Callable[[], tuple[str, ...]] = tuple,
    close: Callable[[], None] = lambda: None,
    notes: tuple[str, ...] = (),
) -> Dataset:
    """Return the dataset of a format that is no AnnData.

    Parameters
    ----------
    matrices
        The first is ``X``; all have its genes.
    names
        Of the cells.
    form, path, close, notes
        See `cellfill.readers.dataset.Dataset`.
    obs
        Returns what else is known of the cells.
    further
        Returns what else there is, by the part of an AnnData that holds it: ``obsm``, ``varm``, ``obsp``, ``uns``.
    obsm_names
        Returns the names of the first of these.
    """
    pd = require("pandas", extra="h5ad", purpose="Reading this format")
    require("anndata", extra="h5ad", purpose="Reading this format")

    def frame() -> Any:
        return pd.DataFrame(obs(), index=pd.Index(names, dtype=object))

    def rest() -> Any:
        import anndata

        with silence():
            return anndata.AnnData(obs=frame(), var=matrices[0].var.frame().copy(), **further())

    return Dataset(
        cells=len(names),
        var=matrices[0].var,
        matrices=matrices,
        dense=False,
        format=form,
        path=local_path(path),
        cell_names=lambda: names,
        uns=lambda _name: None,
        obs=frame,
        obsm_names=obsm_names,
        rest=rest,
        close=close,
        notes=notes,
    )
