"""Which genes that a person wants filled the model will not fill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cellfill.genes.names import strip_version
from cellfill.text.sentences import some

if TYPE_CHECKING:
    from cellfill_training.studies.cohort import Cohort

_MOST_NAMED = 10


def lost_targets(wanted: Sequence[str], cohort: Cohort, *, targets: int) -> list[str]:
    """Return the warning of wanted genes that are no targets; none where all are.

    Parameters
    ----------
    wanted
        Ids or symbols, as they were given.
    cohort
        Of the model's genes, whose targets come first.
    targets
        How many these are.
    """
    filled = {name for gene in cohort.genes[:targets] for name in (gene.ensembl_id, gene.symbol)}
    lost = [name for name in dict.fromkeys(wanted) if strip_version(name) not in filled]
    if not lost:
        return []
    return [
        f"{len(lost):,} of {len(set(wanted)):,} genes of --targets will not be filled: "
        f"{some([name[:60] for name in lost], _MOST_NAMED)}. They are in too few cells, or not called "
        "so in these data; see how the studies call them."
    ]
