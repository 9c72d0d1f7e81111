"""Section: what was done, with what."""

from __future__ import annotations

import os
import platform
import shlex
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from cellfill._version import __version__
from cellfill.fitness.gate import GATE_CELLS
from cellfill.hub.folders import VARIABLE
from cellfill.hub.reference import FolderReference, parse_reference
from cellfill.plots.style import legible
from cellfill.report.section import Section, Table

if TYPE_CHECKING:
    from cellfill.fitness.looked import Looked
    from cellfill.fitness.options import CheckOptions
    from cellfill.model import Model
    from cellfill.options.shared import Task
    from cellfill.report.labels import Labels

OUTPUTS: dict[Task, str] = {"impute": "imputed.h5ad", "annotate": "typed.h5ad", "embed": "placed.h5ad"}
_TRAINED_ON = (
    "On cells that a model was trained on, all figures look better than on new ones: see its training studies."
)
_HUB = "https://huggingface.co"
_PACKAGES = ("numpy", "scipy", "onnxruntime", "onnxruntime-gpu", "anndata", "matplotlib")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsked:
    """What a report was asked for.

    Attributes
    ----------
    data
        Name of the file, without its folder; empty for an AnnData in memory.
    model
        As it was named.
    options
        As for a check.
    task
        What the page is on.
    key_added
        What the result is to be called, since the data have something of the usual name; else None.
    elsewhere
        Whether the file lies in another folder than the one that the command ran in, which is not said.
    folder
        Name of the model's folder, where it lies somewhere that is not said; else empty.
    """

    data: str
    model: str
    options: CheckOptions
    task: Task = "impute"
    key_added: str | None = None
    elsewhere: bool = False
    folder: str = ""

    def where(self) -> str:
        """Say where the command runs as it stands."""
        there = f"in the folder of {legible(self.data, most=80)}" if self.elsewhere else "where you ran this"
        if not self.folder:
            return f"Run it {there}:"
        return (
            f"Run it {there}; {legible(self.folder, most=80)} is the model's folder: write where yours lies, or "
            f"name the folder around it first: `export {VARIABLE}=FOLDER`."
        )

    def command(self) -> str:
        """Return the command that does it the same way; empty for an AnnData in memory."""
        if not self.data:
            return ""
        asked = self.options
        words = ["cellfill", self.task, self.data, "--model", self.model, "--output", OUTPUTS[self.task]]
        words += ["--key-added", self.key_added] if self.key_added is not None else []
        words += [] if asked.orientation == "auto" else ["--orientation", asked.orientation]
        for option, value in (("--layer", asked.layer), ("--gene-column", asked.gene_column)):
            words += [option, value] if value is not None else []
        words += [] if asked.min_coverage is None else ["--min-coverage", f"{asked.min_coverage:g}"]
        words += [] if asked.calibrate or self.task != "impute" else ["--no-calibrate"]
        return legible(shlex.join(words), most=400)


def made_section(
    fitness: Looked, model: Model, asked: PageAsked, *, labels: Labels | None, umap: bool, day: str
) -> Section:
    """Say what was done, with which versions.

    Parameters
    ----------
    fitness, model, asked
        What was found, with what, and what was asked for.
    labels
        Of the cells.
    umap
        Whether UMAPs were made.
    day
        When.
    """
    manifest, origin = model.manifest, model.origin
    of_model = [("model", f"{manifest.name}, for {manifest.tissue or 'any tissue'} of {manifest.species}")]
    of_model.append(("trained", manifest.provenance.get("trained", "the model does not say")))
    links = []
    if origin is not None and origin.repo:
        of_model += [("repository", origin.repo), ("commit", origin.commit), ("revision", origin.revision)]
        links.append(
            (f"The card of {manifest.name} on the Hub", f"{_HUB}/{quote(origin.repo)}/tree/{quote(origin.commit)}")
        )
    else:
        of_model.append(("card", f"README.md in the model's folder; cellfill show {manifest.name}"))
    sha = manifest.files["model.onnx"].sha256 if origin is None else origin.manifest_sha256
    of_model.append(("SHA-256 of its graph" if origin is None else "SHA-256 of its manifest", sha))
    of_model += [
        (f"{study.role} study", f"{study.name}, {study.cells:,} cells: {study.source} ({study.licence})")
        for study in manifest.studies
    ]
    drawn = ", drawn by a hash of their counts" if fitness.cells_checked else ": none were looked at"
    done = [
        ("data", asked.data or "an AnnData in memory"),
        ("counts", fitness.counts),
        ("cells", f"{fitness.cells_checked:,} of {fitness.cells:,}{drawn}"),
        ("day", day),
    ]
    if fitness.cells_checked:  # of what never ran nothing is said
        done[-1:-1] = [
            *_of_imputing(fitness, asked),
            ("seed of what was hidden", str(asked.options.seed)),
            ("groups", "none" if labels is None else labels.by),
        ]
    versions = [("cellfill", __version__), ("Python", platform.python_version())]
    packages = (*_PACKAGES, "umap-learn") if umap else _PACKAGES
    versions += [(name, version) for name in packages if (version := _version(name))]
    return Section(
        name="made",
        title="What was done, with what",
        shows=_whence(asked.task) if fitness.cells_checked else "No cell was looked at: the genes alone decided.",
        beware=_TRAINED_ON if fitness.cells_checked else "",
        tables=tuple(
            Table(
                caption=caption,
                head=("what", "value"),
                rows=tuple((legible(name, most=60), legible(value, most=400)) for name, value in rows),
                words=2,
                folded=folded,
            )
            for caption, rows, folded in (
                ("What was done", done, False),
                ("The model", of_model, False),
                ("Versions", versions, True),
            )
        ),
        links=tuple(links),
    )


def asked_model(model: object, loaded: Model, data: object) -> tuple[str, str]:
    """Return how a command names the model, and the name of its folder where that is not all of its path.

    Pages are sent to others, so no path is on them but one that both files have in common: of a folder that was
    named from here, or found here by its name, as the data were, the way from the data's folder to it.
    """
    if not isinstance(model, str | Path):
        origin = loaded.origin
        named = f"{origin.repo}@{origin.commit}" if origin is not None and origin.repo else loaded.manifest.name
        return named, ""
    reference = parse_reference(model)
    if not isinstance(reference, FolderReference):
        return str(model), ""
    path = reference.path
    beside = Path(data).parent if isinstance(data, str | Path) else Path()
    if path.is_absolute() or beside.is_absolute() or ".." in (*path.parts, *beside.parts):
        return path.name, path.name
    way = os.path.relpath(path, beside)
    # A bare name would be one of the Hub's.
    return (way if os.sep in way else f"{os.curdir}{os.sep}{way}"), ""


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _of_imputing(fitness: Looked, asked: PageAsked) -> list[tuple[str, str]]:
    if asked.task != "impute":
        return []
    done = asked.options.calibrate and getattr(fitness, "genes", None) is not None
    return [("calibration", "on the same cells" if done else "none")]


def _whence(task: Task) -> str:
    """Say where the figures of the page come from."""
    return (
        "Everything on this page comes from one sample of the cells, drawn so that their order does not matter. "
        f"{_elsewhere(task)}"
    )


def _elsewhere(task: Task) -> str:
    """Say what is done with all cells."""
    if task == "impute":
        return (
            f"Imputing runs a quicker form of this check, on {GATE_CELLS:,} cells, so the genes that it fills may "
            "differ a little."
        )
    return f"cellfill {task} does it with all of them, so numbers may differ a little."
