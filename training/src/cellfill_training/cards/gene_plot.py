"""A plot in letters: how well genes are filled, by how much they are expressed; for a terminal and the Hub."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cellfill.bundle import GeneIndex

# Edges of the mean count in a training cell: below the first, between, and above the last.
_LEVELS = (0.03, 0.1, 0.3, 1.0)
_EDGES = np.arange(-2, 11) / 10  # of the correlation; what is below the first counts there
_WIDTH = 7  # letters of the longest bar


def plot_quality(genes: GeneIndex) -> str:
    """Draw one histogram of the Pearson correlations of hidden counts for each level of expression.

    Parameters
    ----------
    genes
        Of a model; its targets' ``mean`` and ``pearson`` are drawn. Genes without a correlation are left out.

    Returns
    -------
    Lines of plain letters: a row for each 0.1 of correlation, a column for each level, each column's bars
    relative to its longest; then the number of genes and their median. Empty where no gene was judged.
    """
    judged = [(g.mean, g.pearson) for g in genes if g.is_target and g.pearson == g.pearson]
    if not judged:
        return ""
    means, pearson = np.array(judged).T
    level = np.digitize(means, _LEVELS)
    groups = [(name, pearson[level == i]) for i, name in enumerate(_names()) if (level == i).any()]
    counts = [np.histogram(np.clip(group, _EDGES[0], _EDGES[-1]), _EDGES)[0] for _, group in groups]
    rows = [("mean count", [name for name, _ in groups]), ("Pearson", ["" for _ in groups])]
    for i in reversed(range(len(_EDGES) - 1)):
        label = f"{_EDGES[i]:4.1f} to {_EDGES[i + 1]:4.1f}" if i else f"below {_EDGES[1]:4.1f}"
        rows.append((label, [_bar(count[i], count.max()) for count in counts]))
    rows.append(("genes", [f"{len(group):,}" for _, group in groups]))
    rows.append(("median", [f"{np.median(group):.2f}" for _, group in groups]))
    width = _WIDTH + 6
    lines = [f"{label:<13}" + "".join(f" {cell:<{width}}" for cell in cells) for label, cells in rows]
    return "\n".join(line.rstrip() for line in lines)


def _names() -> list[str]:
    between = [f"{low:g} to {high:g}" for low, high in pairwise(_LEVELS)]
    return [f"below {_LEVELS[0]:g}", *between, f"{_LEVELS[-1]:g} and more"]


def _bar(count: int, longest: int) -> str:
    return f"{'#' * max(round(_WIDTH * count / longest), 1)} {count:,}" if count else "."
