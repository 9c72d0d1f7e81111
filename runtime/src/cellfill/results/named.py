"""Named results: a layer, columns of obs and var, matrices of obsm, and a record of how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    # Cells x the dataset's genes, float32, or float16 where dense.
    Values: TypeAlias = csr_matrix | NDArray[Any]

Dtype = Literal["float32", "float16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The form of a layer, and of others beside it.

    Attributes
    ----------
    name
        Its key in ``layers``.
    also
        The keys of further layers of the same form.
    dense
        Whether it is dense; else CSR.
    dtype
        Of its values; sparse is float32 always.
    filled
        Number of genes of which every cell that has counts gets a value; 0 where that is not known.
    rounded
        Whether values are rounded, so that they can be packed.
    columns
        Those of the genes that were asked for, which are all that a text table holds; None for every gene.
    """

    name: str
    also: tuple[str, ...] = ()
    dense: bool = False
    dtype: Dtype = "float32"
    filled: int = 0
    rounded: bool = False
    columns: tuple[int, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of all of them."""
        return self.name, *self.also


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What a task gives of a block of cells.

    Attributes
    ----------
    layer
        Cells x the dataset's genes, CSR or dense; None where the task gives no layer.
    also
        The same of the further layers, in their order.
    obs, obsm
        One value, or one row, a cell: arrays by the names of the results.
    tally
        Numbers that are summed over all blocks.
    """

    layer: Values | None = None
    also: tuple[Values, ...] = ()
    obs: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    obsm: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    tally: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What is added to a dataset besides layers.

    Attributes
    ----------
    var, obs
        New columns, one value a gene or a cell: boolean, whole or float64 arrays, or lists of text, for categories.
    obsm
        New matrices, one row a cell.
    obsm_columns
        What the columns of a matrix are called, where they have names: in a table of cells.
    gone
        Columns of obs, matrices of obsm and layers of an earlier result, which go: the part, and the name.
    record_name
        Key of ``uns`` that gets the record.
    record
        Provenance: plain types that h5ad and zarr can store; ``layer`` names the layer.
    """

    var: Mapping[str, Any] = field(default_factory=dict)
    obs: Mapping[str, Any] = field(default_factory=dict)
    obsm: Mapping[str, Any] = field(default_factory=dict)
    obsm_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gone: frozenset[tuple[str, str]] = frozenset()
    record_name: str
    record: Mapping[str, Any]
