"""Numbers as text, fast: scipy's writer of Matrix Market files does the work."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DIGITS = 9  # that tell every float32 from its neighbours


def decimal(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return float32 values as the float64 that are written with no more digits than they need."""
    wide = values.astype(np.float64)
    some = np.flatnonzero(wide)
    found = wide.ravel()[some]
    scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.abs(found))))
    wide.ravel()[some] = np.rint(found * scale) / scale
    return wide


def _body(matrix: Any) -> bytes:
    """Return a matrix in Matrix Market form, without the three lines before its values."""
    from scipy.io import mmwrite

    stream = BytesIO()
    mmwrite(stream, matrix, field="real", symmetry="general")
    return stream.getvalue().split(b"\n", 3)[3]


def coordinate_lines(
    values: NDArray[Any], genes: NDArray[np.int32], cells: NDArray[np.int64], *, shape: tuple[int, int]
) -> bytes:
    """Return lines of gene, cell and value, numbered from 1, in the order given.

    Parameters
    ----------
    values
        Float32.
    genes, cells
        Numbered from 0.
    shape
        Genes x cells of the whole matrix.
    """
    from scipy.sparse import coo_matrix

    return _body(coo_matrix((decimal(values), (genes, cells)), shape=shape)) if values.size else b""


def table_lines(values: NDArray[Any], *, separator: bytes) -> list[bytes]:
    """Return one line for every row of a dense block, without an end of line.

    Parameters
    ----------
    values
        Float32, cells x genes, at least one gene.
    separator
        One character.
    """
    cells, genes = values.shape
    # One value a line, row by row; then all ends of line but those of a row become separators.
    text = np.frombuffer(_body(decimal(values).reshape(-1, 1)), dtype=np.uint8).copy()
    ends = np.flatnonzero(text == ord("\n")).reshape(cells, genes)
    text[ends[:, :-1]] = ord(separator)
    return text.tobytes().split(b"\n")[:cells]
