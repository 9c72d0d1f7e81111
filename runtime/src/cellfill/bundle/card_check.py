"""Whether a model card says what its manifest says: what the Hub's page shows, and what search finds it by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cellfill.bundle.card import (
    CARD_WORDS,
    FIGURES,
    NOT_STATED,
    PIPELINES,
    QUALITY,
    STUDY_WORDS,
    judged_on,
    parts_needed,
    parts_of,
    tags_of,
    unsaid,
)

if TYPE_CHECKING:
    from cellfill.bundle import Bundle, Evaluation, Manifest

# Something unsaid of which the card doesn't tell the key: an older template wrote it, or a person.
_PLAIN = re.compile(re.escape(NOT_STATED) + r"(?! \(\w+)")


def card_faults(bundle: Bundle) -> list[str]:
    """Compare the YAML head of a card with the manifest, figure by figure, and look whether every part is there.

    Returns
    -------
    What is wrong: the card has no head, lacks a part, or states what the manifest does not. What a person has left
    unsaid is told by `unsaid_words`.
    """
    head, unreadable = _head(bundle.card)
    return [
        *([unreadable] if unreadable else [*_of_head(head, bundle.manifest), *_of_figures(head, bundle.manifest)]),
        *_of_studies(bundle),
        *_of_parts(bundle),
    ]


def unsaid_words(bundle: Bundle) -> list[str]:
    """Return what a person must still say of a model, in the words of a file for ``cellfill-train card --words``.

    Studies that lack the same are told together.
    """
    manifest, card = bundle.manifest, bundle.card
    lacking = [key for key in CARD_WORDS if unsaid(key) in card]
    words = [f"[card] {', '.join(lacking)}"] if lacking else []
    if not manifest.licence:
        words.insert(0, "[about] licence: of the model, under which it may be used")
    alike: dict[str, list[str]] = {}
    for study in manifest.studies:
        empty = {"source": not study.source, "licence": not study.licence}
        keys = [key for key in STUDY_WORDS if empty.get(key) or unsaid(key, study.name) in card]
        if keys:
            alike.setdefault(", ".join(keys), []).append(study.name)
    return words + [f"[[study]] {', '.join(names)}: {keys}" for keys, names in alike.items()]


def _head(card: str) -> tuple[Any, str]:
    """Return what huggingface_hub reads of a card's head, or what is wrong with it."""
    from huggingface_hub import ModelCard

    if not card.startswith("---\n"):
        return None, "it lacks the YAML head that the Hub reads"
    try:
        return ModelCard(card).data, ""
    except Exception as error:  # yaml's and huggingface_hub's errors
        return None, f"it has a YAML head that the Hub cannot read ({' '.join(str(error).split())[:200]})"


def _of_head(head: Any, manifest: Manifest) -> Iterator[str]:
    for name, wanted in (
        ("library_name", "cellfill"),
        ("pipeline_tag", PIPELINES[manifest.tasks[0]]),
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
            what = evaluation.estimate or evaluation.task
            yield f"it lacks figures of the evaluation on {evaluation.data} ({what})"


def _figures(evaluation: Evaluation) -> Iterator[tuple[tuple[str, str, str], float]]:
    task = judged_on(evaluation)
    for score in evaluation.scores:
        for name, value in score.values.items():
            yield _key(evaluation.data, task, f"{name} ({score.method})"), value


def _key(data: object, task: object, metric: object) -> tuple[str, str, str]:
    return str(data), str(task), str(metric)


def _of_studies(bundle: Bundle) -> Iterator[str]:
    for study in bundle.manifest.studies:
        if study.name not in bundle.card:
            yield f"it does not name the study {study.name}"


def _of_parts(bundle: Bundle) -> Iterator[str]:
    parts = parts_of(bundle.card)
    judged = bool(bundle.manifest.evaluations)
    for name in parts_needed(bundle.manifest):
        text = parts.get(name)
        if not text:
            yield f"it lacks the part {name!r}"
        elif _PLAIN.search(text) and (judged or name not in (FIGURES, QUALITY)):
            yield f"its part {name!r} leaves something unsaid ({NOT_STATED}), which a person must say"
