"""The manifest: what a bundle's files are and what its graph's numbers mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cellfill.bundle.strict import decode, encode
from cellfill.errors import BundleError, BundleVersionError
from cellfill.estimates import Estimate

FORMAT: Literal["cellfill-bundle"] = "cellfill-bundle"
FORMAT_VERSION: Literal[1] = 1

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphInput:
    """One input of the ONNX graph.

    Attributes
    ----------
    name
        Name of the input in the graph.
    meaning
        ``counts``: float32, cells x input genes, raw counts, columns in the order of ``genes.tsv``.
        ``size_factors``: float32, cells x 1, the cell's depth relative to the training cells.
    """

    name: str
    meaning: Literal["counts", "size_factors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How the graph is cut down to some of its sub-networks: which of its constants (initialisers) hold what.

    Only a graph whose output columns are sorted by sub-network can be cut.

    Attributes
    ----------
    stacked
        Constants that hold one slice a sub-network on axis 0.
    places
        The stacked constant of whole numbers that says which input columns each sub-network reads.
    by_input
        Constants that hold one value an input column on their last axis.
    width
        The constant that holds the number of target genes; empty where there is none.
    """

    stacked: tuple[str, ...]
    places: str
    by_input: tuple[str, ...]
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What goes into ``model.onnx`` and what comes out.

    Attributes
    ----------
    inputs
        The graph's inputs.
    output
        Name of its one output: float32, cells x target genes, counts, columns in the order of ``genes.tsv``.
    output_meaning
        ``expected``: mu = E[count | other genes]. ``expressed``: E[count | other genes, count > 0].
    opset
        Version of the standard ONNX operator set.
    cut
        How it is cut down to some of its sub-networks; None for a graph that only runs whole.
    """

    inputs: tuple[GraphInput, ...]
    output: str
    output_meaning: Literal["expected", "expressed"]
    opset: int
    cut: Cut | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Which kind of model this is; informative, the runtime does not depend on it."""

    name: str
    preset: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubNetwork:
    """One sub-network: its size, and how its training ended."""

    targets: int
    predictors: int
    best_epoch: int
    held_out_loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The scale of input and output.

    Attributes
    ----------
    counts
        What the counts must be.
    size_factors
        ``shared-gene-means``: a cell's counts summed over the model genes that its dataset measured, divided
        by the sum of the ``mean`` of those genes in ``genes.tsv``.
    library_sizes
        The 1st, 50th and 99th percentile of the training cells' counts over the model genes.
    """

    counts: Literal["raw"]
    size_factors: Literal["shared-gene-means"]
    library_sizes: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One study that the model was trained on, or judged on."""

    name: str
    role: Literal["training", "held-out"]
    cells: int
    genes: int
    source: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Figures of one method: ``mse`` and ``pearson`` on log1p counts, or ``poisson_loss`` in nats an entry."""

    method: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One evaluation: where, on what, of which estimate, each method beside its trivial baselines."""

    data: str
    protocol: str
    estimate: Estimate
    cells: int
    entries: int
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """Size in bytes and SHA-256 of one file of the bundle."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The content of ``manifest.json``.

    ``min_coverage`` is the least summed ``worth`` of the input genes that a dataset must have measured.
    """

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

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if not is_model_name(self.name):
            raise BundleError(f"manifest.json: {self.name!r} is not a model name (letters, digits, . _ -).")
        if not 0 <= self.min_coverage <= 1:
            raise BundleError(f"manifest.json: min_coverage is {self.min_coverage}; it is a share, from 0 to 1.")
        meanings = [i.meaning for i in self.graph.inputs]
        if meanings.count("counts") != 1 or len(set(meanings)) != len(meanings):
            raise BundleError(f"manifest.json: the graph must take counts once; it takes {meanings}.")
        names = [i.name for i in self.graph.inputs]
        if len(set(names)) != len(names):
            raise BundleError(f"manifest.json: two inputs of the graph have one name: {names}.")
        if not self.estimates or len(set(self.estimates)) != len(self.estimates):
            raise BundleError(f"manifest.json: estimates must be distinct and at least one: {self.estimates}.")
        if self.graph.output_meaning == "expressed" and self.estimates != ("expressed",):
            raise BundleError("manifest.json: a graph that gives 'expressed' has no other estimate.")
        for name, record in self.files.items():
            if record.size < 0 or not _SHA256.fullmatch(record.sha256):
                raise BundleError(f"manifest.json: the size or SHA-256 of {name!r} is malformed.")


def is_model_name(name: str) -> bool:
    """Return whether a name can be a model's: letters, digits and . _ - only."""
    return _NAME.fullmatch(name) is not None


def parse_manifest(text: bytes) -> Manifest:
    """Parse and check the bytes of a ``manifest.json``.

    Raises
    ------
    BundleVersionError
        When the bundle was written in another version of the format.
    BundleError
        When the manifest is malformed.
    """
    version = _version_of(text)
    if version is not None and version != FORMAT_VERSION:
        hint = "upgrade cellfill" if version > FORMAT_VERSION else "export the model again"
        raise BundleVersionError(
            f"The bundle has format version {version}; this cellfill reads version {FORMAT_VERSION}: {hint}."
        )
    return decode(Manifest, text, file="manifest.json")


def format_manifest(manifest: Manifest) -> bytes:
    """Return the bytes of ``manifest.json``; the same manifest always gives the same bytes."""
    return encode(manifest)


def _version_of(text: bytes) -> int | None:
    """Return the format version of anything that looks like a manifest, else None."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    version = raw.get("format_version") if isinstance(raw, dict) and raw.get("format") == FORMAT else None
    known = isinstance(version, int) and not isinstance(version, bool) and abs(version) < 1_000_000
    return version if known else None
