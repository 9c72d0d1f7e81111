"""Whether a model card says what its manifest says: what the Hub's page shows, and what search finds it by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cellfill.errors import BundleError
from cellfill.model_card import NOT_STATED, PARTS, parts_of, tags_of

if TYPE_CHECKING:
    from cellfill.bundle import Bundle, Evaluation, Manifest

_AGAIN = "Write the card again: cellfill-train card FOLDER --words FILE."


def check_card(bundle: Bundle) -> None:
    """Compare the YAML head of a card with the manifest, figure by figure, and look whether every part is there.

    Raises
    ------
    BundleError
        When the card has no head, lacks something, leaves something unsaid, or states a figure that is not the
        manifest's.
    """
    head = _head(bundle.card)
    faults = [
        *_of_head(head, bundle.manifest),
        *_of_figures(head, bundle.manifest),
        *_of_studies(bundle),
        *_of_parts(bundle.card),
    ]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise BundleError(f"README.md is not the card of this model: {faults[0]}{more}. {_AGAIN}")


def _head(card: str) -> Any:
    """Return what huggingface_hub reads of a card's head."""
    from huggingface_hub import ModelCard

    if not card.startswith("---\n"):
        raise BundleError(f"README.md lacks the YAML head that the Hub reads. {_AGAIN}")
    try:
        return ModelCard(card).data
    except Exception as error:  # yaml's and huggingface_hub's errors
        reason = " ".join(str(error).split())[:200]
        raise BundleError(f"README.md has a YAML head that the Hub cannot read ({reason}). {_AGAIN}") from error


def _of_head(head: Any, manifest: Manifest) -> Iterator[str]:
    for name, wanted in (
        ("library_name", "cellfill"),
        ("pipeline_tag", "tabular-regression"),
        ("license", manifest.licence),
        ("model_name", manifest.name),
    ):
        if getattr(head, name, None) != wanted:
            yield f"its {name} is {getattr(head, name, None)!r}, not {wanted!r}"
    trained = [study.name for study in manifest.studies if study.role == "training"]
    if [str(name) for name in head.datasets or ()] != trained:
        yield f"its datasets are {head.datasets!r}, not those it was trained on, {', '.join(trained)}"
    if missing := set(tags_of(manifest)) - set(head.tags or ()):
        yield f"it lacks the tags {', '.join(sorted(missing))}"


def _of_figures(head: Any, manifest: Manifest) -> Iterator[str]:
    stated = {_key(r.dataset_name, r.task_name, r.metric_name): r.metric_value for r in head.eval_results or ()}
    known: dict[tuple[str, str, str], set[str]] = {}
    for evaluation in manifest.evaluations:
        for key, value in _figures(evaluation):
            known.setdefault(key, set()).add(f"{value:.4f}")
    for key, value in stated.items():
        if not isinstance(value, int | float) or f"{value:.4f}" not in known.get(key, ()):
            yield f"it states {value!r} as {key[2]} on {key[0]}, which the manifest does not"
    for evaluation in manifest.evaluations:
        ours = [key for key, _ in _figures(evaluation) if "(cellfill" in key[2]]
        if not ours or any(key not in stated for key in ours):
            yield f"it lacks figures of the evaluation on {evaluation.data} ({evaluation.estimate})"


def _figures(evaluation: Evaluation) -> Iterator[tuple[tuple[str, str, str], float]]:
    task = f"imputation of single-cell counts, estimate {evaluation.estimate}"
    for score in evaluation.scores:
        for name, value in score.values.items():
            yield _key(evaluation.data, task, f"{name} ({score.method})"), value


def _key(data: object, task: object, metric: object) -> tuple[str, str, str]:
    return str(data), str(task), str(metric)


def _of_studies(bundle: Bundle) -> Iterator[str]:
    for study in bundle.manifest.studies:
        if study.name not in bundle.card:
            yield f"it does not name the study {study.name}"


def _of_parts(card: str) -> Iterator[str]:
    parts = parts_of(card)
    for name in PARTS:
        if not parts.get(name):
            yield f"it lacks the part {name!r}"
        elif NOT_STATED in parts[name]:
            yield f"its part {name!r} leaves something unsaid ({NOT_STATED}), which a person must say"
