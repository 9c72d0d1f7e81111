"""DESC: an autoencoder, then clusters that are made tighter (Li et al., Nature Communications 11:2338, 2020)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import DataError
from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.clusters import louvain
from cellfill_training.parts.layers import make_dense
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network, Phase
from cellfill_training.parts.options import NetworkOptions, widths
from cellfill_training.parts.parameters import Parameter
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of the program: bounds of inputs; parts of a layer's training, after each of which steps are a tenth, and epochs
# of such a part of the whole autoencoder's; how much larger or smaller first steps are; epochs between targets.
_BOUND, _PARTS, _PART = 10.0, 3, 50
_WHOLE, _CLUSTERS, _BETWEEN = 10.0, 0.1, 5
_BLOCK, _TINY = 512, 1e-10


class Desc(Network):
    """Standardised log counts, an autoencoder trained layer by layer, shares of clusters by Student's t."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        sizes = (len(facts.genes), *widths(options.encoder), options.dimensions)
        pairs = list(enumerate(pairwise(sizes), start=1))
        self.encoder = [make_dense(self.parameters, f"encoder{n}", a, b) for n, (a, b) in pairs]
        self.decoder = [make_dense(self.parameters, f"decoder{n}", b, a) for n, (a, b) in pairs]
        self.autoencoder = tuple(self.parameters.learnt)
        self.middles: Parameter | None = None
        self.cells_of_clusters: tuple[int, ...] = ()
        self._batch: Callable[[Any], Batch]
        self._rows: NDArray[np.intp]

    def phases(self) -> Iterator[Phase]:
        """Return each layer's training, the whole autoencoder's, and that of clusters found in what it gives."""
        first, epochs = self.options.learning_rate, self.options.max_epochs
        of_layer = max(epochs // 2, 1)
        for number, (into, out) in enumerate(zip(self.encoder, self.decoder, strict=True)):
            yield Phase(
                name=f"layer {number + 1}",
                loss=partial(self._layer_loss, number),
                learns=(into.matrix, into.bias, out.matrix, out.bias),
                epochs=of_layer,
                begin=self._remember,
                rate=lambda epoch: first * 0.1 ** ((epoch - 1) * _PARTS // of_layer),
                ends=lambda _epoch: False,
            )
        yield Phase(
            name="autoencoder",
            loss=self._whole_loss,
            learns=self.autoencoder,
            epochs=epochs,
            rate=lambda epoch: first * _WHOLE * 0.1 ** ((epoch - 1) // _PART),
            ends=lambda _epoch: False,
        )
        self._find_clusters()
        yield Phase(
            name="clusters",
            loss=self.loss,
            learns=(*(p for layer in self.encoder for p in (layer.matrix, layer.bias)), self._middles()),
            epochs=epochs,
            rate=lambda _epoch: first * _CLUSTERS,
            ends=self._settled,
        )
        named = self._all(self._told, self._rows).argmax(axis=1)
        self.cells_of_clusters = tuple(np.bincount(named, minlength=int(self._targets.shape[1])).tolist())

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return the divergence of a cell's shares of clusters from its target."""
        target = tf.gather(self._targets, cells.row)
        shares = self._shares_of(maths, self._encode(maths, self._inputs(maths, cells.counts, cells.size_factors)))
        return tf.reduce_sum(target * (tf.math.log(target + _TINY) - tf.math.log(shares + _TINY)), axis=1)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the narrowest layer, and the shares of the clusters."""
        place = self._encode(maths, self._inputs(maths, counts, size_factors))
        return {"embedding": place, "class_probabilities": self._shares_of(maths, place)}

    def groups(self) -> Mapping[str, int]:
        """Return the clusters, the largest first as they were found, and the cells of each at the end."""
        return {f"cluster {number}": cells for number, cells in enumerate(self.cells_of_clusters, start=1)}

    def _inputs(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        return self.facts.scaling.standard(maths, counts, size_factors, bound=_BOUND)

    def _encode(self, maths: Maths, x: Value, layers: int | None = None) -> Value:
        for number, layer in enumerate(self.encoder[:layers]):
            x = maths.activate(self._activation(number + 1), layer(maths, x))
        return x

    def _activation(self, level: int) -> str:
        """Return the activation of a level, 0 the genes: at both ends tanh."""
        return "tanh" if level in (0, len(self.encoder)) else self.options.activation

    def _layer_loss(self, number: int, maths: Maths, cells: Batch) -> Value:
        share = self.options.dropout
        wanted = self._encode(maths, self._inputs(maths, cells.counts, cells.size_factors), number)
        hidden = self.encoder[number](maths, maths.dropout(wanted, share))
        hidden = maths.dropout(maths.activate(self._activation(number + 1), hidden), share)
        given = maths.activate(self._activation(number), self.decoder[number](maths, hidden))
        if number == 0:
            return _of_genes(cells, given, wanted)
        return tf.reduce_mean((given - wanted) ** 2, axis=1)

    def _whole_loss(self, maths: Maths, cells: Batch) -> Value:
        wanted = self._inputs(maths, cells.counts, cells.size_factors)
        x = self._encode(maths, wanted)
        for number in reversed(range(len(self.decoder))):
            x = maths.activate(self._activation(number), self.decoder[number](maths, x))
        return _of_genes(cells, x, wanted)

    def _shares_of(self, maths: Maths, place: Value) -> Value:
        """Return 1 / (1 + squared distance from each middle), as shares of a row."""
        middles = self._middles()
        own = maths.sum(maths.mul(place, place), self.options.dimensions)
        crossed = maths.mul(2.0, maths.matmul(place, maths.value(middles)))
        near = maths.div(1.0, maths.add(1.0, maths.sub(maths.add(own, maths.squared_lengths(middles)), crossed)))
        return maths.div(near, maths.sum(near, int(middles.variable.shape[1])))

    def _middles(self) -> Parameter:
        assert self.middles is not None
        return self.middles

    def _remember(self, batch: Callable[[Any], Batch], rows: NDArray[np.intp]) -> None:
        self._batch, self._rows = batch, rows

    def _find_clusters(self) -> None:
        """Begin with the clusters of what the autoencoder gives, and with their targets.

        Raises
        ------
        DataError
            When there is but one.
        """
        options, maths = self.options, TensorFlowMaths()
        self._places = self._compiled(lambda x: self._encode(maths, x))
        middles = louvain(
            self._all(self._places, self._rows),
            neighbours=options.neighbours,
            resolution=options.resolution,
            seed=options.seed,
        )
        if len(middles) < 2:
            raise DataError(
                f"All cells are one cluster at the resolution {options.resolution}: raise --resolution."
            )
        self.middles = self.parameters.matrix_of("w_middles", middles.T)
        self._targets = tf.Variable(tf.zeros((self.facts.cells, len(middles))), trainable=False)
        self._told = self._compiled(lambda x: self._shares_of(maths, self._encode(maths, x)))
        self._named = self._aim()

    def _aim(self) -> NDArray[np.intp]:
        """Set the target of every cell; return the clusters of those that train.

        The square of its shares, by the cells of the cluster in all (Xie, Girshick & Farhadi 2016).
        """
        shares = self._all(self._told, np.arange(self.facts.cells)).astype(np.float64)
        target = shares**2 / shares[self._rows].sum(axis=0)
        self._targets.assign((target / target.sum(axis=1, keepdims=True)).astype(np.float32))
        named: NDArray[np.intp] = shares[self._rows].argmax(axis=1)
        return named

    def _settled(self, epoch: int) -> bool:
        """Set targets anew every few epochs; say whether few cells changed their cluster since."""
        if epoch % _BETWEEN:
            return False
        before, self._named = self._named, self._aim()
        return bool((before != self._named).mean() < self.options.tolerance)

    def _compiled(self, function: Callable[[Value], Value]) -> Callable[[Any], Any]:
        def run(rows: Value) -> Value:
            cells = self._batch(rows)
            return function(self._inputs(TensorFlowMaths(), cells.counts, cells.size_factors))

        compiled: Callable[[Any], Any] = tf.function(
            run, autograph=False, input_signature=[tf.TensorSpec((None,), tf.int64)]
        )
        return compiled

    def _all(self, function: Callable[[Any], Any], rows: NDArray[np.intp]) -> NDArray[np.float32]:
        parts = [function(tf.constant(rows[at : at + _BLOCK], tf.int64)) for at in range(0, len(rows), _BLOCK)]
        return np.concatenate([part.numpy() for part in parts])


def _of_genes(cells: Batch, given: Value, wanted: Value) -> Value:
    """Return the mean squared error of each cell over the genes that its study measured."""
    missed = tf.reduce_sum(cells.measured * (given - wanted) ** 2, axis=1)
    return missed / tf.maximum(tf.reduce_sum(cells.measured, axis=1), 1.0)
