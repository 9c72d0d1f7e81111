"""From labelled studies to a classifier, and to all that its bundle says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill.progress import phase
from cellfill_training.architectures.classifier.cells import Cells, bring_together
from cellfill_training.architectures.classifier.genes import choose_genes, scaling_of
from cellfill_training.architectures.classifier.left_out import leave_out
from cellfill_training.architectures.classifier.network import Network
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.architectures.classifier.profiles import type_profiles
from cellfill_training.architectures.classifier.training import train_network
from cellfill_training.architectures.classifier.unknown import KEPT, UnknownCheck, unknown_check
from cellfill_training.architectures.classifier.watching import Watch
from cellfill_training.architectures.classifier.worth import gene_worth
from cellfill_training.parts.temperature import fit_temperature
from cellfill_training.studies.cell_classes import ClassTree
from cellfill_training.studies.gene_table import GeneName, GeneTable
from cellfill_training.studies.labels import Labelled
from cellfill_training.studies.parts import Parts
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.fitting.epoch import Epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """A trained classifier and what tells unknown cells.

    Attributes
    ----------
    network
        With its temperature.
    genes
        Input genes, in the order of the graph's columns.
    tree
        The types; its leaves are the graph's classes, in their order.
    profiles
        Genes x leaves, see `profiles.type_profiles`.
    unknown
        How cells of no known type are told; None where it could not be measured: with one study, and no parts.
    worth
        (genes,) share of what all genes tell.
    untrusted
        Number of labels of each study that trained nothing.
    cells
        The cells that it learnt from, in its genes.
    options
        That it was trained by; they say which network it is.
    """

    network: Network
    genes: tuple[GeneName, ...]
    tree: ClassTree
    profiles: NDArray[np.float64]
    unknown: UnknownCheck | None
    worth: NDArray[np.float64]
    untrusted: Mapping[str, int]
    cells: Cells
    options: ClassifierOptions

    @property
    def sample(self) -> NDArray[np.float32]:
        """Counts of some training cells x genes, by which an export is checked."""
        return np.asarray(self.cells.counts[:: max(len(self.cells.leaf) // 200, 1)].toarray(), dtype=np.float32)


def train_classifier(
    studies: Sequence[Labelled],
    tree: ClassTree,
    options: ClassifierOptions | None = None,
    *,
    parts: Parts | None = None,
    unlabelled: Sequence[Study] = (),
    gene_table: GeneTable | None = None,
    on_step: Callable[[str], None] | None = None,
    on_left_out: Callable[[str, Network], None] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Classifier:
    """Train a classifier on labelled studies.

    Parameters
    ----------
    studies
        Whose cells have types; each should come from another lab or chemistry than the rest.
    tree
        The types that the labels are of.
    options
        By default the best recipe known here.
    parts
        Of the one study that has labels, to leave out in turn where no study can be.
    unlabelled
        Studies of the tissue that take part in the pre-training.
    gene_table
        Brings the studies' gene names together.
    on_step
        Called with a word on each step.
    on_left_out
        Called with each network that was trained without a study, and the name of the study: who judges needs no
        second training.
    on_epoch
        Called after every epoch of every network; see `watching.Watch`.

    Raises
    ------
    DataError
        When there is no label, a type has no cell, or the studies share no genes.
    """
    say = on_step or (lambda _text: None)
    every = bring_together(studies, unlabelled, types=len(tree.leaves), table=gene_table or GeneTable())
    _check_types(every, tree)
    chosen = (options or ClassifierOptions()).settled(labelled=int((every.leaf >= 0).sum()))
    if chosen.network == "linear":
        say("a linear model: that many labelled cells are too few for hidden layers to pay (--network)")
    say("choosing genes")
    with phase("choosing genes"):
        cells = every.take_genes(choose_genes(every, chosen.genes))
    check, temperature = None, 1.0
    watch = None if on_epoch is None else Watch(tell=on_epoch, stage="all cells")
    apart = cells if parts is None else cells.in_parts(parts)
    if len(apart.labelled_studies) > 1:
        what = "study" if parts is None else "part"
        say(f"training without each {what} in turn, for the temperature and the check of unknown cells")
        with phase(f"without each {what}"):
            left = leave_out(apart, chosen, on_left_out, watch=watch)
        temperature = fit_temperature(left.logits, left.leaf, left.study)
        check = unknown_check(left.profile, left.energy, left.study, kept=KEPT)
    number = len(cells.labelled_studies)
    said = f"{number} studies" if number > 1 else "one study"
    say(f"training on {int((cells.leaf >= 0).sum()):,} cells of {said}")
    with phase("epochs"):
        network = train_network(cells, scaling_of(cells, bound=chosen.bound), chosen, watch=watch)
    network = replace(network, temperature=temperature)
    if chosen.half:
        network = network.halved()
    say("measuring what each gene is worth")
    return Classifier(
        network=network,
        genes=cells.genes,
        tree=tree,
        profiles=type_profiles(cells),
        unknown=check,
        worth=gene_worth(network, cells, seed=chosen.seed),
        untrusted={
            name: int(((cells.given != cells.leaf) & (cells.study == n)).sum())
            for n, name in enumerate(cells.names)
        },
        cells=cells,
        options=chosen,
    )


def _check_types(cells: Cells, tree: ClassTree) -> None:
    if not (cells.leaf >= 0).any():
        raise DataError("No cell has a label: there is no type to learn.")
    numbers = np.bincount(cells.leaf[cells.leaf >= 0], minlength=len(tree.leaves))
    empty = [name for name, number in zip(tree.leaves, numbers, strict=True) if not number]
    if empty:
        raise DataError(
            f"No cell is of the type {empty[0]!r}, so that it cannot be learnt: take it out of the table of labels."
        )
