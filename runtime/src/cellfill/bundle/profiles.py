"""What a cell of each type is made of, ``profiles.tsv``: by it cells of other types are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill.bundle.files import PROFILES
from cellfill.bundle.table import format_table, parse_table
from cellfill.errors import BundleError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cellfill.bundle.classes import Classes
    from cellfill.bundle.gene_index import GeneIndex

MAX_SHARES = 4_000_000
LEAST = 1e-12
SUM_TOLERANCE = 1e-3
_GENE = "gene"
_NUMBERS = bytes(set(b"0123456789+-.e\t\n"))


class Profiles:
    """Profiles of the leaf classes.

    Attributes
    ----------
    shares
        Share of a cell's molecules, of those of the input genes: input genes x leaf classes, float32, positive;
        each column sums to 1.
    """

    def __init__(self, shares: NDArray[np.floating]) -> None:
        import numpy as np

        self.shares: NDArray[np.float32] = np.asarray(shares, dtype=np.float32)
        _check(self.shares)

    def __eq__(self, other: object) -> bool:
        import numpy as np

        return isinstance(other, Profiles) and np.array_equal(self.shares, other.shares)

    def __hash__(self) -> int:
        return hash(self.shares.shape)


def parse_profiles(text: bytes, genes: GeneIndex, classes: Classes) -> Profiles:
    """Parse and check the bytes of a ``profiles.tsv``.

    Parameters
    ----------
    text
        The bytes.
    genes, classes
        Of the same model: its input genes are the rows, its leaf classes the columns.

    Raises
    ------
    BundleError
        When it is not of the declared form, or not of these genes and classes.
    """
    import numpy as np

    inputs = [_name(genes, row) for row in genes.inputs]
    leaves = classes.leaf_names
    if len(inputs) * len(leaves) > MAX_SHARES:
        raise BundleError(f"{PROFILES} has {len(inputs) * len(leaves):,} shares, over the bound of {MAX_SHARES:,}.")
    header, rows = parse_table(text, file=PROFILES, most_rows=len(inputs), most_line=40 + 110 * (1 + len(leaves)))
    if header != [_GENE, *leaves]:
        raise BundleError(f"{PROFILES} does not have the leaf classes of classes.tsv for columns, in their order.")
    names = [row[0] for row in rows]
    if names != inputs:
        raise BundleError(f"{PROFILES} does not have the input genes of genes.tsv for rows, in their order.")
    numbers = "\t".join("\t".join(row[1:]) for row in rows).encode()
    if numbers.translate(None, delete=_NUMBERS):
        raise BundleError(f"{PROFILES} has a field that is no number.")
    try:
        shares = np.array([row[1:] for row in rows], dtype=np.float64)
    except ValueError as error:
        raise BundleError(f"{PROFILES} has a field that is no number: {str(error)[:80]!a}.") from error
    return Profiles(shares)


def format_profiles(profiles: Profiles, genes: GeneIndex, classes: Classes) -> bytes:
    """Return the bytes of ``profiles.tsv``; reading and formatting them again gives the same bytes.

    Raises
    ------
    BundleError
        When they are not of these genes and classes.
    """
    if profiles.shares.shape != (len(genes.inputs), len(classes.leaves)):
        raise BundleError(
            f"The profiles are {' x '.join(map(str, profiles.shares.shape))}, and the model has "
            f"{len(genes.inputs)} input genes and {len(classes.leaves)} leaf classes."
        )
    rows = [
        [_name(genes, row), *(format(share, ".6g") for share in shares)]
        for row, shares in zip(genes.inputs, profiles.shares.tolist(), strict=True)
    ]
    return format_table([_GENE, *classes.leaf_names], rows)


def _name(genes: GeneIndex, row: int) -> str:
    gene = genes[int(row)]
    return str(gene.ensembl_id or gene.symbol)


def _check(shares: NDArray[np.float32]) -> None:
    import numpy as np

    if shares.ndim != 2 or not shares.size:
        raise BundleError(f"{PROFILES} is empty, or no table.")
    if not (shares.min() >= LEAST and shares.max() <= 1):  # both are undefined if any is
        raise BundleError(f"{PROFILES} has shares that are not from {LEAST:g} to 1.")
    if not np.abs(shares.sum(axis=0, dtype=np.float64) - 1).max() <= SUM_TOLERANCE:
        raise BundleError(f"{PROFILES} has a column that does not sum to 1.")
