"""The three estimates that are all called "the imputed value", in closed form.

With mu the model's mean count of a gene in a cell, given the cell's other genes:

``expected``
    E[count] = mu. Stays near zero for a gene that the cell does not express.
``expressed``
    E[count | count > 0] = mu / (1 - exp(-mu)), the mean of a zero-truncated Poisson. Never below 1. It is what
    DeepImpute's loss learns, which gives zeros no weight (Arisdakessian 2019, Methods, "Training procedure").
``posterior``
    E[rate | the entry's own count x] = (phi + x) / (phi / mu + 1), the Gamma-Poisson mean with the gene's
    inverse dispersion phi (SAVER, Huang et al. 2018). At x = 0 it lies below mu. With ``keep_correlations`` mu is
    first drawn back to gene mean x size factor, as far as the gene is not predicted in these cells; zeros get that,
    and counts are weighed by `TRUST` x phi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

# Of phi, where correlations are to be kept: .02 to .025 bring them closest to the truth on cells of cortex and
# pancreas with a simulated loss (benchmarks/estimates/known-truth.md). A rate wants 1.
TRUST = 0.02

Estimate = Literal["expected", "expressed", "posterior"]
ESTIMATES: tuple[Estimate, ...] = get_args(Estimate)


_LOWER, _UPPER = "_lower", "_upper"


def bounds_of(layer: str) -> tuple[str, str]:
    """Return what the layers of a layer's bounds are called."""
    return layer + _LOWER, layer + _UPPER


def bounded_layer(name: str) -> str | None:
    """Return the layer of which one of this name would hold bounds; None where it would not."""
    for ending in (_LOWER, _UPPER):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return None


def expressed(mean: Float32) -> Float32:
    """Zero-truncated Poisson mean, mu / (1 - exp(-mu)).

    Parameters
    ----------
    mean
        mu, in counts, any shape, non-negative.

    Returns
    -------
    The mean of the count given that it is not zero; 1 at mu = 0. Same shape and dtype as ``mean``.
    """
    import numpy as np

    safe = np.maximum(mean, np.asarray(1e-6, mean.dtype))
    return np.maximum(safe / -np.expm1(-safe), np.asarray(1, mean.dtype))


def posterior(mean: Float32, counts: Float32, inverse_dispersion: Float32) -> Float32:
    """Gamma-Poisson posterior mean of the rate, (phi + x) / (phi / mu + 1).

    Parameters
    ----------
    mean
        mu, in counts, cells x genes, non-negative.
    counts
        x, the observed counts, cells x genes.
    inverse_dispersion
        phi of each gene: the rate's variance is mu^2 / phi.

    Returns
    -------
    The posterior mean in counts, cells x genes, between ``mean`` and ``counts``.
    """
    result: Float32 = mean * (inverse_dispersion + counts) / (inverse_dispersion + mean)
    return result


def told_from(*, subnetworks: bool) -> str:
    """Return what a model's mean is told from: sub-networks see no gene that they fill, other networks see all."""
    return "the cell's other genes" if subnetworks else "the cell's genes, this one's count among them"
