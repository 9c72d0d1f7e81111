"""Some cells of a model's studies, ``reference.tsv``: the map on which new cells are drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.bundle.files import REFERENCE
from cellfill.bundle.table import check_name, format_table, parse_table
from cellfill.errors import BundleError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CELLS = 50_000
MAX_NUMBERS = 4_000_000
MOST = 1e9
_STUDY, _TYPE = "study", "type"
_NUMBERS = bytes(set(b"0123456789+-.e\t\n"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """Cells of the studies of a model.

    Attributes
    ----------
    studies
        Name of each cell's study, one of the manifest's.
    types
        Of each cell, one of the model's where it names types; empty where it is not known.
    coordinates
        Cells x dimensions of the embedding, float32, finite.
    """

    studies: tuple[str, ...]
    types: tuple[str, ...]
    coordinates: NDArray[np.float32]

    def __eq__(self, other: object) -> bool:
        import numpy as np

        return (
            isinstance(other, Reference)
            and (self.studies, self.types) == (other.studies, other.types)
            and np.array_equal(self.coordinates, other.coordinates)
        )

    def __hash__(self) -> int:
        return hash(self.studies)


def parse_reference(
    text: bytes, dimensions: Sequence[str], *, studies: Collection[str], types: Collection[str] | None
) -> Reference:
    """Parse and check the bytes of a ``reference.tsv``.

    Parameters
    ----------
    text
        The bytes.
    dimensions
        Names of the embedding's.
    studies
        Of the manifest.
    types
        Of the model; None for a model that names none, whose reference may have any.

    Raises
    ------
    BundleError
        When it is not of the declared form, or of other studies, types or dimensions.
    """
    import numpy as np

    most = min(MAX_CELLS, MAX_NUMBERS // len(dimensions))
    header, rows = parse_table(text, file=REFERENCE, most_rows=most, most_line=400 + 110 * len(dimensions))
    if header != [_STUDY, _TYPE, *dimensions]:
        raise BundleError(f"{REFERENCE} must have the columns study and type, and the embedding's dimensions.")
    if not rows:
        raise BundleError(f"{REFERENCE} has no cells.")
    for place, (study, kind, *_) in enumerate(rows, start=2):
        where = f"{REFERENCE}, line {place}"
        if study not in studies:
            raise BundleError(f"{where}: {study[:40]!a} is no study of the manifest.")
        if kind and types is not None and kind not in types:
            raise BundleError(f"{where}: {kind[:40]!a} is no type of classes.tsv.")
        if kind and types is None:
            check_name(kind, where, what="a cell type")
    numbers = "\t".join("\t".join(row[2:]) for row in rows).encode()
    if numbers.translate(None, delete=_NUMBERS):
        raise BundleError(f"{REFERENCE} has a coordinate that is no number.")
    try:
        coordinates = np.array([row[2:] for row in rows], dtype=np.float64)
    except ValueError as error:
        raise BundleError(f"{REFERENCE} has a coordinate that is no number: {str(error)[:80]!a}.") from error
    if not np.abs(coordinates).max() <= MOST:
        raise BundleError(f"{REFERENCE} has coordinates beyond {MOST:g}.")
    return Reference(
        studies=tuple(row[0] for row in rows),
        types=tuple(row[1] for row in rows),
        coordinates=coordinates.astype(np.float32),
    )


def format_reference(reference: Reference, dimensions: Sequence[str]) -> bytes:
    """Return the bytes of ``reference.tsv``; reading and formatting them again gives the same bytes."""
    rows = [
        [study, kind, *(format(value, ".6g") for value in values)]
        for study, kind, values in zip(
            reference.studies, reference.types, reference.coordinates.tolist(), strict=True
        )
    ]
    return format_table([_STUDY, _TYPE, *dimensions], rows)
