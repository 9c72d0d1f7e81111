"""MuData, several AnnData in one file (RNA, proteins, ...): told from AnnData, and refused with the way round."""

from __future__ import annotations

from typing import Any

from cellfill.errors import DataError
from cellfill.readers.encoding import encoding_type, is_group, is_hdf5
from cellfill.readers.remote import Source

_MODALITIES = "mod"
_RNA = ("rna", "gex", "gene expression", "gene_expression", "expression")


def refuse_mudata(root: Any, path: Source) -> None:
    """Refuse an opened file or store that is a MuData; say what it holds, and how to have the RNA of it alone.

    Raises
    ------
    DataError
        When it is one.
    """
    if encoding_type(root) != "MuData" and not (_MODALITIES in root and "X" not in root):
        return
    names = sorted(root[_MODALITIES]) if _MODALITIES in root and is_group(root[_MODALITIES]) else []
    rna = next((name for name in names if name.lower() in _RNA), names[0] if names else "rna")
    read = "mudata.read_h5mu" if is_hdf5(root) else "mudata.read_zarr"
    raise DataError(
        f"{path} is a MuData, with {len(names)} modalities ({', '.join(names) or 'none'}), and a model reads one: "
        f"save the RNA alone in Python, import mudata; {read}({str(path)!r})[{rna!r}].write_h5ad('rna.h5ad')"
    )
