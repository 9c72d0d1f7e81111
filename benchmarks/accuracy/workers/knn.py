"""Nearest neighbours (after Wagner 2018): a cell is the pool of the cells most like it, at its own library size."""

import numpy as np
from scipy import sparse
from spectrum import leading

NEIGHBOURS, COMPONENTS = 15, 50
BLOCK = 1000


def components(counts: sparse.csr_matrix) -> np.ndarray:
    """Return the cells' principal components of log1p counts by library size, cells x 50."""
    library = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    logs = np.log1p(counts.multiply((np.median(library) / library)[:, None]).toarray())
    logs -= logs.mean(axis=0)
    number = min(COMPONENTS, min(counts.shape) - 1)
    left, values, _ = leading(logs, number=number)
    return left * values


def nearest(points: np.ndarray, *, number: int) -> np.ndarray:
    """Return for each cell the cells nearest to it, itself among them."""
    square = (points**2).sum(axis=1)
    found = []
    for first in range(0, len(points), BLOCK):
        block = points[first : first + BLOCK]
        distance = square - 2 * block @ points.T
        distance[np.arange(len(block)), first + np.arange(len(block))] = -np.inf
        found.append(np.argpartition(distance, number - 1, axis=1)[:, :number])
    return np.concatenate(found)


def knn(counts: sparse.csr_matrix, *, number: int = NEIGHBOURS) -> np.ndarray:
    """Return the counts of each cell's pool of 15, itself included, scaled to its own library size."""
    cells, number = counts.shape[0], min(number, counts.shape[0])
    library = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    found = nearest(components(counts), number=number)
    pool = sparse.csr_matrix(
        (np.ones(found.size), found.ravel(), np.arange(cells + 1) * number), shape=(cells, cells)
    )
    return (pool @ counts).toarray() * (library / (pool @ library))[:, None]


def _impute(counts, watch, _arguments):
    with watch.step("fit"):
        pooled = knn(counts)
    return {"expected": pooled}


if __name__ == "__main__":
    from job import work

    work(_impute, packages=("numpy", "scipy"))
