"""A recipe: one committed file from which a published model can be trained again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.errors import DataError, UsageError
from cellfill.options.shared import Task
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.cards.about import About
from cellfill_training.cards.words import Words, of_species, parse_words, read_toml
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import Preset
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.recipes.chosen import options_of, task_of
from cellfill_training.studies.donors import read_labels
from cellfill_training.studies.gene_sets import read_gene_sets
from cellfill_training.studies.gene_table import GeneTable, read_gene_list, read_gene_table
from cellfill_training.studies.given_labels import Given, label_studies
from cellfill_training.studies.labels import read_label_table
from cellfill_training.studies.markers import read_markers
from cellfill_training.studies.orthologues import read_orthologues
from cellfill_training.studies.reading import read_study
from cellfill_training.studies.study import Study
from cellfill_training.workflow.annotation.training import fit_types
from cellfill_training.workflow.imputation.training import fit
from cellfill_training.workflow.networks.training import fit_network

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill_training.fitting.epoch import Epoch
    from cellfill_training.studies.cell_classes import ClassTree
    from cellfill_training.studies.labels import Labelled


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """One study of a recipe: a file below the data folder, and what the card says of it.

    `cells` is a column of ``obs`` and the value in it of the cells that are meant; None takes all cells. An empty
    `layer` is found. `labels` is a column of ``obs`` with the cells' types, `label_file` a table of them, below the
    data folder too.
    """

    name: str
    file: str
    layer: str
    cells: tuple[str, str] | None
    labels: str
    label_file: str
    held_out: bool
    source: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that makes a model but the data themselves.

    `architecture` is the name of a published network, or empty for what measured best. `start` is the model
    to go on from, a folder or a name, `targets` the file of the genes to impute; both may be empty, and are of
    imputing. By the table `orthologues` studies of another species are brought into the model's genes.
    `label_table` and `markers` are files beside the recipe or below the data folder, of a model of types; so is
    `gene_sets`, of a network that is wired by them.
    """

    task: Task
    architecture: str
    preset: Preset
    options: FitOptions | ClassifierOptions | NetworkOptions
    about: About
    words: Words
    start: str
    gene_tables: tuple[str, ...]
    orthologues: str
    targets: str
    label_table: str
    markers: str
    gene_sets: str
    folder: Path
    studies: tuple[StudyFile, ...]


def read_recipe(path: str | Path) -> Recipe:
    """Read a recipe from a TOML file.

    Raises
    ------
    DataNotFoundError
        When there is no such file.
    UsageError
        When it is malformed.
    """
    source, raw = Path(path), read_toml(path)
    try:
        words = parse_words(raw)
        task = task_of(raw)
        architecture = raw.get("architecture", "")
        preset: Preset = raw.get("preset", "default")
        start = raw.get("from", "")
        return Recipe(
            task=task,
            architecture=architecture,
            preset=preset,
            options=options_of(task, architecture, preset, raw.get("options", {}), tuned=bool(start)),
            about=About(**raw.get("about", {})),
            words=words,
            start=start,
            gene_tables=tuple(raw.get("gene_tables", ())),
            orthologues=raw.get("orthologues", ""),
            targets=raw.get("targets", ""),
            label_table=raw.get("label_table", ""),
            markers=raw.get("markers", ""),
            gene_sets=raw.get("gene_sets", ""),
            folder=source.parent,
            # One without a file trained the model that this one goes on from, and has words alone.
            studies=tuple(
                _study(entry, raw.get("labels", "")) for entry in raw["study"] if "file" in entry or not start
            ),
        )
    except UsageError:
        raise
    except KeyError as error:
        raise UsageError(f"{source} is not a recipe: it lacks {error}.") from error
    except (ValueError, TypeError) as error:
        raise UsageError(f"{source} is not a recipe: {error}") from error


def fit_recipe(
    recipe: Recipe,
    *,
    data: str | Path,
    out: str | Path,
    overwrite: bool = False,
    leave_out: str | None = None,
    on_disk: str | Path | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Bundle:
    """Train a model by a recipe.

    Parameters
    ----------
    recipe
        What to train on and how.
    data
        The folder that holds its files.
    out, overwrite, on_epoch, on_step
        As in `fit`.
    leave_out
        Name of a training study to hold out instead of those that the recipe holds out; the recipe's
        held-out studies then train. So that every study can take its turn.

    on_disk
        Where the training counts are kept instead of in memory, see `read_study`.

    Raises
    ------
    UsageError
        When there is no study of that name.
    DataNotFoundError, DataError, CountsError
        When a file is absent, unreadable, does not hold raw counts, or lacks the cells that the recipe names.
    """
    if leave_out is not None and leave_out not in {s.name for s in recipe.studies}:
        raise UsageError(f"The recipe has no study {leave_out!r}.")
    training: list[Study] = []
    held_out: list[Study] = []
    for entry in recipe.studies:
        held = entry.held_out if leave_out is None else entry.name == leave_out
        study = _read(entry, Path(data) / entry.file, on_disk=None if held else on_disk)
        (held_out if held else training).append(study)
    if recipe.orthologues:
        pairs = read_orthologues(Path(data) / recipe.orthologues)
        training, theirs = pairs.brought(training, recipe.about.species)
        held_out, others = pairs.brought(held_out, recipe.about.species)
        recipe = replace(recipe, words=of_species(recipe.words, theirs | others))
    if isinstance(recipe.options, NetworkOptions):
        tree = None
        with_types: list[Sequence[Study | Labelled]] = [training, held_out]
        if architecture_of(recipe.architecture).labels:
            *with_types, tree = _labelled(recipe, training, held_out, Path(data))
        return fit_network(
            with_types[0],
            out=out,
            architecture=recipe.architecture,
            options=recipe.options,
            held_out=with_types[1],
            tree=tree,
            label_table=bool(recipe.label_table),
            gene_sets=read_gene_sets(_beside(recipe, recipe.gene_sets, Path(data))) if recipe.gene_sets else None,
            gene_table=_gene_table(recipe, Path(data)),
            about=recipe.about,
            words=recipe.words,
            overwrite=overwrite,
            on_epoch=on_epoch,
            on_step=on_step,
        )
    if not isinstance(recipe.options, FitOptions):
        return _fit_types(
            recipe,
            training,
            held_out,
            Path(data),
            out=out,
            overwrite=overwrite,
            on_epoch=on_epoch,
            on_step=on_step,
        )
    return fit(
        training,
        out=out,
        preset=recipe.preset,
        options=recipe.options,
        held_out=held_out,
        gene_table=_gene_table(recipe, Path(data)),
        targets=read_gene_list(Path(data) / recipe.targets) if recipe.targets else None,
        start=_start(recipe, Path(data)),
        about=recipe.about,
        words=recipe.words,
        overwrite=overwrite,
        on_epoch=on_epoch,
        on_step=on_step,
    )


def _fit_types(
    recipe: Recipe,
    training: Sequence[Study],
    held_out: Sequence[Study],
    data: Path,
    *,
    out: str | Path,
    overwrite: bool,
    on_epoch: Callable[[Epoch], None] | None,
    on_step: Callable[[str], None] | None,
) -> Bundle:
    """Label the studies as the recipe says, and train."""
    assert isinstance(recipe.options, ClassifierOptions)
    assert recipe.task != "impute"
    learnt, judges, tree = _labelled(recipe, training, held_out, data)
    return fit_types(
        learnt,
        tree,
        out=out,
        task=recipe.task,
        options=recipe.options,
        held_out=judges,
        gene_table=_gene_table(recipe, data),
        label_table=bool(recipe.label_table),
        about=recipe.about,
        words=recipe.words,
        overwrite=overwrite,
        on_epoch=on_epoch,
        on_step=on_step,
    )


def _labelled(
    recipe: Recipe, training: Sequence[Study], held_out: Sequence[Study], data: Path
) -> tuple[list[Labelled], list[Labelled], ClassTree]:
    """Return studies with the types of their cells, and the types, as the recipe says."""
    entries = {entry.name: entry for entry in recipe.studies}

    def given(studies: Sequence[Study]) -> list[Given]:
        own = [(study, entries[study.name]) for study in studies]
        return [
            Given(study=study, column=entry.labels, file=str(data / entry.label_file) if entry.label_file else "")
            for study, entry in own
        ]

    return label_studies(
        given(training),
        given(held_out),
        table=read_label_table(_beside(recipe, recipe.label_table, data)) if recipe.label_table else None,
        markers=read_markers(_beside(recipe, recipe.markers, data)) if recipe.markers else None,
        genes=_gene_table(recipe, data),
    )


def _beside(recipe: Recipe, name: str, data: Path) -> Path:
    """Return a file beside the recipe, or below the data folder."""
    return recipe.folder / name if (recipe.folder / name).exists() else data / name


def _start(recipe: Recipe, data: Path) -> str | Path | None:
    """Return the model to go on from: a folder below the data folder, else a name."""
    if not recipe.start:
        return None
    return folder if (folder := data / recipe.start).exists() else recipe.start


def _gene_table(recipe: Recipe, data: Path) -> GeneTable | None:
    return read_gene_table([data / table for table in recipe.gene_tables]) if recipe.gene_tables else None


def _read(entry: StudyFile, path: Path, *, on_disk: str | Path | None) -> Study:
    study = read_study(
        path,
        name=entry.name,
        layer=entry.layer or None,
        source=entry.source,
        licence=entry.licence,
        on_disk=on_disk,
    )
    if entry.cells is None:
        return study
    column, value = entry.cells
    labels = read_labels(path, column)
    if not (labels == value).any():
        value = value.removesuffix(".0")  # as whole numbers with gaps were once called
    chosen = labels == value
    if not chosen.any():
        raise DataError(f"{path} has no cell whose {column} is {value!r}, which the recipe names.")
    place = None if study.place is None else replace(study.place, cells=(column, value))
    return replace(study.take(chosen), place=place)


def _study(entry: Mapping[str, Any], labels: str) -> StudyFile:
    cells = entry.get("cells")
    if cells is not None and not (isinstance(cells, dict) and len(cells) == 1):
        raise UsageError("The cells of a study are one column of obs and one value, as in cells = {donor = 'A'}.")
    if not entry["file"]:
        raise UsageError(f"The study {entry['name']!r} of the recipe has no file: name it, or take the study out.")
    return StudyFile(
        name=entry["name"],
        cells=None if cells is None else next((str(c), str(v)) for c, v in cells.items()),
        file=entry["file"],
        layer=entry.get("layer", ""),
        labels=entry.get("labels", labels),
        label_file=entry.get("label_file", ""),
        held_out=bool(entry.get("held_out", False)),
        source=entry["source"],
        licence=entry["licence"],
    )
