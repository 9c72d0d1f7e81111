"""The pre-trained model for a dataset: never one that was trained on it."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .settings import SETTINGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training import Study

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "training" / "recipes" / "human-pbmc.toml"
BUNDLED = ROOT / "model_cards" / "human-pbmc"


def model_of(dataset: str, *, data: Path, scratch: Path, given: dict[str, Path]) -> Path | None:
    """Return the folder of the model to apply to a dataset; None where there is none.

    The bundled human-pbmc goes to the study that its recipe holds out; for every other study of the recipe the
    model is trained again without it, once, and kept in the scratch folder.

    Raises
    ------
    CellfillError
        When it cannot be trained, as where a study of the recipe is not in the data folder.
    """
    from cellfill_training.recipes.recipe import fit_recipe, read_recipe

    if dataset in given:
        return given[dataset]
    name = SETTINGS[dataset].study
    if name is None:
        return None
    recipe = read_recipe(RECIPE)
    if next(study for study in recipe.studies if study.name == name).held_out:
        return BUNDLED
    folder = scratch / "models" / f"human-pbmc-without-{name}"
    if not (folder / "manifest.json").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as private:
            made = Path(private) / folder.name
            fit_recipe(recipe, data=data, out=made, leave_out=name)
            with contextlib.suppress(OSError):  # another run was quicker: its model is there
                made.rename(folder)
    return folder


def filled_by(model: Path, study: Study) -> NDArray[np.intp]:
    """Return the study's columns that a model fills."""
    from cellfill.bundle import read_bundle
    from cellfill.genes.align import align

    bundle = read_bundle(model)
    found = align(bundle.genes, study.gene_names, species=bundle.manifest.species, min_coverage=0.0)
    return found.target_columns
