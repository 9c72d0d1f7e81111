"""A recipe: one committed file from which a published model can be trained again."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.bundle import read_bundle, write_bundle
from cellfill.errors import DataError, DataNotFoundError, UsageError
from cellfill_training.card import write_card
from cellfill_training.donors import read_labels
from cellfill_training.gene_table import read_gene_table
from cellfill_training.options import FitOptions, Preset, options_for
from cellfill_training.studies import Study, read_study
from cellfill_training.train import About, fit

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill_training.fitting import Epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """One study of a recipe: a file below the data folder, and what the card says of it.

    `cells` is a column of ``obs`` and the value in it of the cells that are meant; None takes all cells.
    """

    name: str
    file: str
    cells: tuple[str, str] | None
    held_out: bool
    source: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that makes a model but the data themselves."""

    preset: Preset
    options: FitOptions
    about: About
    gene_tables: tuple[str, ...]
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
    source = Path(path)
    if not source.is_file():
        raise DataNotFoundError(f"No recipe at {source}: there is no such file.")
    try:
        raw = tomllib.loads(source.read_text(encoding="utf-8"))
        if strangers := set(raw) - {"preset", "gene_tables", "options", "about", "study"}:
            raise UsageError(f"{source} is not a recipe: there is no {min(strangers)!r} in one.")
        preset: Preset = raw.get("preset", "default")
        return Recipe(
            preset=preset,
            options=options_for(preset, **raw.get("options", {})),
            about=About(**raw.get("about", {})),
            gene_tables=tuple(raw.get("gene_tables", ())),
            studies=tuple(_study(entry) for entry in raw["study"]),
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
    return fit(
        training,
        out=out,
        preset=recipe.preset,
        options=recipe.options,
        held_out=held_out,
        gene_table=read_gene_table([Path(data) / table for table in recipe.gene_tables]),
        about=recipe.about,
        overwrite=overwrite,
        on_epoch=on_epoch,
        on_step=on_step,
    )


def rewrite_card(recipe: Recipe, folder: str | Path) -> Bundle:
    """Write a bundle's card again, from its manifest and what its recipe says of it.

    Raises
    ------
    BundleError
        When the bundle is damaged.
    """
    bundle = read_bundle(folder)
    about = recipe.about
    card = write_card(bundle.manifest, bundle.genes, about=about.about or None, limits=about.limits or None)
    return write_bundle(replace(bundle, card=card), folder, overwrite=True)


def _read(entry: StudyFile, path: Path, *, on_disk: str | Path | None) -> Study:
    study = read_study(path, name=entry.name, source=entry.source, licence=entry.licence, on_disk=on_disk)
    if entry.cells is None:
        return study
    column, value = entry.cells
    chosen = read_labels(path, column) == value
    if not chosen.any():
        raise DataError(f"{path} has no cell whose {column} is {value!r}, which the recipe names.")
    return study.take(chosen)


def _study(entry: Mapping[str, Any]) -> StudyFile:
    cells = entry.get("cells")
    if cells is not None and not (isinstance(cells, dict) and len(cells) == 1):
        raise UsageError("the cells of a study are one column of obs and one value, as in cells = {donor = 'A'}.")
    return StudyFile(
        name=entry["name"],
        cells=None if cells is None else next((str(c), str(v)) for c, v in cells.items()),
        file=entry["file"],
        held_out=bool(entry.get("held_out", False)),
        source=entry["source"],
        licence=entry["licence"],
    )
