"""What is taken from a study before its cells are named: molecules, genes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.augmentation import thin

if TYPE_CHECKING:
    from cellfill_training.studies.study import Study

WHOLE = "as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is taken from a study before its cells are named.

    Attributes
    ----------
    name
        For tables.
    depth
        Share of the molecules that is kept.
    missing
        Share of the genes that the study is said not to have measured.
    """

    name: str = WHOLE
    depth: float = 1.0
    missing: float = 0.0


SHALLOW = Condition(name="30 % of the molecules", depth=0.3)
CONDITIONS = (Condition(), SHALLOW, Condition(name="half of the genes missing", missing=0.5))


def changed(study: Study, condition: Condition, rng: np.random.Generator) -> Study:
    """Return a study in a condition: molecules kept at random, and genes that are hidden without their columns."""
    counts, names = study.counts, study.gene_names
    if condition.depth < 1:
        counts = thin(counts, condition.depth, rng)
        counts.eliminate_zeros()
    if condition.missing:
        kept = np.flatnonzero(rng.random(counts.shape[1]) >= condition.missing)
        counts = counts[:, kept]
        names = tuple(tuple(spelling[gene] for gene in kept) for spelling in names)
    return replace(study, counts=counts, gene_names=names)
