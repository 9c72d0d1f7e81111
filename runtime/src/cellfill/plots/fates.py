"""What becomes of a dataset's genes, and which of the model's it lacks."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cellfill.errors import UsageError
from cellfill.plots.style import GREY, MODEL, ORANGE, SMALL, number, on_picture, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cellfill.fitness.fitness import Fitness
    from cellfill.genes.coverage import Coverage

FILLED, LEFT = "filled", "predicted no better than by the gene's mean"


def gene_fates(fitness: Fitness, ax: Axes | None = None) -> Axes:
    """Draw how many of the dataset's genes are filled, and why the others are not.

    Parameters
    ----------
    fitness
        What `cellfill.Model.check` found.
    ax
        What to draw on; a new figure by default.

    Raises
    ------
    MissingDependencyError
        When matplotlib is not installed.
    """
    fates = fates_of(fitness)
    ax = start(ax, x="genes of the dataset", y="")
    _bars(ax, ["\n".join(textwrap.wrap(name, 22)) for name in fates], list(fates.values()), count=True)
    return ax


def fates_of(fitness: Fitness) -> dict[str, int]:
    """Return the number of the dataset's genes by what becomes of them."""
    judged, genes = fitness.coverage.targets_filled, fitness.genes
    filled = judged if genes is None else int(genes.filled.sum())
    left = {LEFT: judged - filled} if judged > filled else {}
    return {FILLED: filled, **left, **{on_picture(k, most=60): v for k, v in fitness.coverage.not_filled.items()}}


def missing_genes(coverage: Coverage, ax: Axes | None = None) -> Axes:
    """Draw what each of the worst missing genes would have told the model.

    Parameters
    ----------
    coverage
        What `cellfill.Model.align` found, or the ``coverage`` of a check.
    ax
        What to draw on; a new figure by default.

    Raises
    ------
    UsageError
        When the dataset has all genes that the model reads.
    MissingDependencyError
        When matplotlib is not installed.
    """
    if not coverage.worst_missing:
        raise UsageError("The dataset has every gene that the model reads: there is nothing to draw.")
    ax = start(ax, x="% of what all genes tell the model", y="")
    names = [on_picture(gene.symbol or gene.ensembl_id, most=18) for gene in coverage.worst_missing]
    _bars(ax, names, [100 * gene.worth for gene in coverage.worst_missing], count=False)
    return ax


def _bars(ax: Axes, names: list[str], values: list[float] | list[int], *, count: bool) -> None:
    """Draw bars with their numbers; the first of counted ones is what one hopes for."""
    colors = [MODEL if count and place == 0 else GREY if count else ORANGE for place in range(len(values))]
    places = range(len(values))
    ax.barh(places, values, color=colors, height=0.65)
    ax.set_yticks(places, names, fontsize=SMALL)
    ax.invert_yaxis()
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    top = max([*values, 1e-9])
    ax.set_xlim(0, top * 1.22)
    for place, value in zip(places, values, strict=True):
        text = f"{value:,}" if count else f"{value:.1f}" if value >= 1 else f"{value:.2g}"
        ax.text(value + top * 0.02, place, text, va="center", fontsize=SMALL)
    ax.locator_params(axis="x", nbins=4)
    ax.xaxis.set_major_formatter(lambda value, _place: number(value))
