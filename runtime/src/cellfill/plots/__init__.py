"""Pictures of a check and of cells, as functions: each takes matplotlib Axes, draws on them, and returns them.

>>> from cellfill import plots
>>> plots.hidden_counts(fitness)  # of Model.check  # doctest: +SKIP

Without Axes a new figure is made with pyplot. matplotlib comes with ``pip install 'cellfill[report]'``.
"""

from cellfill.plots.cells import library_sizes
from cellfill.plots.embedding import embedding
from cellfill.plots.fates import gene_fates, missing_genes
from cellfill.plots.genes import gene_errors
from cellfill.plots.hidden import hidden_counts
from cellfill.plots.marker import marker
from cellfill.plots.types import on_reference, types
from cellfill.plots.zeros import zeros

__all__ = [
    "embedding",
    "gene_errors",
    "gene_fates",
    "hidden_counts",
    "library_sizes",
    "marker",
    "missing_genes",
    "on_reference",
    "types",
    "zeros",
]
