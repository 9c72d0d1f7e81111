"""What a run asks of a task: to be prepared once a dataset, applied to a block of cells, and to say what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from cellfill.counts.find import Found
    from cellfill.counts.source import Source
    from cellfill.results.gathered import Gathered
    from cellfill.results.named import Block, Layer, Results
    from cellfill.results.names import Names

    # Applies what is ready to blocks of a source, in order: on a cluster, say.
    ApplyBlocks: TypeAlias = Callable[["Ready", Source, Sequence[slice]], Iterator[Block]]


class Ready(Protocol):
    """A task that is prepared for a dataset; it can travel to other processes."""

    @property
    def layer(self) -> Layer | None:
        """The form of the layer that it gives; None where it gives none."""

    def apply(self, counts: csr_matrix, /) -> Block:
        """Return the results of a block: checked counts, cells x the genes of the counts, CSR float32."""

    def describe(self, *, cells: int, gathered: Gathered | None, source: Source, notes: Sequence[str]) -> Results:
        """Say what was done.

        Parameters
        ----------
        cells
            Number of cells.
        gathered
            What the blocks gave beside a layer, of which the task says what is added; None where no block has been
            computed yet.
        source
            What held the counts.
        notes
            What a person should know of how the data were read and the results are written.
        """


class Task(Protocol):
    """What a model is to do with the cells of a dataset."""

    @property
    def names(self) -> Names:
        """What is added to a dataset."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What makes the values of two runs on the same counts the same; plain types."""

    def prepare(self, found: Found, *, cells: int, dense: bool) -> Ready:
        """Decide what all blocks have in common, from a sample of the cells; refuse what cannot be done.

        Parameters
        ----------
        found
            The counts and what their columns are called.
        cells
            Number of cells.
        dense
            Whether the dataset's ``X`` is.
        """
