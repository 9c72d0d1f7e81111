"""One table a task: every method by the number of cells, what it took, and every dataset by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from common import table

from .kept import days
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
    parts = [f"{len(found):,} runs, made {days(found.values())}; a dash is a run that was not made."]
    for figure, called in FIGURES[task].items():
        parts.append(f"## {called[0].upper()}{called[1:]}\n\n{_by_size(task, found, figure)}")
    parts.append(_folded("What it takes", _took(task, found)))
    for figure, called in FIGURES[task].items():
        parts.append(
            _folded(f"{called[0].upper()}{called[1:]}, dataset by dataset", _by_dataset(task, found, figure))
        )
    failed = sorted(
        f"- {METHODS[task][c.name].title}, {c.way}, {c.dataset}, {c.size or 'all'} cells, {c.seed}: {o['failed']}"
        for c, o in found.items()
        if "failed" in o
    )
    return "\n\n".join([*parts, *(["No result:\n\n" + "\n".join(failed)] if failed else [])])


def _folded(title: str, body: str) -> str:
    """Return what a page shows on a click: few want every dataset of every method."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def sizes_of(found: Outcomes) -> list[int | None]:
    """Return the numbers of cells that there is a run of."""
    return [size for size in SIZES if any(case.size == size for case in found)]


def with_figure(task: Task, found: Outcomes, figure: str) -> list[str]:
    """Return the datasets that a figure is of."""
    known = {c: o.get("figures", {}).values() for c, o in found.items() if c.task == task}
    own = {case.dataset for case, variants in known.items() if any(figure in of for of in variants)}
    return [name for name in DATASETS[task] if name in own]


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
    """Return means over datasets, of a row that has them all, and how far the seeds lie apart.

    Pre-trained rows are of blood alone: rows of the same cells stand beside them.
    """
    every, sizes = with_figure(task, found, figure), sizes_of(found)
    of_blood = {c.dataset for c in found if c.way == PRE_TRAINED}
    blood = [name for name in every if name in of_blood]
    groups = [every, blood] if blood else [every]
    body = []
    for name, way, variant, title in rows(task):
        own = values(found, name=name, way=way, variant=variant, figure=figure)
        cells = [_spread(own, size=size, over=over) for over in groups for size in sizes]
        if set(cells) - {"-"}:
            body.append([title, METHODS[task][name].kind, *cells])
    heads = ["mean of {}: {} cells", "blood ({}): {}"]
    head = [
        said.format(len(over), size) for said, over in zip(heads, groups, strict=False) for size in _named(sizes)
    ]
    return table(["method", "", *head], body)


def _named(sizes: Sequence[int | None]) -> list[str]:
    return ["all" if size is None else f"{size:,}" for size in sizes]


def mean_of(
    own: Mapping[tuple[str, int | None, int], float], *, size: int | None, over: Sequence[str]
) -> tuple[float | None, float | None]:
    """Return the mean over datasets, and half the range of that mean over the draws that have them all."""
    seeds = sorted({seed for _, _, seed in own})
    means = [
        float(np.mean([own[name, size, seed] for name in over]))
        for seed in seeds
        if all((name, size, seed) in own for name in over)
    ]
    if not means:
        return None, None
    return float(np.mean(means)), (max(means) - min(means)) / 2 if len(means) > 1 else None


def _spread(own: Mapping[tuple[str, int | None, int], float], *, size: int | None, over: Sequence[str]) -> str:
    mean, half = mean_of(own, size=size, over=over)
    if mean is None:
        return "-"
    return f"{mean:.3f}" + ("" if half is None else f" ± {half:.3f}")


def _by_dataset(task: Task, found: Outcomes, figure: str) -> str:
    """Return the sizes of each dataset, means over seeds."""
    names = with_figure(task, found, figure)
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
    """Return medians over datasets and seeds: CPU seconds by size, memory and the model's size.

    Of what is pre-trained the least seconds: the first of its runs trains it.
    """
    body, sizes = [], sizes_of(found)
    for name, method in METHODS[task].items():
        for way in method.ways:
            own = [(c, o) for c, o in found.items() if (c.name, c.way) == (name, way) and "cpu" in o]
            if not own:
                continue
            middle = np.min if way == PRE_TRAINED else np.median
            times = [_middle([o["cpu"] for c, o in own if c.size == size], 1, middle) for size in sizes]
            body.append(
                [
                    f"{method.title}{', pre-trained' if way == PRE_TRAINED else ''}",
                    *times,
                    _middle([o["memory"] for _, o in own], 0),
                    _middle([o["bytes"] / 1e6 for _, o in own if "bytes" in o], 2),
                ]
            )
    head = ["median over datasets, CPU seconds", *_named(sizes), "peak memory, MB", "graph, MB"]
    return table(head, body)


def _middle(numbers: list[float], digits: int, middle: Callable[[list[float]], float] = np.median) -> str:
    return f"{middle(numbers):.{digits}f}" if numbers else "-"
