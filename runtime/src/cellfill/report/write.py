"""Check a model on a dataset, and write what was found as a page."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.bundle.naming import name_model
from cellfill.fitness.check import Checked, check_dataset
from cellfill.fitness.options import CheckOptions
from cellfill.loading import loaded as loaded_model
from cellfill.model import Model
from cellfill.options.shared import OpenOptions
from cellfill.options.taking import taking
from cellfill.plots.style import legible, require
from cellfill.readers.argument import opened_dataset
from cellfill.report.cells import measure_cells
from cellfill.report.head import head_of
from cellfill.report.labels import Labels, check_column, find_labels
from cellfill.report.on_cells import embedding_section, sizes_section, zeros_section
from cellfill.report.on_counts import counts_section
from cellfill.report.on_coverage import coverage_section
from cellfill.report.on_genes import genes_section
from cellfill.report.options import ReportOptions
from cellfill.report.page import make_page
from cellfill.report.project import wants_umap
from cellfill.report.provenance import Asked, asked_model, made_section
from cellfill.report.section import Section
from cellfill.writers.check import check_apart
from cellfill.writers.text_file import check_text_file, write_text_file

if TYPE_CHECKING:
    from cellfill.fitness.fitness import Fitness


@taking(ReportOptions)
def write_report(data: Any, output: str | Path, options: ReportOptions) -> Fitness:
    """Write a page on whether a model fits a dataset: what `Model.check` says, with pictures of what that rests on.

    The page is one HTML file that needs no other, loads nothing and runs nothing. Everything on it is of the cells
    that the check drew, 2,000 at most.

    Parameters
    ----------
    data
        An AnnData, or the path of a dataset in any format that `cellfill.impute_file` reads.
    output
        The page, ``.html``.
    **options
        See `ReportOptions`. The seed is that of UMAP, too.

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
    check_text_file(output, ending=".html", overwrite=options.overwrite)
    if isinstance(data, str | Path):
        check_apart(output, data)
    for package in ("matplotlib", "jinja2"):
        require(package)
    umap = wants_umap(options.embedding)
    model = options.model
    loaded = loaded_model(model, OpenOptions(device=options.device, offline=options.offline), task="impute")
    with opened_dataset(data, "report") as dataset:
        frame = dataset.obs()
        check_column(frame, options.labels)
        checked = check_dataset(
            loaded.opened,
            dataset,
            options.narrowed(CheckOptions),
            name=name_model(loaded.manifest, loaded.origin),
        )
        named = find_labels(frame, checked.rows, column=options.labels)
        asked = Asked(
            data=dataset.path.name if dataset.path is not None else "",
            model=asked_model(model, loaded),
            options=options.narrowed(CheckOptions),
        )
    fitness = checked.fitness
    sections = _sections(checked, loaded, labels=named, umap=umap, seed=options.seed)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    page = make_page(
        head_of(fitness, model=loaded.manifest.name),
        [*sections, made_section(fitness, loaded, asked, labels=named, umap=umap, day=day)],
        data=legible(asked.data or "an AnnData in memory", most=80),
        command=asked.command(),
    )
    write_text_file(output, page, overwrite=options.overwrite)
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
