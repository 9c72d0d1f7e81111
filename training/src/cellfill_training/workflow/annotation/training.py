"""Train a model that names and places cells, and write its bundle: every step from studies to folder, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cellfill.bundle import Bundle
from cellfill.network.golden import make_golden
from cellfill_training.architectures.classifier.classifier import train_classifier
from cellfill_training.architectures.classifier.options import LEAST_DEEP, ClassifierOptions
from cellfill_training.cards.about import About, species_line
from cellfill_training.cards.words import Words
from cellfill_training.judging.annotation.figures import with_figures
from cellfill_training.judging.annotation.judge import judge_types
from cellfill_training.studies.cell_classes import ClassTree
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.labels import Labelled, filter_labelled
from cellfill_training.studies.parts import in_parts, parts_of
from cellfill_training.studies.study import remarks
from cellfill_training.workflow.annotation.checks import LEAST_CELLS, check_labels
from cellfill_training.workflow.annotation.model import assemble, golden_cells, place_only
from cellfill_training.workflow.least_cells import check_cells, with_cells
from cellfill_training.workflow.records import study_records
from cellfill_training.workflow.written import may_be_written, write_model

if TYPE_CHECKING:
    from cellfill_training.architectures.classifier.network import Network
    from cellfill_training.fitting.epoch import Epoch


def fit_types(
    studies: Sequence[Labelled],
    tree: ClassTree,
    *,
    out: str | Path,
    task: Literal["annotate", "embed"] = "annotate",
    options: ClassifierOptions | None = None,
    held_out: Sequence[Labelled] = (),
    gene_table: GeneTable | None = None,
    label_table: bool = True,
    about: About | None = None,
    words: Words | None = None,
    overwrite: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Bundle:
    """Train a classifier on labelled studies and write a bundle.

    Parameters
    ----------
    studies
        Whose cells have types. By leaving each out it is measured how sure the model may be; of one alone parts are
        left out, which says less of another lab's cells.
    tree
        The types that the labels are of.
    out
        Folder of the bundle; its name is the model's.
    task
        ``annotate`` writes types and the embedding, which come from one network; ``embed`` the embedding alone.
    options
        Every choice; by default the best recipe known here.
    held_out
        Studies that train nothing, on which the model is judged, beside each of ``studies`` left out.
    gene_table
        Ensembl ids, symbols and aliases that bring the studies together.
    label_table
        Whether ``tree`` is of a table of labels, for what is advised of labels that teach nothing.
    about, words, overwrite, on_epoch, on_step
        As in `fit`; epochs are of every network, of those that leave a study out, too.

    Returns
    -------
    The bundle as it was written.

    Raises
    ------
    UsageError
        When there is no study, or two have one name.
    DataError
        When the labels or the studies cannot be trained on.
    ExportError
        When the exported graph disagrees with TensorFlow.
    OutputError
        When the bundle cannot be written.
    """
    chosen, say = options or ClassifierOptions(), on_step or (lambda _text: None)
    plain, judges = [s.study for s in studies], [s.study for s in held_out]
    said = may_be_written(out, plain, judges, about=about, words=words, overwrite=overwrite)
    studies, held_out = (_with_counts(kind, say) for kind in (studies, held_out))
    # Without hidden layers the map has but a column a type.
    labelled = sum(int(one.trusted.sum()) for one in studies)
    chosen = chosen.settled(labelled=labelled) if task == "annotate" else chosen.settled(labelled=LEAST_DEEP)
    least = 1 if chosen.network == "linear" else LEAST_CELLS
    check_labels(studies, tree, table=label_table, least=least, linear=task == "annotate" and not chosen.of_layers)
    check_cells([one.study for one in studies])
    for line in (*remarks((*plain, *judges)), species_line(said)):
        if line:
            say(line)
    parts = parts_of(studies, seed=chosen.seed)
    if parts is not None:
        say(
            f"one study has labels: {len(parts.names)} parts of its cells are left out in turn, which says how the "
            "model does on more of its cells, and not on another lab's"
        )
    networks: dict[str, Network] = {}
    classifier = train_classifier(
        studies,
        tree,
        chosen,
        parts=parts,
        gene_table=gene_table,
        on_step=say,
        on_left_out=networks.__setitem__,
        on_epoch=on_epoch,
    )
    records = study_records([s.study for s in studies], [s.study for s in held_out])
    bundle = assemble(Path(out).name, said, classifier, records, gene_table=gene_table)
    judged = judge_types(
        bundle,
        tree,
        in_parts(studies, parts),
        held_out,
        parts="" if parts is None else studies[parts.study].study.name,
        networks=networks,
        genes=classifier.genes,
        gene_table=gene_table,
        seed=chosen.seed,
        on_step=say,
    )
    bundle = with_figures(bundle, judged)
    if task == "embed":
        bundle = place_only(bundle)
    bundle = replace(bundle, golden=make_golden(bundle, golden_cells(classifier)))
    return write_model(bundle, out, words=words, overwrite=overwrite)


def _with_counts(studies: Sequence[Labelled], say: Callable[[str], None]) -> list[Labelled]:
    kept, empty = with_cells(studies, keep=partial(filter_labelled, min_genes=1), study_of=attrgetter("study"))
    for text in empty:
        say(f"WARNING {text}")
    if lost := sum(len(one.leaves) for one in studies) - sum(len(one.leaves) for one in kept):
        say(f"{lost:,} cell{' has' if lost == 1 else 's have'} no counts at all: left out")
    return kept
