"""Studies with types or without, as a published network is trained and judged on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import UsageError
from cellfill_training.architectures.architecture import Architecture
from cellfill_training.cards.facts import NOT_JUDGED, STOPPING, STOPPING_OF
from cellfill_training.judging.annotation.figures import with_figures
from cellfill_training.judging.annotation.judge import HELD_OUT, LEAST_CELLS, judge_types
from cellfill_training.studies.cell_classes import ClassTree
from cellfill_training.studies.labels import UNLABELLED, Labelled
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Bundle
    from cellfill_training.studies.gene_sets import GeneSet
    from cellfill_training.studies.gene_table import GeneTable

_NAMED = 5  # of the types, where they are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Types:
    """The types of a cohort's cells.

    Attributes
    ----------
    tree
        Of them.
    label
        (cells,) number of the leaf to learn, `UNLABELLED` where it is not known or its label is not trusted.
    """

    tree: ClassTree
    label: NDArray[np.intp]


def check_reads(kind: Architecture, *, tree: ClassTree | None, sets: Sequence[GeneSet] | None) -> None:
    """Refuse types or gene sets that a network does not read, and their absence where it cannot do without.

    Raises
    ------
    UsageError
        With the first of them.
    """
    if kind.labels and tree is None:
        raise UsageError(
            f"{kind.name} learns from the types of cells: name their column of obs with --labels (in Python: give "
            "what label_studies returns)."
        )
    if tree is not None and not kind.labels:
        raise UsageError(f"{kind.name} learns from counts alone: leave --labels out.")
    if kind.gene_sets == "must" and sets is None:
        raise UsageError(
            f"{kind.name} is wired by gene sets: give a GMT file with --gene-sets (in Python: gene_sets=...), such "
            "as the Gene Ontology's biological processes of your species."
        )
    if sets is not None and kind.gene_sets == "never":
        raise UsageError(f"{kind.name} is wired by no gene sets: leave --gene-sets out.")


def as_labelled(study: Study | Labelled) -> Labelled:
    """Return a study as one whose cells have no label, unless it is a labelled one."""
    if isinstance(study, Labelled):
        return study
    cells = study.counts.shape[0]
    return Labelled(study=study, leaves=np.full(cells, UNLABELLED), trusted=np.zeros(cells, dtype=bool))


def types_of(studies: Sequence[Labelled], tree: ClassTree) -> Types:
    """Return the types of the cells of studies, one after the other."""
    label = [np.where(one.trusted, one.leaves, UNLABELLED) for one in studies]
    return Types(tree=tree, label=np.concatenate(label))


def judge_labelled(
    bundle: Bundle,
    tree: ClassTree,
    studies: Sequence[Labelled],
    judges: Sequence[Labelled],
    held: NDArray[np.intp],
    *,
    gene_table: GeneTable | None,
    seed: int,
    say: Callable[[str], None],
) -> Bundle:
    """Return a bundle with figures of its types and places, beside methods that learnt from the same cells.

    Parameters
    ----------
    bundle, tree
        The model and its types.
    studies, judges
        That trained it, and that trained nothing. Without any of the latter it is judged on what follows.
    held
        Numbers of the cells that stopped the training, among those of all studies one after the other.
    gene_table, seed, say
        See `judge_types`.
    """
    learnt, judged, how = list(studies), list(judges), HELD_OUT
    if not judged:
        ends = np.cumsum([0, *(len(one.leaves) for one in studies)])
        parts = [np.isin(np.arange(ends[n], ends[n + 1]), held) for n in range(len(studies))]
        learnt = [_part(one, ~stopping) for one, stopping in zip(studies, parts, strict=True)]
        judged = [
            _part(one, stopping, name=f"{STOPPING_OF}{one.study.name}")
            for one, stopping in zip(studies, parts, strict=True)
            if stopping.any()
        ]
        how = STOPPING
    found = judge_types(bundle, tree, learnt, judged, how=how, gene_table=gene_table, seed=seed, on_step=say)
    bundle = with_figures(bundle, found)
    if found.evaluations:
        return bundle
    why = dict(bundle.manifest.provenance) | {NOT_JUDGED: _why_not(tree, learnt, judged)}
    return replace(bundle, manifest=replace(bundle.manifest, provenance=why))


def _why_not(tree: ClassTree, learnt: Sequence[Labelled], judged: Sequence[Labelled]) -> str:
    """Return how few cells of each study have a type that was learnt."""
    types = np.unique(np.concatenate([one.leaves[one.trusted] for one in learnt]))
    names = [tree.leaves[place] for place in types.tolist()]
    known = [(one.study.name, int(np.isin(one.leaves, types).sum())) for one in judged]
    few = ", ".join(f"{number or 'no'} cell{'' if number == 1 else 's'} of {name}" for name, number in known)
    shown = ", ".join(names[:_NAMED]) + (" ..." if names[_NAMED:] else "")
    return f"{few} with a label among the model's types, {shown}; {LEAST_CELLS} are the least"


def _part(labelled: Labelled, cells: NDArray[np.bool_], *, name: str = "") -> Labelled:
    study = labelled.study.take(cells)
    if name:
        study = replace(study, name=name)
    return Labelled(study=study, leaves=labelled.leaves[cells], trusted=labelled.trusted[cells])
