"""Train a model and write its bundle: every step from studies to folder, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Bundle
from cellfill.errors import UsageError
from cellfill.genes.align import align
from cellfill.progress import phase
from cellfill_training.architectures.subnetworks.build import build
from cellfill_training.architectures.subnetworks.lineage import check_seen, keep_untold, take_structure
from cellfill_training.architectures.subnetworks.prepare import prepare
from cellfill_training.architectures.subnetworks.start import read_start, start_cohort, start_levels
from cellfill_training.cards.about import About, settle, species_line
from cellfill_training.cards.facts import NOT_JUDGED
from cellfill_training.cards.read_back import with_earlier
from cellfill_training.cards.words import Words
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import Preset, options_for, tuning_options
from cellfill_training.judging.held_out import choose_cells, judge_model
from cellfill_training.memory import give_back
from cellfill_training.studies.cohort import Cohort, harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.stored import StoredCounts
from cellfill_training.studies.study import Study, filter_cells, remarks
from cellfill_training.workflow.imputation.few_cells import few_cells
from cellfill_training.workflow.imputation.gene_index import gene_index
from cellfill_training.workflow.imputation.lost_targets import lost_targets
from cellfill_training.workflow.imputation.manifest import describe
from cellfill_training.workflow.imputation.seen_before import seen_before
from cellfill_training.workflow.least_cells import check_cells, with_cells
from cellfill_training.workflow.records import study_records
from cellfill_training.workflow.shared_genes import check_shared
from cellfill_training.workflow.warned import warn
from cellfill_training.workflow.written import may_be_written, write_model

if TYPE_CHECKING:
    from cellfill_training.fitting.epoch import Epoch


def fit(
    studies: Sequence[Study],
    *,
    out: str | Path,
    preset: Preset = "default",
    options: FitOptions | None = None,
    held_out: Sequence[Study] = (),
    gene_table: GeneTable | None = None,
    targets: Sequence[str] | None = None,
    start: Bundle | str | Path | None = None,
    about: About | None = None,
    words: Words | None = None,
    overwrite: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Bundle:
    """Train sub-networks on studies and write a bundle.

    Parameters
    ----------
    studies
        Raw counts of the studies to train on.
    out
        Folder of the bundle; its name is the model's.
    preset
        ``default``, the best recipe known here, or ``paper``, DeepImpute as published.
    options
        Every choice; by default the preset's, with ``start`` those of `tuning_options`.
    held_out
        Studies that train nothing, on which the model is judged. Without any it is judged on the held-out
        cells of the training studies, which stopped its training.
    gene_table
        Ensembl ids, symbols and aliases that bring the studies together.
    targets
        Ids or symbols of the genes to impute, instead of choosing them.
    start
        A bundle, its folder, or a name as `cellfill.load` takes it, from whose weights the training continues.
        Genes, sub-networks and the scale of the input are the bundle's, and so are the options in `STRUCTURE`;
        genes take the level of the new cells (see `start_levels`). A target that no study measures keeps its level
        and its own weights, but the hidden neurons that it shares with others of its sub-network move.
    about
        Species, tissue and licence. By default they are those of ``words``, then of ``start``; a species that
        nobody names is told by the names of the genes, as far as they tell it.
    words
        What a person says of the model, for the card.
    overwrite
        Replace an existing bundle.
    on_epoch, on_step
        Called after every epoch, and with a word on each step.

    Returns
    -------
    The bundle as it was written.

    Raises
    ------
    UsageError
        When an option means nothing, or ``start`` is a model that cannot be continued so.
    DataError
        When the studies cannot be trained on, or are no match for ``start``.
    ExportError
        When the exported graph disagrees with TensorFlow.
    OutputError
        When the bundle cannot be written.
    """
    begun = None if start is None else read_start(start)
    if begun is None:
        chosen = options or options_for(preset)
    else:
        species = settle(about or About(), words, begun, studies).species
        chosen = take_structure(begun, options or tuning_options(preset), preset, species)
        check_seen(begun, held_out)
        if gene_table is not None or targets is not None:
            raise UsageError(
                "The genes of a model that is continued are its own: give no gene table and no targets."
            )
        words = with_earlier(words or Words(), begun.bundle, {study.name for study in (*studies, *held_out)})
    said = may_be_written(out, studies, held_out, about=about, words=words, overwrite=overwrite, start=begun)
    say = on_step or (lambda _text: None)
    table = gene_table or GeneTable()
    keep = partial(filter_cells, min_genes=chosen.min_genes)
    kept, empty = with_cells(studies, keep=keep, study_of=_itself)
    unseen, others = with_cells(held_out, keep=keep, study_of=_itself)
    judges = [_in_memory(study) for study in unseen]
    del unseen
    warn((*empty, *others), on_step)
    check_cells(kept)
    for line in (*remarks((*kept, *judges)), species_line(said)):
        if line:
            say(line)
    warn((*few_cells(kept, said, begun), *seen_before(judges, words or Words(), begun)), on_step)
    if begun is None:
        say("choosing genes")
        with phase("choosing genes"):
            every = partial(check_shared, species=said.species)  # prepare lets go of it, it holds the counts again
            cohort, levels, plan = prepare(_subsample(every(harmonise(kept, table)), chosen), chosen, targets)
        warn(lost_targets(targets or (), cohort, targets=plan.targets), on_step)
    else:
        say(f"bringing the cells into the genes of {begun.bundle.manifest.name}")
        cohort = _subsample(start_cohort(begun, kept), chosen)
        levels, plan = start_levels(begun, cohort), begun.plan
    if begun is None and chosen.rare_cells is not None and not plan.rare.any():
        say("rare_cells adds no gene: --min-detection takes all that so many cells have already")
    records, trained_on = study_records(kept, judges), len(kept)
    del kept
    give_back()
    if judges:  # one that shares no genes is refused now, not after the training
        index = gene_index(cohort, levels, plan, table)
        for study in judges:
            align(index, study.gene_names, species=said.species, min_coverage=chosen.min_coverage)
        del index
    say(
        f"training {len(plan.predictors)} sub-network{'' if len(plan.predictors) == 1 else 's'} for "
        f"{plan.targets:,} genes on {cohort.counts.shape[0]:,} cells of {trained_on} "
        f"{'study' if trained_on == 1 else 'studies'}"
    )
    built = build(cohort, levels, plan, chosen, start=begun, on_epoch=on_epoch, say=say)
    manifest = describe(Path(out).name, said, built, cohort, chosen, preset=preset, start=begun, records=records)
    genes = gene_index(cohort, levels, plan, table, phi=built.inverse_dispersion, worth=built.worth)
    if begun is not None:
        genes = keep_untold(genes, begun, cohort.measured)
    bundle = Bundle(manifest=manifest, genes=genes, graph=built.graph, card="")
    unseen, few = choose_cells(judges, cohort, built.held)
    if unseen:
        say("judging the model on cells that did not train it")
    bundle = judge_model(bundle, unseen, few)
    if why := bundle.manifest.provenance.get(NOT_JUDGED):
        say(f"not judged: {why}")
    return write_model(bundle, out, words=words, overwrite=overwrite)


def _subsample(cohort: Cohort, options: FitOptions) -> Cohort:
    if options.cells_fraction == 1:
        return cohort
    cells = cohort.counts.shape[0]
    drawn = np.random.default_rng([options.seed, 7]).permutation(cells)
    return cohort.take_cells(np.sort(drawn[: max(round(options.cells_fraction * cells), 1)]))


def _in_memory(study: Study) -> Study:
    return replace(study, counts=study.counts[:]) if isinstance(study.counts, StoredCounts) else study


def _itself(study: Study) -> Study:
    return study
