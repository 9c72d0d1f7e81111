"""Draw when deep learning is better: every method at three tasks, and what correcting batches costs.

Usage: python benchmarks/tasks/picture.py [--out FILE]

Reads the kept runs (benchmarks/tasks/runs) and draws docs/benchmarks-tasks.svg (matplotlib: the extra `evaluate`).
Filling is of calibrated predictions. On the left is the mean over all datasets of what was trained on the cells
themselves; on the right the mean over the two of blood, of that and of what was pre-trained on other studies of
blood. A point is the mean of the draws that have every one of these datasets, as in the tables.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import need
from tasks.kept import recall
from tasks.methods import DATASETS, METHODS, OF_BLOOD, PRE_TRAINED, SELF, SIZES
from tasks.tables import FIGURES, mean_of, values, with_figure

if TYPE_CHECKING:
    from tasks.methods import Task, Way
    from tasks.tables import Outcomes

PANELS: dict[Task, str] = {"impute": "Fill", "annotate": "Name", "embed": "Place"}
COLOURS = {"trivial": "#8a8a8a", "traditional": "#1f6fb4", "deep": "#d1495b"}
# By number of cells: the area of a point.
AREAS = {200: 16.0, 1000: 46.0, None: 100.0}
# What is worse than gene means is an arrow at the edge, however far it is behind.
FLOORS: dict[Task, float] = {"impute": -0.06}


def points(
    task: Task, found: Outcomes, *, way: Way, over: list[str], figure: str
) -> dict[str, dict[int | None, float]]:
    """Return of each method its figure by number of cells; of filling, calibrated where there is a calibration."""
    found = {case: outcome for case, outcome in found.items() if case.task == task}  # others have its methods, too
    by: dict[str, dict[int | None, float]] = {}
    for name in METHODS[task]:
        tried = [
            values(found, name=name, way=way, variant=variant, figure=figure) for variant in ("calibrated", "")
        ]
        own = next(filter(None, tried), {})
        means = {size: mean_of(own, size=size, over=over) for size in SIZES}
        by[name] = {size: value for size, (value, _) in means.items() if value is not None}
    return {name: of for name, of in by.items() if of}


def draw(found: Outcomes, out: Path) -> None:
    """Draw three tasks by method, left of all tissues and right of blood, and correcting as a plane."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "cellfill"
    from matplotlib import pyplot as plt

    rows = [len(METHODS[task]) for task in PANELS]
    figure = plt.figure(figsize=(11, 15))
    grid = figure.add_gridspec(4, 2, height_ratios=[*rows, max(rows)], hspace=0.3, wspace=0.06)
    for row, task in enumerate(PANELS):
        _one_task(figure.add_subplot(grid[row, 0]), figure.add_subplot(grid[row, 1]), task, found)
    _correcting(figure.add_subplot(grid[3, :]), found)
    figure.savefig(out, metadata={"Date": None}, bbox_inches="tight")


def _one_task(left: Any, right: Any, task: Task, found: Outcomes) -> None:
    figure, called = next(iter(FIGURES[task].items()))
    every = with_figure(task, found, figure)
    blood = [name for name in every if name in OF_BLOOD]
    ours = points(task, found, way=SELF, over=every, figure=figure)
    near = points(task, found, way=SELF, over=blood, figure=figure)
    known = points(task, found, way=PRE_TRAINED, over=blood, figure=figure)

    def rank(name: str) -> tuple[float, float]:
        best = [max(of[name].values(), default=-9.0) if name in of else -9.0 for of in (ours, near, known)]
        return best[0], max(best[1:])

    names = sorted({*ours, *near, *known}, key=rank)
    for panel, groups, title in (
        (left, ((ours, "o"),), f"{PANELS[task]}: trained on the cells, {len(every)} datasets"),
        (right, ((near, "o"), (known, "D")), f"blood ({len(blood)}); diamonds: pre-trained"),
    ):
        for of, marker in groups:
            for y, name in enumerate(names):
                colour = COLOURS[METHODS[task][name].kind]
                for size, value in of.get(name, {}).items():
                    _point(panel, value, y, size=size, colour=colour, marker=marker, floor=FLOORS.get(task))
        panel.set_title(title, fontsize=10, loc="left")
        panel.set_xlabel(called, fontsize=9)
        panel.set_ylim(-0.7, len(names) - 0.3)
        panel.grid(axis="both", color="#e6e6e6", linewidth=0.7)
        panel.set_axisbelow(True)
        panel.tick_params(labelsize=8)
    left.set_yticks(range(len(names)), [_short(METHODS[task][name].title) for name in names])
    right.set_yticks(range(len(names)), [""] * len(names))


def _correcting(panel: Any, found: Outcomes) -> None:
    task: Task = "correct"
    for name, method in METHODS[task].items():
        for way in method.ways:
            over = [d for d in DATASETS[task] if way == SELF or d in OF_BLOOD]
            mixed = points(task, found, way=way, over=over, figure="ilisi").get(name, {})
            told = points(task, found, way=way, over=over, figure="transfer").get(name, {})
            sizes = [size for size in SIZES if size in mixed and size in told]
            if not sizes:
                continue
            colour, marker = COLOURS[method.kind], "o" if way == SELF else "D"
            x, y = [mixed[size] for size in sizes], [told[size] for size in sizes]
            panel.plot(x, y, color=colour, linewidth=0.8, alpha=0.5)
            for size in sizes:
                _point(panel, mixed[size], told[size], size=size, colour=colour, marker=marker)
            last = f"{_short(method.title)}{' (blood)' if way == PRE_TRAINED else ''}"
            # One lies beside what was left as it was, one at the edge.
            aside, side = {"desc": ((8, -12), "left"), "soft-types": ((-10, -3), "right")}.get(
                name, ((8, 5), "left")
            )
            panel.annotate(last, (x[-1], y[-1]), textcoords="offset points", xytext=aside, ha=side, fontsize=8)
    title = f"Correct: right is mixed, up is types kept apart, {len(DATASETS[task])} pairs of batches"
    panel.set_title(title, fontsize=10, loc="left")
    panel.set_xlabel(FIGURES[task]["ilisi"], fontsize=9)
    panel.set_ylabel(FIGURES[task]["transfer"], fontsize=9)
    panel.margins(x=0.12, y=0.12)
    panel.grid(color="#e6e6e6", linewidth=0.7)
    panel.set_axisbelow(True)
    panel.tick_params(labelsize=8)
    shown = [panel.scatter([], [], s=40, color=colour, label=kind) for kind, colour in COLOURS.items()]
    shown += [
        panel.scatter([], [], s=area, color="black", label="all cells" if size is None else f"{size:,} cells")
        for size, area in AREAS.items()
    ]
    shown.append(panel.scatter([], [], s=46, marker="D", facecolor="none", edgecolor="black", label="pre-trained"))
    panel.legend(handles=shown, fontsize=8, ncols=2, loc="lower left", frameon=False)


def _point(
    panel: Any, x: float, y: float, *, size: int | None, colour: str, marker: str, floor: float | None = None
) -> None:
    """Draw one mean: hollow where the model was pre-trained, an arrow where it lies left of what is shown."""
    if floor is not None and x < floor:
        x, marker = floor, "<"
    face = "none" if marker == "D" else colour
    panel.scatter(x, y, s=AREAS[size], marker=marker, facecolor=face, edgecolor=colour, linewidth=1.1, alpha=0.75)


def _short(title: str) -> str:
    """Return a title without what is in brackets after it."""
    return title.partition(" (")[0]


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "docs" / "benchmarks-tasks.svg")
    arguments = parser.parse_args()
    need("matplotlib")
    draw(recall(list(METHODS)), arguments.out)


if __name__ == "__main__":
    main()
