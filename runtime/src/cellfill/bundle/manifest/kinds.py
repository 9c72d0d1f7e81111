"""The manifest: what a bundle's files are and what its graph's numbers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cellfill.bundle.files import CARD, CLASSES, GENES, GOLDEN, GRAPH, PROFILES, REFERENCE
from cellfill.bundle.manifest.graph import Graph
from cellfill.bundle.manifest.sections import Annotation, Embedding, Imputation, SubNetwork
from cellfill.errors import BundleError, TaskError
from cellfill.estimates import Estimate
from cellfill.options.shared import Task

FORMAT: Literal["cellfill-bundle"] = "cellfill-bundle"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DOES = {"impute": "impute", "annotate": "name cell types", "embed": "embed cells"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Which kind of model this is; informative, the runtime does not depend on it."""

    name: str
    preset: str
    options: Mapping[str, str]


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
    """Figures of one method, by their names.

    Imputing: ``mse`` and ``pearson`` on log1p counts, ``poisson_loss`` in nats an entry. Cell types: ``accuracy``,
    ``macro_f1``, ``ece``... Embeddings: ``knn``, ``ari``, ``silhouette``, ``ilisi``...
    """

    method: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One evaluation: where, on what, of which task, each method beside its trivial baselines.

    Attributes
    ----------
    data, protocol
        The study, and what was done with it.
    task
        What was judged.
    estimate
        Of which estimate the figures of imputing are; None for another task.
    cells, entries
        How many; entries are hidden ones, 0 for another task.
    scores
        One a method.
    """

    data: str
    protocol: str
    task: Task = "impute"
    estimate: Estimate | None
    cells: int
    entries: int
    scores: tuple[Score, ...]

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if (self.estimate is None) == (self.task == "impute"):
            raise BundleError("manifest.json: an evaluation of imputing, and no other, is of an estimate.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """Size in bytes and SHA-256 of one file of the bundle."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The content of ``manifest.json``, of either format.

    ``min_coverage`` is the least summed ``worth`` of the input genes that a dataset must have measured. A section
    that is one task's only is None where the model lacks the task.
    """

    format: Literal["cellfill-bundle"]
    format_version: Literal[1, 2]
    name: str
    species: str
    tissue: str
    licence: str
    architecture: Architecture
    min_coverage: float
    scale: Scale
    graph: Graph
    imputation: Imputation | None
    annotation: Annotation | None
    embedding: Embedding | None
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
        _check_sections(self)
        if self.imputation and self.graph.output_meaning == "expressed" and self.estimates != ("expressed",):
            raise BundleError("manifest.json: a graph that gives 'expressed' has no other estimate.")
        if self.format_version == 1 and self.tasks != ("impute",):
            raise BundleError("manifest.json: a bundle of format 1 imputes, and nothing else.")
        for name, record in self.files.items():
            if record.size < 0 or not _SHA256.fullmatch(record.sha256):
                raise BundleError(f"manifest.json: the size or SHA-256 of {name!r} is malformed.")

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the model can do."""
        has: dict[Task, object] = {
            "impute": self.imputation,
            "annotate": self.annotation,
            "embed": self.embedding,
        }
        return tuple(task for task, section in has.items() if section is not None)

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """What the model can impute, the default first; an error where it cannot."""
        return self._imputing().estimates

    @property
    def subnetworks(self) -> tuple[SubNetwork, ...]:
        """Of a model that imputes; an error where it cannot."""
        return self._imputing().subnetworks

    @property
    def parts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The files that the model must have beside its manifest, and those that it may have."""
        unknown = self.annotation.unknown if self.annotation else None
        must = {
            CARD: True,
            GENES: True,
            GRAPH: True,
            CLASSES: self.annotation is not None,
            PROFILES: unknown is not None and "profile" in unknown.kinds,
            GOLDEN: self.format_version > 1,
        }
        return tuple(name for name, needed in must.items() if needed), (REFERENCE,) if self.embedding else ()

    def need(self, task: Task) -> None:
        """Refuse a task that the model lacks.

        Raises
        ------
        TaskError
            With the tasks that it has.
        """
        if task not in self.tasks:
            has = " and ".join(f"{_DOES[other]} (cellfill {other})" for other in self.tasks)
            raise TaskError(
                f"The model {self.name} does not {_DOES[task]}: it can {has}. Use that, or another model; cellfill "
                f"list and cellfill search --task {task} name them."
            )

    def _imputing(self) -> Imputation:
        self.need("impute")
        assert self.imputation is not None
        return self.imputation


def is_model_name(name: str) -> bool:
    """Return whether a name can be a model's: letters, digits and . _ - only."""
    return _NAME.fullmatch(name) is not None


def _check_sections(manifest: Manifest) -> None:
    """Refuse a section without its output, and an output without its section."""
    graph = manifest.graph
    given = {
        "imputation": (manifest.imputation, graph.imputed),
        "annotation": (manifest.annotation, graph.output("class_probabilities")),
        "embedding": (manifest.embedding, graph.output("embedding")),
    }
    for name, (section, output) in given.items():
        if (section is None) != (output is None):
            has, lacks = ("section", "output") if output is None else ("output", "section")
            raise BundleError(f"manifest.json has the {has} of {name} and not its {lacks}.")
    unknown = manifest.annotation.unknown if manifest.annotation else None
    if (unknown is not None and "energy" in unknown.kinds) != (graph.output("class_energy") is not None):
        raise BundleError("manifest.json: the output class_energy and the score energy come together.")
