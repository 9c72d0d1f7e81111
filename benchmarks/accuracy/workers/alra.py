"""ALRA (Linderman et al., Nature Communications 13:192, 2022), from the published algorithm."""

import numpy as np
from scipy import sparse
from spectrum import leading

# Of the paper's program: how many singular values are looked at, the first of them (counted from one) that is
# noise, and how far a signal's spacing must exceed the noise's, in standard deviations.
LOOKED_AT, NOISE_FROM, DEVIATIONS = 100, 80, 6.0
QUANTILE = 0.001
DEPTH = 10_000.0


def choose_rank(values: np.ndarray) -> int:
    """Return the last place where two singular values in turn are further apart than noise is.

    Parameters
    ----------
    values
        Singular values, largest first.
    """
    spacings = values[:-1] - values[1:]
    noise = spacings[round(len(values) * NOISE_FROM / LOOKED_AT) - 2 :]
    far = np.flatnonzero(spacings > noise.mean() + DEVIATIONS * noise.std(ddof=1))
    return int(far[-1]) + 1 if len(far) else 1


def complete(normalised: np.ndarray, low_rank: np.ndarray) -> np.ndarray:
    """Threshold a low-rank approximation gene by gene, and scale it back to the mean and spread of what was seen.

    Parameters
    ----------
    normalised
        log1p of counts by library size, cells x genes.
    low_rank
        Its approximation.

    Returns
    -------
    The completed matrix. A value at or below the size of the gene's 0.001 quantile is a biological zero and becomes
    0, unless the gene was observed there.
    """
    threshold = np.abs(np.quantile(low_rank, QUANTILE, axis=0))
    kept = low_rank > threshold
    mean, spread = _moments(low_rank, kept)
    seen_mean, seen_spread = _moments(normalised, normalised > 0)
    scaled = np.isfinite(spread) & np.isfinite(seen_spread) & (spread > 0)
    slope = np.where(scaled, seen_spread / np.where(scaled, spread, 1), 1)
    shift = np.where(scaled, seen_mean - mean * slope, 0)
    result = np.where(kept, np.maximum(low_rank * slope + shift, 0), 0)
    return np.where((normalised > 0) & (result == 0), normalised, result)


def alra(counts: sparse.csr_matrix) -> tuple[np.ndarray, int]:
    """Return the completed counts, cells x genes, and the rank."""
    library = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    normalised = counts.multiply(DEPTH / library[:, None]).tocsr()
    normalised.data = np.log1p(normalised.data)
    number = min(LOOKED_AT, min(counts.shape) - 1)
    left, values, right = leading(normalised, number=number)
    rank = choose_rank(values)
    low_rank = (left[:, :rank] * values[:rank]) @ right[:rank]
    completed = complete(normalised.toarray(), low_rank)
    return np.expm1(completed) * (library / DEPTH)[:, None], rank


def _moments(values: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each gene's mean and standard deviation over some of its cells, NaN where there are too few."""
    number = chosen.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(chosen, values, 0).sum(axis=0) / number
        square = np.where(chosen, (values - mean) ** 2, 0).sum(axis=0)
        return mean, np.sqrt(square / np.where(number > 1, number - 1, np.nan))


def _impute(counts, watch, _arguments):
    with watch.step("fit"):
        completed, watch.remarks["rank"] = alra(counts)
    return {"expected": completed}


if __name__ == "__main__":
    from job import work

    work(_impute, packages=("numpy", "scipy"))
