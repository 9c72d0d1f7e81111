"""One table a task: every method by the number of cells, what it took, and every dataset by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from common import table

from .methods import DATASETS, METHODS, PRE_TRAINED, SIZES

if TYPE_CHECKING:
    from .methods import Task, Way
    from .plan import Case

    Outcomes = Mapping[Case, Mapping[str, Any]]

TITLES: Mapping[Task, str] = {
    "impute": "imputing",
    "annotate": "naming",
    "embed": "placing",
    "correct": "correcting",
}
# By task: the figures of its tables, by name, and what each is called; the first decides.
FIGURES: Mapping[Task, Mapping[str, str]] = {
    "impute": {
        "explained": "hidden molecules told, share of the deviance",
        "gene_correlation": "correlation with the truth by gene",
        "gene_gene_error": "gene-gene error",
    },
    "annotate": {"macro_f1": "macro F1", "accuracy": "accuracy"},
    "embed": {
        "knn": "types by 15 neighbours",
        "matched_ari": "ARI of as many clusters as types",
        "explained": "hidden molecules told by neighbours",
    },
    "correct": {
        "ilisi": "batches mix, iLISI",
        "transfer": "labels of the other batch",
        "clisi": "types apart, cLISI",
    },
}
VARIANTS = {
    "": "",
    "calibrated": ", calibrated",
    "posterior": ", calibrated, posterior",
    "kept": ", calibrated, posterior that keeps correlations",
}


def report(task: Task, found: Outcomes) -> str:
    """Return the tables of a task: a mean over datasets, what it took, every dataset, and what failed."""
    parts = []
    for figure, called in FIGURES[task].items():
        parts.append(f"## {called[0].upper()}{called[1:]}\n\n{_by_size(task, found, figure)}")
    parts.append(f"## What it takes\n\n{_took(task, found)}")
    for figure, called in FIGURES[task].items():
        parts.append(
            f"## {called[0].upper()}{called[1:]}, dataset by dataset\n\n{_by_dataset(task, found, figure)}"
        )
    failed = sorted(
        f"- {METHODS[task][c.name].title}, {c.way}, {c.dataset}, {c.size or 'all'} cells, {c.seed}: {o['failed']}"
        for c, o in found.items()
        if "failed" in o
    )
    return "\n\n".join([*parts, *(["No result:\n\n" + "\n".join(failed)] if failed else [])])


def sizes_of(found: Outcomes) -> list[int | None]:
    """Return the numbers of cells that there is a run of."""
    return [size for size in SIZES if any(case.size == size for case in found)]


def rows(task: Task) -> list[tuple[str, Way, str, str]]:
    """Return each row's method, way, variant and title."""
    return [
        (name, way, variant, f"{method.title}{said}{', pre-trained' if way == PRE_TRAINED else ''}")
        for name, method in METHODS[task].items()
        for way in method.ways
        for variant, said in VARIANTS.items()
    ]


def values(
    found: Outcomes, *, name: str, way: Way, variant: str, figure: str
) -> dict[tuple[str, int | None, int], float]:
    """Return a figure of one row, by dataset, size and seed."""
    return {
        (case.dataset, case.size, case.seed): outcome["figures"][variant][figure]
        for case, outcome in found.items()
        if case.name == name and case.way == way and figure in outcome.get("figures", {}).get(variant, {})
    }


def _by_size(task: Task, found: Outcomes, figure: str) -> str:
    """Return means over the datasets that the row was judged on in all sizes, and how far the seeds lie apart.

    Pre-trained rows are of blood alone: rows of the same cells stand beside them.
    """
    blood = {d for d in DATASETS[task] if any(c.way == PRE_TRAINED and c.dataset == d for c in found)}
    body, sizes = [], sizes_of(found)
    for name, way, variant, title in rows(task):
        own = values(found, name=name, way=way, variant=variant, figure=figure)
        cells = [
            _spread({key: v for key, v in own.items() if key[1] == size and (key[0] in blood or not only)})
            for only in (False, True)
            for size in sizes
        ]
        if way == PRE_TRAINED:
            cells[: len(sizes)] = [""] * len(sizes)
        if set(cells) - {"", "-"}:
            body.append([title, METHODS[task][name].kind, *cells])
    named = _named(sizes)
    every, few = len({c.dataset for c in found}), len(blood)
    head = [f"mean of {every}: {size} cells" for size in named] + [f"blood ({few}): {size}" for size in named]
    return table(["method", "", *head], body)


def _named(sizes: Sequence[int | None]) -> list[str]:
    return ["all" if size is None else f"{size:,}" for size in sizes]


def _spread(own: Mapping[tuple[str, int | None, int], float]) -> str:
    """Return the mean over datasets, and half the range of that mean over seeds."""
    by_seed: dict[int, list[float]] = defaultdict(list)
    for (_, _, seed), value in own.items():
        by_seed[seed].append(value)
    most = max((len(v) for v in by_seed.values()), default=0)
    means = [float(np.mean(v)) for v in by_seed.values() if len(v) == most]
    if not means:
        return "-"
    half = (max(means) - min(means)) / 2
    return f"{np.mean(means):.3f}" + (f" ± {half:.3f}" if len(means) > 1 else "")


def _by_dataset(task: Task, found: Outcomes, figure: str) -> str:
    """Return the sizes of each dataset, means over seeds."""
    names = [d for d in DATASETS[task] if any(case.dataset == d for case in found)]
    body, sizes = [], sizes_of(found)
    for name, way, variant, title in rows(task):
        own = values(found, name=name, way=way, variant=variant, figure=figure)
        cells = [
            " / ".join(
                f"{np.mean(these):.3f}"
                if (these := [v for (d, s, _), v in own.items() if (d, s) == (one, size)])
                else "-"
                for size in sizes
            )
            for one in names
        ]
        if any(cell.strip("-/ ") for cell in cells):
            body.append([title, *cells])
    return table([f"{' / '.join(_named(sizes))} cells", *names], body)


def _took(task: Task, found: Outcomes) -> str:
    """Return medians over datasets and seeds: CPU seconds by size, memory and the model's size."""
    body, sizes = [], sizes_of(found)
    for name, method in METHODS[task].items():
        for way in method.ways:
            own = [(c, o) for c, o in found.items() if (c.name, c.way) == (name, way) and "cpu" in o]
            if not own:
                continue
            times = [_median([o["cpu"] for c, o in own if c.size == size], 1) for size in sizes]
            body.append(
                [
                    f"{method.title}{', pre-trained' if way == PRE_TRAINED else ''}",
                    *times,
                    _median([o["memory"] for _, o in own], 0),
                    _median([o["bytes"] / 1e6 for _, o in own if "bytes" in o], 2),
                ]
            )
    head = ["median over datasets, CPU seconds", *_named(sizes), "peak memory, MB", "graph, MB"]
    return table(head, body)


def _median(numbers: list[float], digits: int) -> str:
    return f"{np.median(numbers):.{digits}f}" if numbers else "-"
