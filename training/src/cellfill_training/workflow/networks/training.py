"""Train a published network and write its bundle: every step from studies to folder, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle import Bundle
from cellfill.errors import DataError, GeneMatchError
from cellfill.genes.align import align
from cellfill.progress import phase
from cellfill_training.architectures.architecture import Architecture
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.architectures.requirements import check_packages, check_studies
from cellfill_training.cards.about import About, species_line
from cellfill_training.cards.words import Words
from cellfill_training.judging.held_out import choose_cells, judge_model
from cellfill_training.judging.places import judge_places
from cellfill_training.memory import give_back
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.studies.cell_classes import ClassTree
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_sets import GeneSet
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.labels import Labelled, filter_labelled
from cellfill_training.studies.study import Study, remarks
from cellfill_training.workflow.annotation.checks import check_labels
from cellfill_training.workflow.least_cells import check_cells, with_cells
from cellfill_training.workflow.networks.labels import (
    as_labelled,
    check_reads,
    judge_labelled,
    types_of,
)
from cellfill_training.workflow.networks.model import assemble, names_only
from cellfill_training.workflow.networks.prepare import check_measured, choose_genes, wire_genes
from cellfill_training.workflow.records import study_records
from cellfill_training.workflow.shared_genes import check_shared
from cellfill_training.workflow.warned import warn
from cellfill_training.workflow.written import may_be_written, write_model

if TYPE_CHECKING:
    from cellfill_training.fitting.epoch import Epoch

_study_of = attrgetter("study")


def fit_network(
    studies: Sequence[Study | Labelled],
    *,
    out: str | Path,
    architecture: str | Architecture,
    options: NetworkOptions | None = None,
    held_out: Sequence[Study | Labelled] = (),
    tree: ClassTree | None = None,
    label_table: bool = True,
    gene_sets: Sequence[GeneSet] | None = None,
    gene_table: GeneTable | None = None,
    about: About | None = None,
    words: Words | None = None,
    overwrite: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Bundle:
    """Train a published network on studies and write a bundle.

    Parameters
    ----------
    studies
        Raw counts of the studies to train on; with the types of their cells for a network that learns these.
    out
        Folder of the bundle; its name is the model's.
    architecture
        Name of the network, see `architectures.catalogue`; or an entry of your own.
    options
        Every choice; by default the paper's.
    held_out
        Studies that train nothing, on which the model is judged. Without any it is judged on the cells that stopped
        its training.
    tree, label_table
        The types of labelled studies, and whether they are of a table of labels; see `label_studies`.
    gene_sets
        By which the first layer is wired, of a network that has such a layer; see `read_gene_sets`.
    gene_table, about, words, overwrite, on_epoch, on_step
        As in `fit`.

    Returns
    -------
    The bundle as it was written.

    Raises
    ------
    UsageError
        When there is no such architecture, an option means nothing, or types or gene sets are there that the
        network does not read, or lacks.
    DataError
        When the studies, the labels or the gene sets cannot be trained on, or the training leaves the numbers.
    ExportError
        When the exported graph disagrees with TensorFlow.
    OutputError
        When the bundle cannot be written.
    MissingDependencyError
        When packages are missing that the network needs beside TensorFlow.
    """
    kind = architecture_of(architecture)
    chosen, say = options or kind.options(), on_step or (lambda _text: None)
    check_reads(kind, tree=tree, sets=gene_sets)
    check_packages(kind)
    given, others = [as_labelled(one) for one in studies], [as_labelled(one) for one in held_out]
    plain, table = [one.study for one in given], gene_table or GeneTable()
    check_studies(kind, [study.name for study in plain], chosen.reference)
    said = may_be_written(out, plain, [one.study for one in others], about=about, words=words, overwrite=overwrite)
    keep = partial(filter_labelled, min_genes=chosen.min_genes)
    learnt, empty = with_cells(given, keep=keep, study_of=_study_of)
    judged, unjudged = with_cells(others, keep=keep, study_of=_study_of)
    warn((*empty, *unjudged), on_step)
    kept, judges = [one.study for one in learnt], [one.study for one in judged]
    check_studies(kind, [study.name for study in kept], chosen.reference)  # of what is left of them
    check_cells(kept)
    if tree is not None:
        check_labels(learnt, tree, table=label_table)
    for line in (*remarks((*kept, *judges)), species_line(said)):
        if line:
            say(line)
    say("choosing genes")
    with phase("choosing genes"):
        cohort, levels = choose_genes(check_shared(harmonise(kept, table), species=said.species), chosen)
    wiring = None
    if gene_sets is not None:
        alone = kind.gene_sets == "must"
        cohort, levels, wiring = wire_genes(gene_sets, cohort, levels, table, chosen, alone=alone)
        say(f"wired by {len(wiring.names):,} of {len(gene_sets):,} gene sets")
    check_measured(cohort)
    records = study_records(kept, judges)
    types = None if tree is None else types_of(learnt, tree)
    del kept, plain, given, others
    if tree is None:
        learnt = []
    for study in judges:  # refused now, not after the training
        align(names_only(cohort), study.gene_names, species=said.species, min_coverage=chosen.min_coverage)
    say(f"training {kind.name} on {cohort.counts.shape[0]:,} cells and {len(cohort.genes):,} genes")
    try:
        made = assemble(
            Path(out).name,
            said,
            kind,
            chosen,
            cohort,
            levels,
            records,
            types=types,
            sets=wiring,
            gene_table=gene_table,
            on_epoch=on_epoch,
            say=say,
        )
    except FloatingPointError as error:
        raise DataError(str(error)) from error
    give_back()
    bundle = made.bundle
    if tree is not None:
        bundle = judge_labelled(
            bundle, tree, learnt, judged, made.held, gene_table=gene_table, seed=chosen.seed, say=say
        )
    else:
        unseen, few = choose_cells(judges, cohort, made.held)
        unseen, few = _in_reach(bundle, unseen, few)
        if unseen:
            say("judging the model on cells that did not train it")
        if bundle.manifest.imputation is not None:
            bundle = judge_model(bundle, unseen, few)
        if bundle.manifest.embedding is not None:
            bundle = judge_places(bundle, unseen, few, batches=kind.moves_batches)
    return write_model(bundle, out, words=words, overwrite=overwrite)


def _in_reach(bundle: Bundle, unseen: Sequence[Study], few: tuple[str, ...]) -> tuple[list[Study], tuple[str, ...]]:
    """Leave out studies that measured too little of what the model reads, which only its training has told."""
    manifest, near = bundle.manifest, []
    for study in unseen:
        try:
            align(bundle.genes, study.gene_names, species=manifest.species, min_coverage=manifest.min_coverage)
        except GeneMatchError:
            few = (*few, f"{study.name}: too few of the genes that the model reads")
        else:
            near.append(study)
    return near, few
