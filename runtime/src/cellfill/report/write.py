"""Check a model on a dataset, and write what was found as a page."""

from __future__ import annotations

import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cellfill.bundle.naming import name_model
from cellfill.console.watching import told
from cellfill.errors import UsageError
from cellfill.fitness.check import Checked, check_dataset
from cellfill.fitness.options import CheckOptions
from cellfill.loading import loaded as loaded_model
from cellfill.model import Model
from cellfill.options.shared import OpenOptions
from cellfill.options.taking import taking
from cellfill.plots.style import legible, require
from cellfill.progress import phase, remark
from cellfill.readers.argument import opened_dataset
from cellfill.readers.remote import Remote, source_of
from cellfill.report.asked_genes import AskedGenes, find_asked
from cellfill.report.cells import measure_cells, measure_sizes
from cellfill.report.clusters import find_clusters
from cellfill.report.head import head_of
from cellfill.report.labels import Labels, check_column, find_labels
from cellfill.report.markers import Marker, show_markers
from cellfill.report.on_cells import embedding_section, sizes_section, zeros_section
from cellfill.report.on_counts import counts_section
from cellfill.report.on_coverage import coverage_section
from cellfill.report.on_genes import genes_section
from cellfill.report.on_markers import markers_section
from cellfill.report.options import ReportOptions
from cellfill.report.page import make_page
from cellfill.report.project import wants_umap
from cellfill.report.provenance import PageAsked, asked_model, made_section
from cellfill.report.section import Section
from cellfill.report.typed import look_at_types
from cellfill.runs.room import free_key
from cellfill.tasks.added import names_added, usual_key
from cellfill.writers.check import check_apart
from cellfill.writers.text_file import check_text_file, write_text_file

if TYPE_CHECKING:
    from cellfill.fitness.fitness import Fitness
    from cellfill.options.shared import Task
    from cellfill.readers.dataset import Dataset
    from cellfill.report.head import Head
    from cellfill.tasks.annotation.fitness import TypesFitness
    from cellfill.tasks.embedding.fitness import EmbeddingFitness


_DOING: dict[Task, str] = {"impute": "imputes", "annotate": "names the cells", "embed": "places the cells"}


@taking(ReportOptions)
@told("the report")
def write_report(
    data: Any, output: str | Path, options: ReportOptions
) -> Fitness | TypesFitness | EmbeddingFitness:
    """Write a page on whether a model fits a dataset: what `Model.check` says, with pictures of what that rests on.

    It is on one task: by default imputing, else naming cells, else embedding them, whichever the model can first.

    The page is one HTML file that needs no other, loads nothing and runs nothing. Everything on it is of the cells
    that the check drew, 2,000 at most.

    Parameters
    ----------
    data
        An AnnData, or the path or URL of a dataset in any format that `cellfill.impute_file` reads.
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
        When an option means nothing: markers of a page that is not on imputing, say.
    MissingDependencyError
        When matplotlib or Jinja is not installed.
    """
    check_text_file(output, ending=".html", overwrite=options.overwrite)
    if isinstance(data, str | Path | Remote):
        data = source_of(data)
        check_apart(output, data)
    for package in ("matplotlib", "jinja2"):
        require(package)
    umap = wants_umap(options.embedding)
    model = options.model
    loaded = loaded_model(model, options.narrowed(OpenOptions), task=options.task)
    if options.task is not None:
        loaded.manifest.need(options.task)
    task = options.task or loaded.manifest.tasks[0]
    if task != "impute" and options.markers is not None:
        _refuse_markers(task, loaded)
    with opened_dataset(data, "report", orientation=options.orientation) as dataset:
        frame = dataset.obs()
        check_column(frame, options.labels)
        fitness: Fitness | TypesFitness | EmbeddingFitness
        if task == "impute":
            fitness, head, sections, labels = _imputing(loaded, dataset, frame, options, umap=umap)
        else:
            said = look_at_types(loaded, dataset, frame, options, names=task == "annotate", umap=umap)
            fitness, head, sections, labels = said.fitness, said.head, said.sections, said.labels
        named, folder = asked_model(model, loaded, data)
        asked = PageAsked(
            data=str(dataset.remote or (dataset.path.name if dataset.path is not None else "")),
            model=named,
            folder=folder,
            elsewhere=isinstance(data, Path) and data.parent.resolve() != Path.cwd(),
            options=options.narrowed(CheckOptions),
            task=task,
            key_added=free_key(
                partial(names_added, task), usual_key(task, loaded.manifest), dataset, layer=options.layer
            ),
        )
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    page = make_page(
        head,
        [*sections, made_section(fitness, loaded, asked, labels=labels, umap=umap, day=day)],
        data=legible(asked.data or "an AnnData in memory", most=80),
        command=asked.command(),
        where=asked.where(),
        doing=_DOING[task],
    )
    write_text_file(output, page, overwrite=options.overwrite)
    remark(f"the model {fitness.verdict}; wrote {output}")
    return fitness


def _refuse_markers(task: Task, model: Model) -> NoReturn:
    """Say that genes are on a page on imputing alone, and how to get one."""
    can = "impute" in model.manifest.tasks
    instead = "add --task impute (task='impute')" if can else f"{model.manifest.name} does not impute"
    raise UsageError(
        f"markers must be left out of a page on how a model {_DOING[task]}: genes are shown before and after "
        f"imputing; {instead}."
    )


def _imputing(
    loaded: Model, dataset: Dataset, frame: Any, options: ReportOptions, *, umap: bool
) -> tuple[Fitness, Head, list[Section], Labels | None]:
    """Check a model that imputes, and say what was found."""
    name = name_model(loaded.manifest, loaded.origin)
    asked = None
    if options.markers is not None:
        asked = find_asked(
            options.markers,
            dataset,
            loaded.opened.bundle.genes,
            layer=options.layer,
            gene_column=options.gene_column,
        )
    checked = check_dataset(loaded.opened, dataset, options.narrowed(CheckOptions), name=name)
    fitness, fitted = checked.fitness, checked.fitted
    labels = find_labels(frame, checked.rows, column=options.labels)
    sections = []
    if fitness.entries is not None and len(fitness.entries.truth):
        sections.append(counts_section(fitness, fitness.entries))
        if fitness.genes is not None:
            sections.append(genes_section(fitness, fitness.genes))
    sections.append(coverage_section(fitness, species=loaded.manifest.species))
    if fitted is not None and fitness.genes is not None:
        labels, first, last = _of_cells(checked, loaded, labels=labels, asked=asked, umap=umap, seed=options.seed)
        sections = [*first, *sections, *last]
    return fitness, head_of(fitness, model=loaded.manifest.name), sections, labels


def _of_cells(
    checked: Checked, model: Model, *, labels: Labels | None, asked: AskedGenes | None, umap: bool, seed: int
) -> tuple[Labels, list[Section], list[Section]]:
    """Return the groups of the cells, and what is shown of the cells themselves, first on the page and last."""
    fitted, genes = checked.fitted, checked.fitness.genes
    assert fitted is not None
    assert genes is not None
    with phase("imputing the cells that are shown"):
        cells = measure_cells(
            fitted,
            genes,
            meaning=model.manifest.graph.output_meaning,
            subnetworks=bool(model.manifest.subnetworks),
            umap=umap,
            seed=seed,
        )
        groups = labels or find_clusters(cells.there.components, cells.logs, genes.names)
        markers: tuple[Marker, ...] = ()
        # Of a model that does not fit nobody is shown what it would put in, unless they ask.
        if asked is not None or checked.fitness.verdict != "does not fit":
            markers = show_markers(checked, cells, groups.of_cell, asked=asked)
    space = fitted.space
    sizes = measure_sizes(space.counts, space.gene_map, library_sizes=model.manifest.scale.library_sizes)
    shown = [markers_section(markers, cells, groups, asked=asked is not None)] if markers else []
    return groups, [*shown, embedding_section(cells, groups)], [zeros_section(cells), sizes_section(sizes)]
