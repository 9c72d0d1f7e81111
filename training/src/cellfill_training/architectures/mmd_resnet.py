"""MMD-ResNet: batches moved onto one by a residual network (Shaham et al., Bioinformatics 33:2539, 2017)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import DataError
from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.discrepancy import kernel_width, mean_discrepancy
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network, Phase
from cellfill_training.parts.options import NetworkOptions, widths
from cellfill_training.parts.projection import make_projection
from cellfill_training.parts.residual import make_block
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How long it trains, in epochs of at least so many steps (the program's cells made 12), and the parts after each of
# which steps are a tenth. The program goes on to 500 with steps of a ten-thousandth and less, which change nothing.
_EPOCHS, _STEPS, _PARTS = 200, 12, 4
_LEAST_CELLS = 25  # of a batch that train, with whose neighbours kernels are measured
_BLOCK = 512


class MmdResnet(Network):
    """Standardised principal components, and blocks that move the cells of every batch onto those of one."""

    loss_of_batch = True

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        make, genes = self.parameters, len(facts.genes)
        self.components = min(options.components, genes - 1, facts.cells - 1)
        self.project = make_projection(make, genes, self.components)
        self.spread = make.keep("components_spread", np.ones(self.components))
        start = float(options.start_spread)
        self.blocks = [
            make_block(make, f"block{number}", self.components, hidden, start=start)
            for number, hidden in enumerate(widths(options.encoder), start=1)
        ]
        self.width: float  # of kernels
        self._reference: str
        # Places of the reference, then of each other batch, by whether they train.
        self._places: dict[bool, list[Any]] = {}

    def phases(self) -> tuple[Phase, ...]:
        """Return one training, after the components are found."""
        options = self.options
        steps = max(int(self.facts.cells * (1 - options.held_out_fraction)) // options.batch_size, 1)
        short = ceil(_STEPS / steps)  # so many epochs have the steps of one of the program
        longest = _EPOCHS * short
        return (
            Phase(
                name="",
                loss=self.loss,
                learns=tuple(self.parameters.learnt),
                epochs=min(options.max_epochs, longest),
                patience=options.patience * short,
                begin=self._begin,
                rate=lambda epoch: options.learning_rate * 0.1 ** ((epoch - 1) * _PARTS // longest),
            ),
        )

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return how far moved batches are from the reference, plus how far its own cells are moved.

        The same for each cell: of cells that are drawn anew, as many of each batch as a step has.
        """
        reference, *others = (self._drawn(maths, places) for places in self._places[maths.training])
        keep = self.options.keep_reference
        parts = [*others, reference] if keep else others
        moved = tf.split(
            self._move(maths, tf.concat(parts, axis=0)), [tf.shape(part)[0] for part in parts], num=len(parts)
        )
        apart = [mean_discrepancy(batch, reference, self.width) for batch in moved[: len(others)]]
        missed = sum(apart) / len(apart)
        if keep:
            missed += keep * tf.reduce_mean((moved[-1] - reference) ** 2)
        return tf.fill(tf.shape(cells.row), missed)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return components of moved cells, each with the spread that it has among the training cells."""
        moved = self._move(maths, self.standard(maths, counts, size_factors))
        return {"embedding": maths.mul(moved, maths.value(self.spread))}

    def standard(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        """Return components of variance 1, cells x components: where cells are before they are moved."""
        placed = self.project(maths, self.facts.scaling.centred(maths, counts, size_factors))
        return maths.div(placed, maths.value(self.spread))

    def dimensions(self) -> tuple[str, ...]:
        """Return the components' numbers."""
        return tuple(str(number) for number in range(1, self.components + 1))

    def found(self) -> Mapping[str, str]:
        """Return which batch the others were moved onto."""
        return {"reference": self._reference}

    def _move(self, maths: Maths, x: Value) -> Value:
        for block in self.blocks:
            x = block(maths, x)
        return x

    def _begin(self, batch: Callable[[Any], Batch], rows: NDArray[np.intp]) -> None:
        """Find the components, and where every cell is among them.

        Raises
        ------
        DataError
            When few cells of a batch train.
        """
        maths, options = TensorFlowMaths(), self.options

        def centred(numbers: Value) -> Value:
            cells = batch(numbers)
            return self.facts.scaling.centred(maths, cells.counts, cells.size_factors)

        def placed(numbers: Value) -> Value:
            cells = batch(numbers)
            return self.project(
                maths, self.facts.scaling.centred(maths, cells.counts, cells.size_factors)
            ), cells.study

        self.project.fit(centred, rows, seed=options.seed)
        run = tf.function(placed, autograph=False, input_signature=[tf.TensorSpec((None,), tf.int64)])
        every = np.arange(self.facts.cells)
        found = [run(tf.constant(every[at : at + _BLOCK], tf.int64)) for at in range(0, len(every), _BLOCK)]
        places, study = (np.concatenate([part.numpy() for part in parts]) for parts in zip(*found, strict=True))
        spread = np.maximum(places[rows].std(axis=0), 1e-12)
        self.spread.variable.assign(spread)
        places = (places / spread).astype(np.float32)
        trains = np.isin(every, rows)
        batches, most = self._batches(study, trains), options.batch_size
        self._places = {
            True: [tf.constant(places[trains & (study == number)]) for number in batches],
            False: [tf.constant(places[_held(study == number, trains)][:most]) for number in batches],
        }
        reference = places[trains & (study == batches[0])]
        some = np.random.default_rng([options.seed, 24]).permutation(len(reference))[:most]
        self.width = kernel_width(reference[some])

    def _batches(self, study: NDArray[np.intp], trains: NDArray[np.bool_]) -> list[int]:
        """Return the numbers of the batches, that of the reference first."""
        names, asked = self.facts.studies, self.options.reference
        sizes = np.bincount(study[trains], minlength=len(names))
        if sizes.min() < _LEAST_CELLS:
            few = int(sizes.argmin())
            train = "cell of the batch {} trains" if sizes[few] == 1 else "cells of the batch {} train"
            others = "name another --reference" if names[few] == asked else "leave that batch out"
            raise DataError(
                f"{sizes[few]} {train.format(names[few])}, too few to say where its cells lie ({_LEAST_CELLS} at "
                f"least): {others}, or give more of its cells."
            )
        first = int(sizes.argmax()) if asked is None else names.index(asked)
        self._reference = names[first]
        return [first, *(number for number in range(len(names)) if number != first)]

    def _drawn(self, maths: Maths, places: Any) -> Any:
        """Return as many cells of a batch as a step has, drawn anew; all where they are fewer."""
        most = self.options.batch_size
        if not isinstance(maths, TensorFlowMaths) or not maths.training or places.shape[0] <= most:
            return places
        return tf.gather(places, tf.math.top_k(maths.random.uniform(places.shape[:1]), most).indices)


def _held(own: NDArray[np.bool_], trains: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a batch's cells that do not train; all where there is none."""
    held = own & ~trains
    return held if held.any() else own
