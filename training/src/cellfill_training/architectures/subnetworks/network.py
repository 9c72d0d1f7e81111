"""DeepImpute's sub-networks, all of one model as one batched program.

Every sub-network is predictors -> hidden (ReLU) -> dropout -> targets (Arisdakessian 2019, "Network
architecture"). They are padded to one shape, so that a layer of all of them is one batched matrix product.

``poisson``
    inputs x = log1p(count / size factor) - centre; output mu = size factor x mean x exp(z).
``weighted-mse`` (as published)
    inputs x = log1p(count); output expm1(softplus(z)) counts, which is exp(z).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.architectures.subnetworks.selection import Plan
from cellfill_training.bare_tensorflow import tf
from cellfill_training.exporting.half import rounded
from cellfill_training.fitting.levels import Levels
from cellfill_training.fitting.options import FitOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The output layer starts near zero, so that a network starts from the gene's mean.
_OUTPUT_START = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Sizes of the padded batch of sub-networks; ``members`` networks in a row, a plan apart, fill one group."""

    networks: int
    members: int
    predictors: int
    hidden: int
    group: int
    targets: int


class SubNetworks(tf.Module):  # type: ignore[misc]
    """The sub-networks of a model.

    Parameters
    ----------
    plan
        Which genes each reads and fills.
    levels
        Of the model's genes, targets first.
    options
        Of the training run.
    """

    def __init__(self, plan: Plan, levels: Levels, options: FitOptions) -> None:
        super().__init__()
        self.shape = Shape(
            networks=len(plan.predictors) * options.members,
            members=options.members,
            predictors=max(len(p) for p in plan.predictors),
            hidden=options.hidden,
            group=plan.group_size,
            targets=plan.targets,
        )
        self.poisson = options.objective == "poisson"
        self.dropout = options.dropout
        self.seed = options.seed
        n, p, h, g = self.shape.networks, self.shape.predictors, self.shape.hidden, self.shape.group
        self.gather = np.zeros((n, p), dtype=np.int32)
        first = np.zeros((n, p, h), dtype=np.float32)
        real = np.zeros((n, p, 1), dtype=np.float32)
        rng = np.random.default_rng([options.seed, 2])
        for i, genes in enumerate(plan.predictors * options.members):
            self.gather[i] = genes[0]  # padding reads a real predictor, with weight 0
            self.gather[i, : len(genes)] = genes
            bound = np.sqrt(6 / len(genes))  # He et al. 2015, for ReLU
            first[i, : len(genes)] = rng.uniform(-bound, bound, (len(genes), h))
            real[i, : len(genes)] = 1
        self.padding = tf.constant(real)
        self.w1 = tf.Variable(first, name="w1")
        self.b1 = tf.Variable(tf.zeros((n, 1, h)), name="b1")
        rng = np.random.default_rng([options.seed, 8])  # its own: a network starts alike among few and many
        self.w2 = tf.Variable(_OUTPUT_START * rng.standard_normal((n, h, g)).astype(np.float32), name="w2")
        self.b2 = tf.Variable(tf.zeros((n, 1, g)), name="b2")
        self.centres = tf.constant(levels.centres.astype(np.float32))
        self.log_means = tf.constant(np.log(levels.means[: plan.targets]).astype(np.float32))

    @property
    def weights(self) -> list[Any]:
        """The trained variables, networks first."""
        return [self.w1, self.b1, self.w2, self.b2]

    def read(self, counts: Any, size_factors: Any) -> Any:
        """Counts (cells x genes) and size factors (cells x 1) to what the first layer is given."""
        if not self.poisson:
            return tf.math.log(1.0 + counts)
        return tf.math.log(1.0 + counts / size_factors) - self.centres

    def neutral(self, size_factors: Any) -> Any:
        """What stands for a gene that was not measured: as the runtime fills it, by size factor."""
        if self.poisson:
            return tf.zeros_like(self.centres)
        return tf.math.log(1.0 + tf.math.expm1(self.centres) * size_factors)

    def __call__(self, inputs: Any, *, dropout_key: Any = None) -> Any:
        """What the last layer says, networks x cells x group; with a key, hidden neurons are dropped.

        Genes are gathered from rows, where each is one run of memory; from columns it would be value by value.
        """
        gathered = tf.gather(tf.transpose(inputs), self.gather, axis=0)
        hidden = tf.nn.relu(tf.matmul(gathered, self.w1, transpose_a=True) + self.b1)
        if dropout_key is not None and self.dropout:
            hidden = tf.nn.experimental.stateless_dropout(hidden, self.dropout, seed=dropout_key)
        return tf.matmul(hidden, self.w2) + self.b2

    def join(self, grouped: Any) -> Any:
        """Networks x cells x group to cells x targets; of several members, their mean."""
        s = self.shape
        groups = s.networks // s.members
        if s.members > 1:
            grouped = tf.add_n(tf.split(grouped, s.members)) / s.members
        flat = tf.reshape(tf.transpose(grouped, (1, 0, 2)), (-1, groups * s.group))
        return flat[:, : s.targets]

    def split(self, flat: Any) -> Any:
        """Cells x targets to networks x cells x group, padded with zeros; every member is given the same."""
        s = self.shape
        groups = s.networks // s.members
        padded = tf.pad(flat, ((0, 0), (0, groups * s.group - s.targets)))
        grouped = tf.transpose(tf.reshape(padded, (-1, groups, s.group)), (1, 0, 2))
        return tf.tile(grouped, (s.members, 1, 1)) if s.members > 1 else grouped

    def counts(self, counts: Any, size_factors: Any) -> Any:
        """Counts of all model genes in, imputed counts of the targets out: the program that is exported."""
        z = self.join(self(self.read(counts, size_factors)))
        if not self.poisson:
            return tf.exp(z)
        return tf.exp(z + self.log_means) * size_factors

    def snapshot(self) -> list[NDArray[np.float32]]:
        """Return a copy of the weights."""
        return [v.numpy() for v in self.weights]

    def merged(self, plan: Plan, levels: Levels, options: FitOptions) -> SubNetworks:
        """Return one wide sub-network in place of the members of each group, which says their mean.

        Their hidden neurons stand side by side, and the last layer's weights are divided by their number.
        """
        s = self.shape
        one = SubNetworks(plan, levels, replace(options, members=1, hidden=s.hidden * s.members))
        w1, b1, w2, b2 = (np.split(weights, s.members) for weights in self.snapshot())
        hidden = [np.concatenate(w1, axis=2), np.concatenate(b1, axis=2)]
        last = [np.concatenate(w2, axis=1) / np.float32(s.members), np.stack(b2).mean(axis=0)]
        one.restore([*hidden, *last])
        return one

    def halve(self) -> None:
        """Round the weights, not the biases, to what half precision holds: a bias holds a gene's level."""
        for variable in (self.w1, self.w2):
            variable.assign(rounded(variable.numpy()))

    def restore(self, weights: list[NDArray[np.float32]]) -> None:
        """Set the weights."""
        for variable, value in zip(self.weights, weights, strict=True):
            variable.assign(value)
