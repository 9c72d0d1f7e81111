"""What was judged of types, written into a bundle."""

from __future__ import annotations

from dataclasses import replace

from cellfill.bundle import Bundle, Classes
from cellfill_training.cards.facts import NOT_JUDGED
from cellfill_training.judging.annotation.judge import LEAST_CELLS, Judged


def with_figures(bundle: Bundle, judged: Judged) -> Bundle:
    """Return a bundle with what was judged: in the manifest, and type by type."""
    manifest, classes = bundle.manifest, bundle.classes
    assert classes is not None
    why = {} if judged.evaluations else {NOT_JUDGED: f"no study has {LEAST_CELLS} known cells"}
    rows = [
        replace(row, judged=float(true), precision=p, recall=r, f1=f, baseline_f1=b)
        for row, true, p, r, f, b in zip(
            classes.rows,
            judged.ours.true.tolist(),
            judged.ours.precision.tolist(),
            judged.ours.recall.tolist(),
            judged.ours.f1.tolist(),
            judged.logistic.f1.tolist(),
            strict=True,
        )
    ]
    return replace(
        bundle,
        classes=Classes(rows),
        manifest=replace(manifest, evaluations=judged.evaluations, provenance=dict(manifest.provenance) | why),
    )
