"""The model card: a page for people, with the YAML head that the Hub understands."""

from __future__ import annotations

from cellfill.bundle import Evaluation, GeneIndex, Manifest
from cellfill_training.lineage import TUNED_FROM

_ABOUT = "Fills the dropouts of single-cell RNA-seq counts."

_LIMITS = """\
- Imputed counts are predictions from other genes of the same cell, learned on the studies above. They are not
  observations: do not count them as replicates, and do not test differential expression on them as if they
  had been measured.
- Cells, states or perturbations that the studies above do not hold are drawn towards those they do.
- `expressed` fills a zero with the count *if the transcript was caught*: at least one, in every cell type. It is
  for comparing with the literature, and blurs marker genes."""


def write_card(manifest: Manifest, genes: GeneIndex, *, about: str | None = None, limits: str | None = None) -> str:
    """Write the card of a model from its manifest and its gene index.

    Parameters
    ----------
    manifest, genes
        Of the model.
    about, limits
        Markdown by a person: what the model is for, and where it should not be used.
    """
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    pairs = [(g.mse, g.baseline_mse) for g in genes if g.is_target and g.mse == g.mse]
    text = files("cellfill_training").joinpath("card.md.jinja").read_text(encoding="utf-8")
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(text)
    return template.render(
        m=manifest,
        targets=len(genes.targets),
        inputs=len(genes.inputs),
        judged=len(pairs),
        better=sum(ours < theirs for ours, theirs in pairs),
        judgement=_judgement(manifest),
        tuned_from=manifest.provenance.get(TUNED_FROM, ""),
        about=about or _ABOUT,
        limits=limits or _LIMITS,
    )


def _judgement(manifest: Manifest) -> str:
    """Return what is first to know of a model's quality: how it does on a study that it never saw."""
    held_out = {study.name for study in manifest.studies if study.role == "held-out"}
    sentences = []
    for evaluation in manifest.evaluations:
        if evaluation.data not in held_out or evaluation.estimate != "expressed":
            continue
        ours = [score.values for score in evaluation.scores if score.method.startswith("cellfill")][-1]
        trivial = [score.values for score in evaluation.scores if not score.method.startswith("cellfill")]
        best = min(trivial, key=lambda values: values["mse"])
        sentences.append(
            f"On {evaluation.data} ({evaluation.cells:,} cells), a study that trained nothing of it, hidden counts "
            f"are found\nagain with an MSE of {ours['mse']:.4f} and a Pearson correlation of {ours['pearson']:.3f} "
            "(calibrated, on log1p\ncounts); by the best trivial baseline, with "
            f"{best['mse']:.4f} and {best['pearson']:.3f}."
        )
    return "\n".join(sentences) or (
        "No study was held out: the figures below are of cells of the training studies. Expect less on others."
    )


def headline(evaluation: Evaluation) -> str:
    """Return one line for the terminal: each method with its figures."""
    parts = [
        f"{score.method} " + " / ".join(f"{value:.4f}" for value in score.values.values())
        for score in evaluation.scores
    ]
    keys = " / ".join(evaluation.scores[0].values)
    return f"{evaluation.data}, {evaluation.estimate}, {keys}: " + "; ".join(parts)
