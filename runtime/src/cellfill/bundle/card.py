"""What a model card holds: its parts, and the tags that search finds it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellfill.bundle.manifest import Evaluation, Manifest, Task

TAG = "cellfill"
# Tags that every model has, and those of its tasks; what the Hub calls a model, by the first of its tasks.
COMMON_TAGS = (TAG, "single-cell", "scRNA-seq")
FORM_TAG = "onnx"
TASK_TAGS: Mapping[Task, str] = {"impute": "imputation", "annotate": "cell-types", "embed": "embedding"}
PIPELINES: Mapping[Task, str] = {
    "impute": "tabular-regression",
    "annotate": "tabular-classification",
    "embed": "feature-extraction",
}

PURPOSE = "What it is for"
DATA = "Training data"
FIGURES = "Figures"
QUALITY = "Quality gene by gene"
TYPES = "Quality type by type"
UNKNOWN = "Cells that it does not name"
COVERAGE = "Coverage needed"
HARMS = "Known harms"
CITATION = "How to cite"
MAKING = "How it was made"
PARTS = (PURPOSE, DATA, FIGURES, QUALITY, TYPES, UNKNOWN, COVERAGE, HARMS, CITATION, MAKING)

# What stands where a person has said nothing; such a card is not published.
NOT_STATED = "*not stated*"
# Keys of a file of words, which only a person can fill in: of the table [card], and of every [[study]].
CARD_WORDS = ("purpose", "harms")
STUDY_WORDS = ("source", "licence", "tissue", "accession", "platform", "cell_types", "reference")

_HEADING, _FENCE = "## ", "```"


def unsaid(key: str, study: str = "") -> str:
    """Return what a card has where a key of a file of words, maybe of one study, was not filled in."""
    return f"{NOT_STATED} ({key}{' of ' + study.replace('|', '/') if study else ''})"


def bold_lines(card: str) -> list[str]:
    """Return the lines in bold above a card's first heading of the second level: what to know before all else."""
    above = f"\n{card}".partition(f"\n{_HEADING}")[0]
    lines = (line.strip() for line in above.splitlines())
    return [line[2:-2] for line in lines if line.startswith("**") and line.endswith("**") and len(line) > 4]


def parts_of(card: str) -> Mapping[str, str]:
    """Return what a card says under each heading of the second level, in their order."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    fenced = False
    for line in card.splitlines():
        fenced ^= line.startswith(_FENCE)
        if line.startswith(_HEADING) and not fenced:
            lines = found.setdefault(line.removeprefix(_HEADING).strip(), [])
        else:
            lines.append(line)
    return {heading: "\n".join(text).strip() for heading, text in found.items()}


def judged_on(evaluation: Evaluation) -> str:
    """Return what the head of a card calls what was judged."""
    if evaluation.task == "impute":
        return f"imputation of single-cell counts, estimate {evaluation.estimate}"
    return {"annotate": "cell types of single cells", "embed": "embedding of single cells"}[evaluation.task]


def parts_needed(manifest: Manifest) -> tuple[str, ...]:
    """Return the parts that a model's card must have; quality is said gene by gene, or type by type."""
    of_task = {QUALITY: manifest.imputation, TYPES: manifest.annotation, UNKNOWN: manifest.annotation}
    return tuple(part for part in PARTS if part not in of_task or of_task[part] is not None)


def tag_of(text: str) -> str:
    """Return a species or tissue as a card's tag: small letters, hyphens for spaces."""
    return "-".join(text.lower().split())


def tags_of(manifest: Manifest) -> tuple[str, ...]:
    """Return the tags of a model's card: what every model has, its tasks, its species and its tissue."""
    tasks = (TASK_TAGS[task] for task in manifest.tasks)
    return (
        *COMMON_TAGS,
        *tasks,
        FORM_TAG,
        *(tag_of(text) for text in (manifest.species, manifest.tissue) if text),
    )
