"""The manifest of a bundle: its kinds, and its bytes in either format."""

from cellfill.bundle.manifest.graph import IMPUTED, MEANINGS, READS, Cut, Graph, GraphInput, GraphOutput, Meaning
from cellfill.bundle.manifest.kinds import (
    FORMAT,
    Architecture,
    Evaluation,
    FileRecord,
    Manifest,
    Scale,
    Score,
    Study,
    is_model_name,
)
from cellfill.bundle.manifest.sections import (
    Annotation,
    Embedding,
    Imputation,
    SubNetwork,
    Unknown,
    UnknownScore,
)
from cellfill.bundle.manifest.text import format_manifest, parse_manifest
from cellfill.options.shared import TASKS, Task

__all__ = [
    "FORMAT",
    "IMPUTED",
    "MEANINGS",
    "READS",
    "TASKS",
    "Annotation",
    "Architecture",
    "Cut",
    "Embedding",
    "Evaluation",
    "FileRecord",
    "Graph",
    "GraphInput",
    "GraphOutput",
    "Imputation",
    "Manifest",
    "Meaning",
    "Scale",
    "Score",
    "Study",
    "SubNetwork",
    "Task",
    "Unknown",
    "UnknownScore",
    "format_manifest",
    "is_model_name",
    "parse_manifest",
]
