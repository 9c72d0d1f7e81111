"""Train a published network and write its bundle: every step from studies to folder, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle import Bundle, check_writable, write_bundle
from cellfill.errors import DataError
from cellfill.genes.align import align
from cellfill_training.architectures.catalogue import Architecture, architecture_of
from cellfill_training.cards.about import About, check_species, settle, species_line
from cellfill_training.cards.card import write_card
from cellfill_training.cards.words import AboutWords, Words, apply_words, check_words
from cellfill_training.judging.held_out import choose_cells, judge_model
from cellfill_training.judging.places import judge_places
from cellfill_training.memory import give_back
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.study import Study, filter_cells, remarks
from cellfill_training.workflow.checks import check_names
from cellfill_training.workflow.networks.model import assemble, names_only
from cellfill_training.workflow.networks.prepare import choose_genes
from cellfill_training.workflow.records import study_records

if TYPE_CHECKING:
    from cellfill_training.fitting.epoch import Epoch


def fit_network(
    studies: Sequence[Study],
    *,
    out: str | Path,
    architecture: str | Architecture,
    options: NetworkOptions | None = None,
    held_out: Sequence[Study] = (),
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
        Raw counts of the studies to train on.
    out
        Folder of the bundle; its name is the model's.
    architecture
        Name of the network, see `architectures.catalogue`; or an entry of your own.
    options
        Every choice; by default the paper's.
    held_out
        Studies that train nothing, on which a model that imputes is judged. Without any it is judged on the cells
        that stopped its training.
    gene_table, about, words, overwrite, on_epoch, on_step
        As in `fit`.

    Returns
    -------
    The bundle as it was written.

    Raises
    ------
    UsageError
        When there is no such architecture, or an option means nothing.
    DataError
        When the studies cannot be trained on, or the training leaves the numbers.
    ExportError
        When the exported graph disagrees with TensorFlow.
    OutputError
        When the bundle cannot be written.
    """
    kind = architecture_of(architecture)
    chosen, say = options or kind.options(), on_step or (lambda _text: None)
    if words is not None:
        check_words(words, {study.name for study in (*studies, *held_out)})
    said = settle(about or About(), words, None, studies)
    check_writable(out, overwrite=overwrite)
    check_names(studies, held_out)
    check_species(said.species, (*studies, *held_out))
    kept = [filter_cells(study, min_genes=chosen.min_genes) for study in studies]
    judges = [filter_cells(study, min_genes=chosen.min_genes) for study in held_out]
    for line in (*remarks((*kept, *judges)), species_line(said)):
        if line:
            say(line)
    say("choosing genes")
    cohort, levels = choose_genes(harmonise(kept, gene_table or GeneTable()), chosen)
    records = study_records(kept, judges)
    del kept
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
            gene_table=gene_table,
            on_epoch=on_epoch,
            say=say,
        )
    except FloatingPointError as error:
        raise DataError(str(error)) from error
    give_back()
    bundle = made.bundle
    unseen, few = choose_cells(judges, cohort, made.held)
    if unseen:
        say("judging the model on cells that did not train it")
    judge = judge_model if bundle.manifest.imputation is not None else judge_places
    bundle = judge(bundle, unseen, few)
    if words is not None:
        bundle = replace(bundle, manifest=apply_words(bundle.manifest, replace(words, about=AboutWords())))
    card = write_card(bundle.manifest, bundle.genes, classes=bundle.classes, words=words)
    return write_bundle(replace(bundle, card=card), out, overwrite=overwrite)
