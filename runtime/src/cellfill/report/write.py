"""Check a model on a dataset, and write what was found as a page."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.bundle.naming import name_model
from cellfill.fitness.check import Checked, check_dataset
from cellfill.loading import load
from cellfill.model import Model
from cellfill.network.devices import Device
from cellfill.plots.style import legible, require
from cellfill.readers.argument import opened_dataset
from cellfill.report.cells import measure_cells
from cellfill.report.head import head_of
from cellfill.report.labels import Labels, check_column, find_labels
from cellfill.report.on_cells import embedding_section, sizes_section, zeros_section
from cellfill.report.on_counts import counts_section
from cellfill.report.on_coverage import coverage_section
from cellfill.report.on_genes import genes_section
from cellfill.report.page import make_page
from cellfill.report.project import Embedding, wants_umap
from cellfill.report.provenance import Asked, asked_model, made_section
from cellfill.report.section import Section
from cellfill.writers.check import check_apart
from cellfill.writers.text_file import check_text_file, write_text_file

if TYPE_CHECKING:
    from cellfill.fitness.fitness import Fitness


def write_report(
    data: Any,
    output: str | Path,
    *,
    model: str | Path | Model,
    labels: str | None = None,
    layer: str | None = None,
    gene_column: str | None = None,
    min_coverage: float | None = None,
    calibrate: bool = True,
    embedding: Embedding = "auto",
    overwrite: bool = False,
    device: Device = "auto",
    offline: bool = False,
    threads: int | None = None,
    seed: int = 0,
) -> Fitness:
    """Write a page on whether a model fits a dataset: what `Model.check` says, with pictures of what that rests on.

    The page is one HTML file that needs no other, loads nothing and runs nothing. Everything on it is of the cells
    that the check drew, 2,000 at most.

    Parameters
    ----------
    data
        An AnnData, or the path of a dataset in any format that `cellfill.impute_file` reads.
    output
        The page, ``.html``.
    model
        A loaded model, or what `cellfill.load` takes.
    labels
        Column of ``obs`` that colours the embeddings. By default one of a usual name (``cell_type``, ``leiden``,
        ``louvain``, ``cluster``) where there is one, else cells are coloured by library size.
    layer, gene_column, min_coverage, calibrate, threads
        See `cellfill.impute`.
    embedding
        ``pca``; ``umap``, that too; ``auto``, that too where umap-learn is installed.
    overwrite
        Replace the page if it is there.
    device, offline
        See `cellfill.load`; of no effect on a loaded model.
    seed
        Of what is hidden, and of UMAP.

    Returns
    -------
    What was found.

    Raises
    ------
    DataError
        When the data cannot be read, hold no counts, or have no such column of labels.
    OutputError
        When the page cannot be written.
    UsageError
        When an option means nothing.
    MissingDependencyError
        When matplotlib or Jinja is not installed.
    """
    check_text_file(output, ending=".html", overwrite=overwrite)
    if isinstance(data, str | Path):
        check_apart(output, data)
    for package in ("matplotlib", "jinja2"):
        require(package)
    umap = wants_umap(embedding)
    loaded = model if isinstance(model, Model) else load(model, device=device, offline=offline)
    settings = loaded.settings(estimate=None, threads=threads, min_coverage=min_coverage, calibrate=calibrate)
    with opened_dataset(data, "report") as dataset:
        frame = dataset.obs()
        check_column(frame, labels)
        checked = check_dataset(
            loaded.opened,
            dataset,
            name=name_model(loaded.manifest, loaded.origin),
            layer=layer,
            gene_column=gene_column,
            min_coverage=settings.min_coverage,
            calibrate=settings.calibrate,
            threads=settings.threads,
            seed=seed,
        )
        named = find_labels(frame, checked.rows, column=labels)
        asked = Asked(
            data=dataset.path.name if dataset.path is not None else "",
            model=asked_model(model, loaded),
            layer=layer,
            gene_column=gene_column,
            min_coverage=min_coverage,
            calibrate=calibrate,
            seed=seed,
        )
    fitness = checked.fitness
    sections = _sections(checked, loaded, labels=named, umap=umap, seed=seed)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    page = make_page(
        head_of(fitness, model=loaded.manifest.name),
        [*sections, made_section(fitness, loaded, asked, labels=named, umap=umap, day=day)],
        data=legible(asked.data or "an AnnData in memory", most=80),
        command=asked.command(),
    )
    write_text_file(output, page, overwrite=overwrite)
    return fitness


def _sections(checked: Checked, model: Model, *, labels: Labels | None, umap: bool, seed: int) -> list[Section]:
    """Return what there is to show; of a model that was refused, that is its coverage alone."""
    fitness, fitted = checked.fitness, checked.fitted
    sections = []
    if fitness.entries is not None and len(fitness.entries.truth):
        sections.append(counts_section(fitness, fitness.entries))
    if fitness.genes is not None and fitness.entries is not None and len(fitness.entries.truth):
        sections.append(genes_section(fitness, fitness.genes))
    sections.append(coverage_section(fitness))
    if fitted is not None and fitness.genes is not None:
        cells = measure_cells(
            fitted,
            fitness.genes,
            library_sizes=model.manifest.scale.library_sizes,
            meaning=model.manifest.graph.output_meaning,
            umap=umap,
            seed=seed,
        )
        sections += [zeros_section(cells), sizes_section(cells), embedding_section(cells, labels)]
    return sections
