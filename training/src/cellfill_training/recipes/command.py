"""What a person asks for on one command line: which task, by which options, with which labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.errors import UsageError
from cellfill.options.shared import Task
from cellfill_training.architectures.catalogue import UNLABELLED, architecture_of
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.architectures.requirements import check_packages, check_studies
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import Preset, options_for, tuning_options
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.workflow.options import (
    IMPUTING,
    check_of_architecture,
    check_of_sets,
    check_of_task,
    classifier_options,
)

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill_training.cards.about import About
    from cellfill_training.cards.words import Words
    from cellfill_training.fitting.epoch import Epoch
    from cellfill_training.studies.cell_classes import ClassTree
    from cellfill_training.studies.gene_table import GeneTable
    from cellfill_training.studies.labels import Labelled
    from cellfill_training.studies.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class FitAsked:
    """What is to be trained.

    Attributes
    ----------
    task
        What the model is to do; None for the first that the architecture can, or to impute.
    architecture
        Name of a published network; None for what measured best, whatever its name.
    preset, start, targets
        Of imputing: the preset, the model to go on from (folder or name), the file of the genes to impute.
    labels, label_table, markers
        Of types: the column of obs, and two files; see `studies.given_labels`.
    gene_sets
        Of a published network: the file of the sets that wire it.
    """

    task: Task | None = None
    architecture: str | None = None
    preset: Preset = "default"
    start: str | Path | None = None
    targets: Path | None = None
    labels: str | None = None
    label_table: Path | None = None
    markers: Path | None = None
    gene_sets: Path | None = None

    @property
    def network(self) -> str | None:
        """The published network: that which is asked for; without labels, what places cells best.

        None where what is trained is of none.
        """
        labelled = any((self.labels, self.label_table, self.markers))
        return (
            UNLABELLED if self.architecture is None and self.task == "embed" and not labelled else self.architecture
        )

    @property
    def label_words(self) -> Mapping[str, str]:
        """What a recipe says of the labels."""
        said = {"labels": self.labels, "label_table": self.label_table, "markers": self.markers}
        return {key: "" if value is None else str(value) for key, value in said.items()}


def options_of(
    asked: FitAsked, given: Mapping[str, Any], *, on_disk: Path | None = None
) -> FitOptions | ClassifierOptions | NetworkOptions:
    """Return the options of a training.

    Raises
    ------
    UsageError
        When something is of another task, or means nothing.
    MissingDependencyError
        When the network needs packages that are not installed.
    """
    typed = {
        "--preset": asked.preset != "default",
        "--from": asked.start,
        "--targets": asked.targets,
        "--on-disk": on_disk,
        "--labels": asked.labels,
        "--label-table": asked.label_table,
        "--markers": asked.markers,
        "--gene-sets": asked.gene_sets,
    }
    also = [name for name, value in typed.items() if value]
    if asked.network is not None:
        kind = architecture_of(asked.network)
        if asked.architecture is None and (strange := [flag for flag in IMPUTING if flag in also]):
            raise UsageError(
                f"{strange[0]} is of a training to impute, and --task embed without labels makes a model of "
                f"principal components: leave out {strange[0]}, or --task."
            )
        check_of_architecture(kind, asked.task, also)
        check_packages(kind)
        check_of_sets(given, there=asked.gene_sets is not None or kind.gene_sets == "never")
        return kind.options(**given)
    task = asked.task or "impute"
    check_of_task(task, given, also)
    if task != "impute":
        return classifier_options(**given)
    return (options_for if asked.start is None else tuning_options)(asked.preset, **given)


def bring_studies(
    training: Sequence[Study], held_out: Sequence[Study], words: Words, *, table: Path, species: str
) -> tuple[list[Study], list[Study], Words]:
    """Bring studies of another species into the genes of the model's; see `studies.orthologues`.

    Returns
    -------
    The studies to train on and to judge on, and the words, which say of a study that was brought what it is of.
    """
    from cellfill_training.cards.words import of_species
    from cellfill_training.studies.orthologues import read_orthologues

    orthologues = read_orthologues(table)
    learnt, theirs = orthologues.brought(training, species)
    judges, others = orthologues.brought(held_out, species)
    return learnt, judges, of_species(words, theirs | others)


def train(
    asked: FitAsked,
    options: FitOptions | ClassifierOptions | NetworkOptions,
    training: Sequence[Study],
    held_out: Sequence[Study],
    *,
    out: Path,
    gene_table: GeneTable | None,
    about: About,
    words: Words,
    on_epoch: Callable[[Epoch], None],
    on_step: Callable[[str], None],
) -> Bundle:
    """Train what was asked for on studies that were read, and write its bundle where none is.

    See `fit`, `fit_types` and `fit_network`.
    """
    if isinstance(options, NetworkOptions):
        from cellfill_training.studies.gene_sets import read_gene_sets

        # TensorFlow comes with the training, and takes seconds: what is wrong is said before.
        check_studies(architecture_of(asked.network or ""), [s.name for s in training], options.reference)
        tree = None
        with_types: list[Sequence[Study | Labelled]] = [training, held_out]
        if asked.labels:
            *with_types, tree = _labelled(asked, training, held_out, gene_table, on_step)
        gene_sets = read_gene_sets(asked.gene_sets) if asked.gene_sets else None
        from cellfill_training.workflow.networks.training import fit_network

        return fit_network(
            with_types[0],
            out=out,
            architecture=asked.network or "",
            options=options,
            held_out=with_types[1],
            tree=tree,
            label_table=asked.label_table is not None,
            gene_sets=gene_sets,
            gene_table=gene_table,
            about=about,
            words=words,
            on_epoch=on_epoch,
            on_step=on_step,
        )
    if isinstance(options, FitOptions):
        from cellfill_training.studies.gene_table import read_gene_list
        from cellfill_training.workflow.imputation.training import fit

        return fit(
            training,
            out=out,
            preset=asked.preset,
            options=options,
            held_out=held_out,
            gene_table=gene_table,
            targets=read_gene_list(asked.targets) if asked.targets else None,
            start=asked.start,
            about=about,
            words=words,
            on_epoch=on_epoch,
            on_step=on_step,
        )
    from cellfill_training.workflow.annotation.training import fit_types

    assert asked.task in ("annotate", "embed")
    learnt, judges, tree = _labelled(asked, training, held_out, gene_table, on_step)
    return fit_types(
        learnt,
        tree,
        out=out,
        task=asked.task,
        options=options,
        held_out=judges,
        gene_table=gene_table,
        label_table=asked.label_table is not None,
        about=about,
        words=words,
        on_epoch=on_epoch,
        on_step=on_step,
    )


def _labelled(
    asked: FitAsked,
    training: Sequence[Study],
    held_out: Sequence[Study],
    genes: GeneTable | None,
    say: Callable[[str], None],
) -> tuple[list[Labelled], list[Labelled], ClassTree]:
    """Return studies with the types of their cells, and the types, by the files that a person named."""
    from cellfill_training.studies.given_labels import Given, label_studies
    from cellfill_training.studies.labels import read_label_table
    from cellfill_training.studies.markers import read_markers

    return label_studies(
        [Given(study=study, column=asked.labels or "") for study in training],
        [Given(study=study, column=asked.labels or "") for study in held_out],
        table=read_label_table(asked.label_table) if asked.label_table else None,
        markers=read_markers(asked.markers) if asked.markers else None,
        genes=genes,
        say=say,
    )
