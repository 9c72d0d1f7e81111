"""What an architecture says of itself: what it reads, what it gives, what it loses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.parameters import Parameter, Parameters
from cellfill_training.parts.scaling import Scaling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cellfill_training.parts.options import NetworkOptions
    from cellfill_training.studies.gene_sets import Wiring

Gives: TypeAlias = Literal["expected", "expressed", "embedding", "class_probabilities"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the training cells before a network is made for them.

    Attributes
    ----------
    genes
        Symbols of the genes, or ids where there is none: all are read, and filled where the network imputes.
    means
        (genes,) mean count at size factor 1.
    scaling
        How counts become inputs.
    cells
        Number of training cells.
    studies
        Names of the studies.
    types
        Types that cells are labelled with, in the order of their numbers, and how many training cells are of each;
        empty for a network that learns from no label.
    sets
        The gene sets that the network is wired by; None where it has none.
    """

    genes: tuple[str, ...]
    means: NDArray[np.float64]
    scaling: Scaling
    cells: int
    studies: tuple[str, ...]
    types: Mapping[str, int]
    sets: Wiring | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Cells of one step, as tensors.

    Attributes
    ----------
    counts
        Cells x genes; an unknown gene at its neutral level.
    size_factors
        Cells x 1.
    measured
        Cells x genes: 1, or 0 where the cell's study did not measure the gene.
    study, label, row
        (cells,) numbers of the study, of the type (-1: none), and of the cell among those trained on.
    """

    counts: Value
    size_factors: Value
    measured: Value
    study: Value
    label: Value
    row: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One training of several that follow each other; most networks have one.

    Attributes
    ----------
    name
        What is said of it; empty where it is the only one.
    loss
        Of a batch: nats, or whatever is minimised, one a cell.
    learns
        What it changes.
    epochs
        At most; None for as many as the options say.
    patience
        Epochs without progress after which it stops; None for those of the options.
    begin
        Called before it, with what makes a batch of cells by their numbers, and the numbers of those that train.
    rate
        The size of its steps by the number of the epoch, from 1; None for that of the options.
    ends
        Called after every epoch with its number; says whether the phase is over, in place of the cells that do not
        train, and the last weights are kept.
    """

    name: str
    loss: Callable[[Maths, Batch], Value]
    learns: tuple[Parameter, ...]
    epochs: int | None = None
    patience: int | None = None
    begin: Callable[[Callable[[Any], Batch], NDArray[np.intp]], None] | None = None
    rate: Callable[[int], float] | None = None
    ends: Callable[[int], bool] | None = None


class Network(ABC):
    """A network that is being trained, and then written down.

    Parameters
    ----------
    facts
        Of the training cells.
    options
        Of the training; those that the architecture reads are listed in `catalogue`.
    rng
        Draws the weights that it begins with.

    Attributes
    ----------
    epoch, step
        Of the phase that is trained: epochs that are done, and steps with the one that is being taken.
    loss_of_batch
        Whether the loss is of a batch as a whole: then it depends on how many cells that has, and the loss of cells
        that train says nothing beside that of others.
    """

    loss_of_batch: ClassVar[bool] = False

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        self.facts, self.options = facts, options
        self.parameters = Parameters(rng)
        self.epoch = tf.Variable(0.0, trainable=False)
        self.step = tf.Variable(0.0, trainable=False)

    @abstractmethod
    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return what is minimised, one a cell."""

    @abstractmethod
    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return what the graph gives, by meaning: cells x genes, x dimensions or x types."""

    def risen(self, maths: Maths) -> Value:
        """Return the weight of the divergence from the prior: it rises over the epochs of the warm-up."""
        full = self.options.kl_weight
        if not (maths.training and self.options.warm_up):
            return full
        return full * tf.minimum(1.0, self.epoch / self.options.warm_up)

    def penalty(self) -> float:
        """Return the weight of the squared weights beside the mean loss of a cell: by default the option."""
        return self.options.penalty

    def phases(self) -> Iterable[Phase]:
        """Return how it is trained: by default once, everything, by `loss`.

        The next one is asked for when the last one is over, so that it may begin from what that found.
        """
        return (Phase(name="", loss=self.loss, learns=tuple(self.parameters.learnt)),)

    def groups(self) -> Mapping[str, int]:
        """Return what its probabilities are of, in their order, and how many training cells are of each.

        By default the types that it learnt from.
        """
        return self.facts.types

    def found(self) -> Mapping[str, str]:
        """Return what its training settled that no option says, for the card: by default nothing."""
        return {}

    def dimensions(self) -> tuple[str, ...]:
        """Return the names of the embedding's dimensions: by default their numbers."""
        return tuple(str(number) for number in range(1, self.options.dimensions + 1))
