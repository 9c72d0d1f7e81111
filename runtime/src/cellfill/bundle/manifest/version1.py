"""Format 1: a model that imputes, by one output. It is read as what it says in format 2, and written as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cellfill.bundle.manifest import graph as graphs
from cellfill.bundle.manifest import kinds
from cellfill.bundle.manifest.kinds import Architecture, FileRecord, Scale, Score, Study
from cellfill.bundle.manifest.sections import Imputation, SubNetwork
from cellfill.errors import BundleError
from cellfill.estimates import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """As `cellfill.bundle.Graph`, with the one output."""

    inputs: tuple[graphs.GraphInput, ...]
    output: str
    output_meaning: Literal["expected", "expressed"]
    opset: int
    cut: graphs.Cut | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """As `cellfill.bundle.Evaluation`, of imputing."""

    data: str
    protocol: str
    estimate: Estimate
    cells: int
    entries: int
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestV1:
    """The content of a ``manifest.json`` of format 1, key by key."""

    format: Literal["cellfill-bundle"]
    format_version: Literal[1]
    name: str
    task: Literal["imputation"]
    species: str
    tissue: str
    licence: str
    architecture: Architecture
    estimates: tuple[Estimate, ...]
    min_coverage: float
    scale: Scale
    graph: Graph
    subnetworks: tuple[SubNetwork, ...]
    studies: tuple[Study, ...]
    evaluations: tuple[Evaluation, ...]
    provenance: Mapping[str, str]
    files: Mapping[str, FileRecord]


def lift(old: ManifestV1) -> kinds.Manifest:
    """Return what a manifest of format 1 says, in the one form that the rest knows.

    Raises
    ------
    BundleError
        When it makes no sense.
    """
    form = old.graph
    return kinds.Manifest(
        format=old.format,
        format_version=1,
        name=old.name,
        species=old.species,
        tissue=old.tissue,
        licence=old.licence,
        architecture=old.architecture,
        min_coverage=old.min_coverage,
        scale=old.scale,
        graph=graphs.Graph(
            inputs=form.inputs,
            outputs=(graphs.GraphOutput(name=form.output, meaning=form.output_meaning),),
            opset=form.opset,
            cut=form.cut,
        ),
        imputation=Imputation(estimates=old.estimates, subnetworks=old.subnetworks),
        annotation=None,
        embedding=None,
        studies=old.studies,
        evaluations=tuple(_lifted(evaluation) for evaluation in old.evaluations),
        provenance=old.provenance,
        files=old.files,
    )


def lower(manifest: kinds.Manifest) -> ManifestV1:
    """Return a manifest of format 1 as it is written.

    Raises
    ------
    BundleError
        When it says what format 1 cannot.
    """
    (output,) = manifest.graph.outputs
    return ManifestV1(
        format=manifest.format,
        format_version=1,
        name=manifest.name,
        task="imputation",
        species=manifest.species,
        tissue=manifest.tissue,
        licence=manifest.licence,
        architecture=manifest.architecture,
        estimates=manifest.estimates,
        min_coverage=manifest.min_coverage,
        scale=manifest.scale,
        graph=Graph(
            inputs=manifest.graph.inputs,
            output=output.name,
            output_meaning=manifest.graph.output_meaning,
            opset=manifest.graph.opset,
            cut=manifest.graph.cut,
        ),
        subnetworks=manifest.subnetworks,
        studies=manifest.studies,
        evaluations=tuple(_lowered(evaluation) for evaluation in manifest.evaluations),
        provenance=manifest.provenance,
        files=manifest.files,
    )


def _lifted(evaluation: Evaluation) -> kinds.Evaluation:
    return kinds.Evaluation(
        data=evaluation.data,
        protocol=evaluation.protocol,
        estimate=evaluation.estimate,
        cells=evaluation.cells,
        entries=evaluation.entries,
        scores=evaluation.scores,
    )


def _lowered(evaluation: kinds.Evaluation) -> Evaluation:
    if evaluation.estimate is None:
        raise BundleError("manifest.json: format 1 has no figures of other tasks than imputing: write format 2.")
    return Evaluation(
        data=evaluation.data,
        protocol=evaluation.protocol,
        estimate=evaluation.estimate,
        cells=evaluation.cells,
        entries=evaluation.entries,
        scores=evaluation.scores,
    )
