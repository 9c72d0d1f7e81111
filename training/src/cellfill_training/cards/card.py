"""The model card: a page for people, with the YAML head that the Hub understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cellfill.bundle import Bundle, Classes, Evaluation, GeneIndex, Manifest, read_bundle, write_bundle
from cellfill.bundle import card as model_card
from cellfill.genes.align import enough_inputs
from cellfill.genes.mismatch import GOOD_COVERAGE
from cellfill_training.architectures.classifier.unknown import KEPT
from cellfill_training.architectures.subnetworks.lineage import BETWEEN, EARLIER, TUNED_FROM
from cellfill_training.cards import types
from cellfill_training.cards.facts import (
    LEFT_OUT,
    NOT_JUDGED,
    PART_LEFT_OUT,
    STOPPING,
    TEMPERATURE,
    behind_by_itself,
    count_genes,
    inputs_for,
    judgement,
    worse_than_trivial,
)
from cellfill_training.cards.gene_plot import plot_quality
from cellfill_training.cards.seen_before import seen_of
from cellfill_training.cards.words import StudyWords, Words, apply_words, check_words
from cellfill_training.cards.yaml_text import yaml_text

# What a model does to cells, by the first of its tasks.
_DOING = {"impute": ("filled", "imputed"), "annotate": ("named", "named"), "embed": ("placed", "placed")}


def write_card(
    manifest: Manifest, genes: GeneIndex, *, classes: Classes | None = None, words: Words | None = None
) -> str:
    """Write the card of a model.

    Parameters
    ----------
    manifest, genes, classes
        Of the model: all figures are theirs. Classes are None where it names none.
    words
        What a person says of it; what is not said is marked as such, and the card then not fit to be published.

    Raises
    ------
    UsageError
        When the words are of a study that is not the model's.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    said = words or Words()
    check_words(said, {study.name for study in manifest.studies})
    loader = PackageLoader("cellfill_training", "cards")
    environment = Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters["yaml"] = yaml_text
    doing, done = _DOING[manifest.tasks[0]]
    page, own = ("imputation", _of_imputing) if manifest.imputation else ("types", _of_types)
    return environment.get_template(f"{page}.md.jinja").render(
        m=manifest,
        doing=doing,
        done=done,
        part=model_card,
        tags=model_card.tags_of(manifest),
        pipelines=model_card.PIPELINES,
        judged_on=model_card.judged_on,
        unsaid=model_card.unsaid,
        unjudged=manifest.provenance.get(NOT_JUDGED, model_card.NOT_STATED),
        words=said,
        studies=_studies(manifest, said),
        references=_references(manifest, said),
        inputs=len(genes.inputs),
        good=GOOD_COVERAGE,
        least_inputs=enough_inputs(genes, None),
        inputs_for={share: inputs_for(genes, share) for share in (manifest.min_coverage, GOOD_COVERAGE)},
        **own(manifest, genes, classes, said),
    )


def _of_imputing(manifest: Manifest, genes: GeneIndex, _classes: Classes | None, words: Words) -> dict[str, object]:
    """Return what only the page of a model that imputes says."""
    seen = seen_of(manifest, words.studies)
    return {
        "seen": seen,
        "genes": count_genes(genes),
        "plot": plot_quality(genes),
        "judgement": judgement(manifest, seen),
        "behind": behind_by_itself(manifest),
        "behind_in_places": (*types.poor_places(manifest), *types.worse_beside(manifest)),
        "worse": worse_than_trivial(manifest),
        "tuned_from": manifest.provenance.get(TUNED_FROM, ""),
        "earlier": manifest.provenance.get(EARLIER, "").split(BETWEEN),
    }


def _of_types(manifest: Manifest, _genes: GeneIndex, classes: Classes | None, _words: Words) -> dict[str, object]:
    """Return what only the page of a model of cell types, or of an embedding, says."""
    return {
        "judgement": types.judgement(manifest),
        "left_out": any(LEFT_OUT in e.protocol for e in manifest.evaluations),
        "in_parts": any(PART_LEFT_OUT in e.protocol for e in manifest.evaluations),
        "linear": manifest.architecture.options.get("network") == "linear",
        "by_stopping": all(e.protocol.startswith(STOPPING) for e in manifest.evaluations),
        "behind": (*types.poor_places(manifest), *types.worse_beside(manifest)),
        "tables": types.tables(manifest),
        "worse": types.better_beside(manifest),
        "kept": types.kept(manifest),
        "kept_share": f"{100 * KEPT:g} %",
        "classes": classes,
        "taught": TEMPERATURE in manifest.provenance,
        "rows": types.rows(classes),
        "weak": types.weak(classes),
    }


def rewrite_card(words: Words, folder: str | Path) -> Bundle:
    """Write a bundle's card again, from its manifest, its gene index and what a person says.

    The manifest takes up what is said of the model and of its studies' source and licence. Graph and genes stay.

    Raises
    ------
    BundleError
        When the bundle is damaged.
    UsageError
        As `write_card`.
    """
    bundle = read_bundle(folder)
    manifest = apply_words(bundle.manifest, words)
    card = write_card(manifest, bundle.genes, classes=bundle.classes, words=words)
    return write_bundle(replace(bundle, manifest=manifest, card=card), folder, overwrite=True)


def headline(evaluation: Evaluation) -> str:
    """Return one line for the terminal: each method with its figures."""
    parts = [
        f"{score.method} " + " / ".join(f"{value:.4f}" for value in score.values.values())
        for score in evaluation.scores
    ]
    keys = " / ".join(evaluation.scores[0].values)
    what = evaluation.estimate or f"{evaluation.task}, {evaluation.protocol}"
    return f"{evaluation.data}, {what}, {keys}: " + "; ".join(parts)


def _studies(manifest: Manifest, words: Words) -> Mapping[str, Mapping[str, str]]:
    """Return what is said of each study, with marks where nothing is."""
    found = {}
    for study in manifest.studies:
        own = words.studies.get(study.name, StudyWords())
        said = {
            "source": study.source,
            "licence": study.licence,
            "accession": own.accession,
            "platform": own.platform,
            "cell_types": own.cell_types,
            "species": own.species or manifest.species,
            "tissue": own.tissue or manifest.tissue,
        }
        found[study.name] = {key: text or model_card.unsaid(key, study.name) for key, text in said.items()}
    return found


def _references(manifest: Manifest, words: Words) -> Mapping[str, list[str]]:
    """Return how to cite the data: each reference once, and the studies that it is of."""
    found: dict[str, list[str]] = {}
    for study in manifest.studies:
        own = words.studies.get(study.name, StudyWords())
        found.setdefault(own.reference or model_card.unsaid("reference", study.name), []).append(study.name)
    return found
