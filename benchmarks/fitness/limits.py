"""Where do the limits of a verdict belong? Models on cells of studies and of tissues that they have not seen.

Usage: python benchmarks/fitness/limits.py --data FOLDER [--scratch FOLDER]

FOLDER/h5ad holds the datasets of the recipes, and FOLDER/genes their gene tables. Beside the models of model_cards/
a model is trained on one study alone (of two tumours, each patient) into the scratch folder, once; of a study that
has no second of its tissue a part trains, and the rest is judged. Every model meets all data of its species that
trained nothing of it: 300 cells, drawn at random, by the quick check that imputing makes. What was measured is kept
in the scratch folder, too.

tissue: another study of the model's tissue, or another patient. part: other cells of the study that trained it.
related: another tissue that holds some of its kinds of cells, such as a tumour of lung and blood, or cortex and
oligodendrocytes. other: another tissue. Data and models of one publication are not paired, but for *part*.

The limits are tried on what they were not set on: for every pair they are set again without all pairs of its data's
study and of its model. They are those with the fewest wrong *fits*, and of these with the most right ones.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from cellfill.fitness.verdict import GOOD_KNOWLEDGE, GOOD_LIKENESS, GOOD_SHARE
from common import keep, need, table
from fitness.limits_measured import measured
from fitness.pairs import arguments_of

RELATIONS = ("tissue", "part", "related", "other")


def limits(rows: Sequence[dict]) -> tuple[float, float]:
    """Return the limits of knowledge and likeness with the fewest wrong fits, of these the most right ones.

    Of limits that do as well, the highest: a wrong fit is worse than a limit that was none.
    """
    found = {}
    for knowledge in np.arange(0.50, 0.901, 0.02).round(2).tolist():
        for likeness in np.arange(0.60, 0.961, 0.01).round(2).tolist():
            fitting = [row["relation"] for row in rows if fits(row, knowledge, likeness)]
            right = fitting.count("tissue")
            found[knowledge, likeness] = (right + fitting.count("part") - len(fitting), right)
    best = max(found.values())
    knowledge, likeness = max((place for place, score in found.items() if score == best), key=sum)
    return knowledge, likeness


def fits(row: dict, knowledge: float, likeness: float) -> bool:
    """Return whether a verdict would be *fits*."""
    if "refused" in row or row["level"] <= 0 or row["known"] < GOOD_SHARE:
        return False
    return row["knowledge"] >= knowledge and row["likeness"] >= likeness


def apart(one: dict, other: dict) -> bool:
    """Return whether two pairs have neither data nor training studies in common."""
    return not {one["study"], *one["trained on"]} & {other["study"], *other["trained on"]}


def counts(rows: Sequence[dict], verdicts: Sequence[bool]) -> list[str]:
    """Return how many pairs of every relation fit."""
    said = []
    for how in RELATIONS:
        of = [fit for row, fit in zip(rows, verdicts, strict=True) if row["relation"] == how]
        said.append(f"{sum(of)} of {len(of)}")
    return said


def main() -> None:
    """Measure, set limits, and keep the tables."""
    arguments = arguments_of(__doc__)
    need("tensorflow")
    every = measured(arguments)
    rows = [row for row in every if "refused" not in row]
    rows.sort(key=lambda row: (RELATIONS.index(row["relation"]), -row["knowledge"]))
    found = [limits([other for other in rows if apart(other, row)]) for row in rows]
    left_out = [fits(row, *own) for row, own in zip(rows, found, strict=True)]
    low, high = np.array(found).min(axis=0), np.array(found).max(axis=0)
    tried = [
        ("knowledge .62 alone, as it was", [fits(row, 0.62, -1.0) for row in rows]),
        (
            f"the limits: knowledge {GOOD_KNOWLEDGE:.0%}, likeness {GOOD_LIKENESS:.2f}",
            [fits(row, GOOD_KNOWLEDGE, GOOD_LIKENESS) for row in rows],
        ),
        (
            f"set without the pair's studies: {low[0]:.0%} to {high[0]:.0%}, {low[1]:.2f} to {high[1]:.2f}",
            left_out,
        ),
    ]
    summary = table(
        ("pairs that *fit* without limits", *RELATIONS),
        [[said, *counts(rows, verdicts)] for said, verdicts in tried],
    )
    body = table(
        ("model", "data", "relation", "knowledge", "genes better by itself", "likeness", "fits", "set without it"),
        [
            [
                *(row["model"], row["data"], row["relation"], f"{row['knowledge']:.0%}", f"{row['known']:.0%}"),
                f"{row['likeness']:.2f}",
                "yes" if fits(row, GOOD_KNOWLEDGE, GOOD_LIKENESS) else "",
                "yes" if right else "",
            ]
            for row, right in zip(rows, left_out, strict=True)
        ],
    )
    refused = f"{len(every) - len(rows)} more pairs are refused by their genes."
    keep(
        Path(__file__).with_name("limits.md"),
        "python benchmarks/fitness/limits.py --data FOLDER",
        f"{summary}\n\n{refused}\n\n{body}",
    )


if __name__ == "__main__":
    main()
