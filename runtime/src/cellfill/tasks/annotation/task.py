"""Naming cells as a task: what a run asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.calibration.candidates import candidate_cells
from cellfill.errors import UsageError
from cellfill.fitness.heed import refuse_unfit
from cellfill.network.cells import map_genes
from cellfill.network.threads import one_blas_thread, usual_workers
from cellfill.progress import phase
from cellfill.results.named import Block, Results
from cellfill.tasks.annotation.block import BlockAnnotator
from cellfill.tasks.annotation.columns import Columns
from cellfill.tasks.annotation.found import find_types
from cellfill.tasks.annotation.shares import estimate_shares, weights_of
from cellfill.tasks.annotation.table import as_columns
from cellfill.tasks.annotation.unknown import typicality
from cellfill.tasks.columns import align_columns
from cellfill.tasks.provenance import provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Classes
    from cellfill.bundle.manifest import Annotation, Manifest
    from cellfill.counts.find import Found
    from cellfill.counts.source import Source
    from cellfill.genes.alignment import Alignment
    from cellfill.network.cells import GeneMap
    from cellfill.network.graphs import Graphs
    from cellfill.results.gathered import Gathered
    from cellfill.results.names import Names
    from cellfill.tasks.annotation.found import FoundTypes
    from cellfill.tasks.annotation.options import AnnotateOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotate:
    """Name cells with a model.

    Attributes
    ----------
    model
        The model.
    options
        How.
    key
        Name of the column of obs that is added.
    """

    model: Graphs
    options: AnnotateOptions
    key: str

    def __post_init__(self) -> None:
        """Refuse a model that names no cells, or has no such level, before any count is read."""
        self.model.bundle.manifest.need("annotate")
        levels, level = int(self.classes.levels.max()) + 1, self.options.level
        if level is not None and level > levels:
            raise UsageError(
                f"level is {level}, and the tree of types of {self.model.bundle.manifest.name} has {levels}: give "
                f"1 (its broadest types) to {levels}, or leave --level (level=...) out: the answer goes as far "
                "down as it is sure."
            )

    @property
    def classes(self) -> Classes:
        """The tree of types."""
        classes = self.model.bundle.classes
        assert classes is not None
        return classes

    @property
    def said(self) -> Annotation:
        """What the manifest says of the task."""
        section = self.model.bundle.manifest.annotation
        assert section is not None
        return section

    @property
    def confidence(self) -> float:
        """Least probability of an answer."""
        return self.said.confidence if self.options.confidence is None else self.options.confidence

    @property
    def names(self) -> Names:
        """What is added to a dataset."""
        return Columns(self.key).names(typical=self.said.unknown is not None)

    @property
    def identity(self) -> Mapping[str, Any]:
        """What makes the values of two runs on the same counts the same; plain types."""
        files = self.model.bundle.manifest.files
        return {
            "task": "annotate",
            "model": {name: record.sha256 for name, record in files.items()},
            "settings": dict(self.options.altering()) | {"confidence": self.confidence},
            "key": self.key,
        }

    def prepare(self, found: Found, *, cells: int, dense: bool) -> Ready:
        """Decide what all blocks have in common: the genes, the shares of the types.

        Raises
        ------
        GeneMatchError
            When dataset and model share too few genes, or differ in species.
        """
        del dense
        bundle, unknown = self.model.bundle, self.said.unknown
        alignment = align_columns(bundle, found.names, min_coverage=self.options.min_coverage)
        network = self.model.network(tasks=("annotate",))
        measured = alignment.column_of_gene[network.inputs] >= 0
        typical = None
        if unknown is not None:
            shares = None if bundle.profiles is None else bundle.profiles.shares
            typical = typicality(shares, measured, unknown)
        gene_map = map_genes(alignment, bundle.genes, inputs=network.inputs)
        step = BlockAnnotator(
            model=self.model,
            classes=self.classes,
            gene_map=gene_map,
            typicality=typical,
            threshold=unknown.threshold if unknown is not None and self.options.unknown else None,
            weights=None,
            confidence=self.confidence,
            own_confidence=self.said.confidence,
            level=self.options.level,
            shallow=least_depth(bundle.manifest, gene_map),
            columns=Columns(self.key),
        )
        shares_found = None
        if self.options.shares:
            shares_found = self._shares(step, found, cells=cells)
            step = _weighed(step, weights_of(shares_found, self.classes.priors))
        return Ready(
            task=self,
            step=step,
            alignment=alignment,
            shares=shares_found,
            device=network.device,
            remark=network.remark,
        )

    def _shares(self, step: BlockAnnotator, found: Found, *, cells: int) -> NDArray[np.float64]:
        """Return the shares of the leaf types in these cells."""
        trained = self.classes.priors
        if not np.isfinite(trained).all():
            raise UsageError(
                f"{self.model.bundle.manifest.name} does not say how frequent its types were in training, so that "
                "other shares cannot be told: leave --shares (shares=True) out."
            )
        workers = self.options.threads or usual_workers()
        with one_blas_thread(), phase("how frequent each type is"):
            some = candidate_cells(found.source, step.gene_map, cells=cells, workers=workers)
            probabilities, typical = step.measure(some)
        known = np.isfinite(probabilities[:, 0])
        if step.threshold is not None and typical is not None:
            known &= np.nan_to_num(typical) >= step.threshold
        return estimate_shares(probabilities[known], trained) if known.any() else trained


def least_depth(manifest: Manifest, gene_map: GeneMap) -> float:
    """Return the size factor that 99% of the training cells had at least; 0 where the model does not say it."""
    sizes, total = manifest.scale.library_sizes, float(gene_map.means.sum())
    return sizes[0] / total if sizes and total > 0 else 0.0


def _weighed(step: BlockAnnotator, weights: NDArray[np.float64]) -> BlockAnnotator:
    return replace(step, weights=weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Naming that is ready for blocks.

    Attributes
    ----------
    task, step, alignment
        What it is, what is done to a block, and which gene is which.
    shares
        Of the leaf types in these cells; None where they were not asked for.
    device, remark
        What the graph runs on, and why not on a GPU that there is.
    """

    task: Annotate
    step: BlockAnnotator
    alignment: Alignment
    shares: NDArray[np.float64] | None
    device: str
    remark: str

    @property
    def layer(self) -> None:
        """It gives none."""
        return

    def apply(self, counts: csr_matrix) -> Block:
        """Name the cells of a block."""
        return self.step.apply(counts)

    def find(self, gathered: Gathered) -> FoundTypes:
        """Say what was found of cells that were named."""
        alignment = self.alignment
        return find_types(self.step, gathered, coverage=alignment.coverage, genes=alignment.inputs_share)

    def describe(self, *, cells: int, gathered: Gathered | None, source: Source, notes: Sequence[str]) -> Results:
        """Say what was found; refuse to, where more is required of the model: nothing was written yet."""
        assert gathered is not None  # what is said of cells does not wait
        columns, bundle = self.step.columns, self.task.model.bundle
        leaves = self.task.classes.leaf_names
        found = self.find(gathered)
        refuse_unfit(found.verdict, " ".join(found.reasons), self.task.options.require, doing="named")
        record: dict[str, Any] = {
            **provenance(bundle, source, notes, task="annotate", key=columns.key),
            "confidence": self.task.confidence,
            "options": {k: v for k, v in self.task.options.altering().items() if v is not None},
            "device": self.device,
            "device_remark": self.remark,
            "cells": cells,
            "predictors_found": self.alignment.inputs_found,
            "predictors_needed": self.alignment.inputs_needed,
            "classes": np.array(leaves, dtype=object),
            "types": as_columns(found.rows),
            "unassigned": dict(found.unassigned),
            "check": {"verdict": found.verdict, "why": " ".join(found.reasons)},
        }
        if self.shares is not None:
            record["shares"] = self.shares
        return Results(
            obs=gathered.columns(),
            obsm=gathered.matrices(),
            obsm_columns={columns.probabilities: leaves},
            record_name=columns.record,
            record=record,
        )
