"""10x Genomics ``.h5``: genes x cells in CSC is cells x genes in CSR, so rows come straight from the file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.errors import DataError
from cellfill.genes.table import GeneTable, gene_table
from cellfill.readers.dataset import Dataset, Matrix
from cellfill.readers.failures import reading
from cellfill.readers.hdf5_file import open_hdf5
from cellfill.readers.plain import plain_dataset
from cellfill.readers.remote import Source
from cellfill.readers.rows import GuardedRows, StoredCsr

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KIND = "10x .h5"
# Columns of var as scanpy.read_10x_h5 names them, by the field of the file.
_VERSION_3 = {"id": "gene_ids", "feature_type": "feature_types", "genome": "genome"}


def open_10x_h5(path: Path) -> Dataset:
    """Open a file of Cell Ranger 3 or later (group ``matrix``) or 2 (a group named by the genome).

    Raises
    ------
    DataError
        When it is damaged, or holds several genomes.
    MissingDependencyError
        When h5py or anndata is not installed.
    """
    with reading(path, _KIND), ExitStack() as stack:
        dataset = dataset_in_10x_h5(stack.enter_context(open_hdf5(path)), path)
        stack.pop_all()
        return dataset


def dataset_in_10x_h5(file: Any, path: Source) -> Dataset:
    """Return the dataset of an opened file.

    Raises
    ------
    Exception
        Whatever h5py raises.
    """
    group = _group(file, path)
    var = _var_3(group["features"]) if "features" in group else _var_2(group)
    names = texts(group["barcodes"])
    genes, cells = (int(length) for length in group["shape"][:])
    if (genes, cells) != (len(var), len(names)):
        raise DataError(
            f"{path} cannot be read as {_KIND}: the matrix is {genes} genes x {cells} cells, but there are names "
            f"of {len(var)} and {len(names)}. It is damaged: fetch it again."
        )
    rows = StoredCsr(group["data"], group["indices"], group["indptr"], shape=(cells, genes))
    matrix = Matrix(name="X", rows=GuardedRows(rows, path, _KIND), var=var)
    return plain_dataset((matrix,), names=names, form="10x-h5", path=path, close=file.close)


def _group(file: Any, path: Source) -> Any:
    if "matrix" in file:
        return file["matrix"]
    genomes = [name for name in file if hasattr(file[name], "keys") and "barcodes" in file[name]]
    if not genomes:
        raise DataError(
            f"{path} cannot be read as {_KIND}: it has no matrix of Cell Ranger. Name an .h5ad by its ending."
        )
    if len(genomes) != 1:
        raise DataError(
            f"{path} holds {len(genomes)} genomes ({', '.join(genomes)}), and a model is of one species: save one "
            f"alone, scanpy.read_10x_h5(path, genome={genomes[0]!r}).write('one.h5ad')."
        )
    return file[genomes[0]]


def _var_3(features: Any) -> GeneTable:
    import pandas as pd

    usual = {label: texts(features[field]) for field, label in _VERSION_3.items() if field in features}
    names = texts(features["name"] if "name" in features else features["id"])
    further = {
        field: _values(features[field]) for field in features if _is_further(field, features[field], len(names))
    }
    return gene_table(pd.DataFrame(usual | further, index=names))


def _is_further(field: str, values: Any, features: int) -> bool:
    """Return whether it is one value a feature: interval, pattern, read, sequence, and what CellBender adds."""
    if field in _VERSION_3 or field == "name" or field.startswith("_") or hasattr(values, "keys"):
        return False
    return values.shape == (features,) and values.dtype.kind in "SObiuf"


def _values(values: Any) -> NDArray[Any]:
    import numpy as np

    return texts(values) if values.dtype.kind in "SO" else np.asarray(values[:])


def _var_2(group: Any) -> GeneTable:
    import pandas as pd

    return gene_table(pd.DataFrame({"gene_ids": texts(group["genes"])}, index=texts(group["gene_names"])))


def texts(dataset: Any) -> NDArray[Any]:
    """Return stored names as str; HDF5 gives them as bytes, which are UTF-8.

    Raises
    ------
    ValueError
        When the bytes are not.
    """
    import numpy as np

    values = dataset[:].tolist()
    return np.array([v.decode() if isinstance(v, bytes) else str(v) for v in values], dtype=object)
