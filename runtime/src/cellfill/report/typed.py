"""What a page on a model that names or places cells has: its top, and its sections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.bundle.naming import name_model
from cellfill.fitness.options import CheckOptions
from cellfill.report.cells import measure_sizes
from cellfill.report.head_of_types import head_of_types
from cellfill.report.labels import Labels, find_labels
from cellfill.report.on_cells import sizes_section
from cellfill.report.on_coverage import reading_section
from cellfill.report.on_dimensions import dimensions_section
from cellfill.report.on_map import map_section
from cellfill.report.on_types import steadiness_section, types_section, unassigned_section
from cellfill.report.places import find_places
from cellfill.tasks.annotation.check import CheckedTypes, check_types
from cellfill.tasks.embedding.check import check_embedding

if TYPE_CHECKING:
    from cellfill.model import Model
    from cellfill.network.cells import GeneMap
    from cellfill.readers.dataset import Dataset
    from cellfill.report.head import Head
    from cellfill.report.options import ReportOptions
    from cellfill.report.places import Places
    from cellfill.report.section import Section
    from cellfill.tasks.annotation.fitness import TypesFitness
    from cellfill.tasks.drawn import DrawnCells
    from cellfill.tasks.embedding.fitness import EmbeddingFitness


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a page says.

    Attributes
    ----------
    fitness, head, sections, labels
        What was found; the page's top; its sections; the labels of the cells that were looked at.
    """

    fitness: TypesFitness | EmbeddingFitness
    head: Head
    sections: list[Section]
    labels: Labels | None


def look_at_types(
    model: Model, dataset: Dataset, frame: Any, options: ReportOptions, *, names: bool, umap: bool
) -> Typed:
    """Check a model that names or places cells, and say what was found.

    Parameters
    ----------
    model, dataset, options
        The model, the data, and how.
    frame
        What is known of all cells, a pandas data frame.
    names
        Whether the page is on naming cells, else on placing them.
    umap
        Whether UMAPs are made.
    """
    opened, asked = model.opened, options.narrowed(CheckOptions)
    name = name_model(model.manifest, model.origin)
    types = None
    if model.manifest.annotation is not None:
        types = check_types(opened, dataset, asked, name=name)
    fitness: TypesFitness | EmbeddingFitness
    drawn: DrawnCells | None
    gene_map: GeneMap | None
    if names:
        assert types is not None
        fitness, drawn = types.fitness, types.drawn
        gene_map = types.step.gene_map if types.step is not None else None
    else:
        placed = check_embedding(opened, dataset, asked, name=name, types=types)
        fitness, drawn, gene_map = placed.fitness, placed.drawn, placed.gene_map
    head = head_of_types(fitness, model=model.manifest.name)
    if drawn is None or gene_map is None or len(drawn.rows) == 0:
        return Typed(fitness=fitness, head=head, sections=[reading_section(fitness)], labels=None)
    labels = find_labels(frame, drawn.rows, column=options.labels)
    places = find_places(opened, drawn, gene_map.measured, umap=umap, seed=options.seed)
    found = _types_of(types) if types is not None else None
    classes = opened.bundle.classes
    # The most detailed types come first: they have the colours that are best told apart.
    order = () if classes is None else tuple(dict.fromkeys((*classes.leaf_names, *classes.names)))
    sections = [
        map_section(
            places,
            found[0] if found is not None else None,
            order=order,
            labels=labels,
        )
    ]
    if (meaning := _meaning(model, places, found, labels)) is not None:
        sections.append(meaning)
    if names and types is not None and found is not None:
        assert types.step is not None
        kinds, probability, reasons, typical = found
        sections = [types_section(types.fitness, kinds, probability, labels=labels), *sections]
        sections.append(unassigned_section(types.fitness, reasons, typical, types.step.threshold))
        sections.append(steadiness_section(types.fitness))
    sections.append(reading_section(fitness))
    sizes = measure_sizes(drawn.cells.counts, gene_map, library_sizes=model.manifest.scale.library_sizes)
    sections.append(sizes_section(sizes))
    return Typed(fitness=fitness, head=head, sections=sections, labels=labels)


def _meaning(
    model: Model, places: Places, found: tuple[Any, Any, Any, Any] | None, labels: Labels | None
) -> Section | None:
    """Return what named dimensions say, by the dataset's own labels or else by the types that the model gives."""
    output = model.manifest.graph.output("embedding")
    if output is None or (labels is None and found is None):
        return None
    if labels is not None:
        kinds, by = list(labels.of_cell), f"your labels ({labels.column})"
    else:
        assert found is not None
        kinds, by = list(found[0]), "the types that it gives them"
    return dimensions_section(places.coordinates, output.dimensions, kinds, by=by)


def _types_of(types: CheckedTypes) -> tuple[Any, Any, Any, Any]:
    """Return type, probability, reason, and how typical it is, of each cell."""
    assert types.step is not None
    assert types.gathered is not None
    columns, obs = types.step.columns, types.gathered.columns()
    return obs[columns.type], obs[columns.probability], obs[columns.reason], obs.get(columns.typical)
