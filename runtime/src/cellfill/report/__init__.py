"""One page on whether a model fits a dataset, for people to look at: no script, no network, opens from disk.

``cells`` measures what a check does not, on the check's own cells; ``labels`` and ``project`` are for the
embeddings; ``section`` is what a page is made of, ``on_*`` make its sections, ``svg`` makes pictures part of it,
``page`` puts it together, and ``write`` is all of it.
"""

from cellfill.report.write import write_report

__all__ = ["write_report"]
