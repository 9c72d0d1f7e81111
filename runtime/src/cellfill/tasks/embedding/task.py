"""Embedding as a task: what a run asks of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import DataError, UsageError
from cellfill.fitness.heed import refuse_unfit
from cellfill.network.cells import GeneMap, map_genes
from cellfill.network.predict import predict_outputs
from cellfill.results.named import Block, Results
from cellfill.results.names import Names
from cellfill.tasks.columns import align_columns
from cellfill.tasks.embedding.batches import without_batches
from cellfill.tasks.provenance import provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Meaning, Task
    from cellfill.counts.find import Found
    from cellfill.counts.source import Source
    from cellfill.genes.alignment import Alignment
    from cellfill.network.graphs import Graphs
    from cellfill.results.gathered import Gathered
    from cellfill.tasks.embedding.options import EmbedOptions

_TYPES = "_types"  # probabilities of a block, which are read and not added; no key begins so


def names_of(key: str) -> Names:
    """Return what an embedding adds."""
    return Names(key=key, obsm=(key,), record=f"cellfill_{key}", task="embed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """Embed cells with a model.

    Attributes
    ----------
    model
        The model.
    options
        How.
    key_added
        Name of the matrix of obsm that is added; None for the model's own.
    """

    model: Graphs
    options: EmbedOptions
    key_added: str | None = None

    def __post_init__(self) -> None:
        """Refuse a model that embeds no cells, before any count is read."""
        self.model.bundle.manifest.need("embed")
        if self.options.batch is not None and self.model.bundle.manifest.annotation is None:
            raise UsageError(
                f"The model {self.model.bundle.manifest.name} knows no cell types, by which batches are told from "
                "cells: leave --batch (batch=...) out, or use another model."
            )

    @property
    def key(self) -> str:
        """Name of the matrix that is added."""
        section = self.model.bundle.manifest.embedding
        assert section is not None
        return section.key if self.key_added is None else self.key_added

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the graph is read for."""
        return ("embed",) if self.options.batch is None else ("annotate", "embed")

    @property
    def names(self) -> Names:
        """What is added to a dataset."""
        return names_of(self.key)

    @property
    def identity(self) -> Mapping[str, Any]:
        """What makes the values of two runs on the same counts the same; plain types."""
        files = self.model.bundle.manifest.files
        return {
            "task": "embed",
            "model": {name: record.sha256 for name, record in files.items()},
            "settings": dict(self.options.altering()),
            "key": self.key,
        }

    def prepare(self, found: Found, *, cells: int, dense: bool) -> Ready:
        """Decide what all blocks have in common: the genes, the batches; and whether the model is fit.

        Raises
        ------
        DataError
            When there is no such column of batches, or it leaves cells without one.
        GeneMatchError
            When dataset and model share too few genes, or differ in species.
        """
        batches = None if self.options.batch is None else _batches(found.obs(), self.options.batch)
        bundle = self.model.bundle
        alignment = align_columns(bundle, found.names, min_coverage=self.options.min_coverage)
        network = self.model.network(tasks=self.tasks)
        gene_map = map_genes(alignment, bundle.genes, inputs=network.inputs)
        return Ready(
            task=self,
            gene_map=gene_map,
            alignment=alignment,
            check=self._check(found, alignment, gene_map, cells=cells, dense=dense),
            batches=batches,
            device=network.device,
            remark=network.remark,
        )

    def _check(
        self, found: Found, alignment: Alignment, gene_map: GeneMap, *, cells: int, dense: bool
    ) -> Mapping[str, str]:
        """Say whether the model is fit to place these cells, as a check of some of them does."""
        from cellfill.tasks.drawn import draw
        from cellfill.tasks.embedding.check import evidence_of
        from cellfill.tasks.embedding.verdict import judge, told_by

        threads, unlike = self.options.threads, math.nan
        if self.model.bundle.manifest.annotation is None:
            drawn = draw(found, gene_map, cells=cells, threads=threads)
        else:
            from cellfill.tasks.annotation.check import name_drawn
            from cellfill.tasks.annotation.options import AnnotateOptions
            from cellfill.tasks.annotation.task import Annotate

            asked = AnnotateOptions(min_coverage=self.options.min_coverage, threads=threads)
            naming = Annotate(model=self.model, options=asked, key=_TYPES).prepare(found, cells=cells, dense=dense)
            drawn = draw(found, naming.step.gene_map, cells=cells, threads=threads)
            unlike = naming.find(name_drawn(naming.step, drawn)).evidence.unlike
        told = told_by(self.model.bundle.manifest)
        verdict, why = judge(evidence_of(drawn, gene_map, alignment, unlike=unlike, told=told))
        refuse_unfit(verdict, " ".join(why), self.options.require, doing="placed")
        return {"verdict": verdict, "why": " ".join(why)}


def _batches(obs: Any, column: str) -> NDArray[np.intp]:
    """Return the number of each cell's batch."""
    import pandas as pd

    if list(obs.columns).count(column) > 1:
        raise DataError(f"There are several columns {column!r} in obs: rename all but one.")
    if column not in obs:
        there = ", ".join(map(str, list(obs.columns)[:9])) or "none"
        raise DataError(f"There is no column {column!r} in obs; there are {there}. Choose one with --batch.")
    codes, _ = pd.factorize(obs[column])
    if (codes < 0).any():
        raise DataError(
            f"{int((codes < 0).sum()):,} cells have no batch: obs[{column!r}] is empty there. Fill it, or leave "
            "these cells out."
        )
    sizes = np.bincount(codes)
    alone = int((sizes == 1).sum())
    if len(codes) > 1 and alone > len(codes) / 2:
        raise DataError(
            f"obs[{column!r}] has {len(sizes):,} batches, and {alone:,} of the {len(codes):,} cells are alone in "
            "theirs: it names cells, not batches, and of one cell nothing can be told that its batch shares. "
            "Choose the column of batches with --batch (batch=...), or leave it out."
        )
    return np.asarray(codes, dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An embedding that is ready for blocks.

    Attributes
    ----------
    task, gene_map, alignment
        What it is, and which gene is which.
    check
        Whether the model is fit to place these cells, and why.
    batches
        Number of each cell's batch; None where none are taken out.
    device, remark
        What the graph runs on, and why not on a GPU that there is.
    """

    task: Embed
    gene_map: GeneMap
    alignment: Alignment
    check: Mapping[str, str]
    batches: NDArray[np.intp] | None
    device: str
    remark: str

    @property
    def layer(self) -> None:
        """It gives none."""
        return

    def apply(self, counts: csr_matrix) -> Block:
        """Embed the cells of a block; one without counts in the model's genes gets NaN."""
        asked: tuple[Meaning, ...] = ("embedding",)
        if self.batches is not None:
            asked = ("embedding", "class_probabilities")
        network = self.task.model.network(tasks=self.task.tasks)
        found = predict_outputs(network, self.gene_map.input_cells(counts), asked)
        obsm = {self.task.key: found["embedding"]}
        if self.batches is not None:
            obsm[_TYPES] = found["class_probabilities"]
        return Block(obsm=obsm)

    def describe(self, *, cells: int, gathered: Gathered | None, source: Source, notes: Sequence[str]) -> Results:
        """Say what was done; batches are taken out here, since they are known when all cells are."""
        assert gathered is not None  # what is said of cells does not wait
        key, bundle = self.task.key, self.task.model.bundle
        matrices = gathered.matrices()
        places = matrices[key]
        empty = int(np.isnan(places).any(axis=1).sum())
        if self.batches is not None:
            places = without_batches(places, matrices[_TYPES], self.batches)
        output = bundle.manifest.graph.output("embedding")
        assert output is not None
        record: dict[str, Any] = {
            **provenance(bundle, source, notes, task="embed", key=key),
            "options": {k: v for k, v in self.task.options.altering().items() if v is not None},
            "device": self.device,
            "device_remark": self.remark,
            "cells": cells,
            "empty_cells": empty,
            "predictors_found": self.alignment.inputs_found,
            "predictors_needed": self.alignment.inputs_needed,
            "dimensions": np.array(output.dimensions, dtype=object),
            "check": dict(self.check),
            "batches": 0 if self.batches is None else int(self.batches.max(initial=-1)) + 1,
        }
        return Results(
            obsm={key: places},
            obsm_columns={key: tuple(output.dimensions)},
            record_name=f"cellfill_{key}",
            record=record,
        )
