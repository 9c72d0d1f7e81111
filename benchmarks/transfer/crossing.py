"""From how many cells on does training on them beat a model that never saw the study? A figure of pairs.py.

Usage: python benchmarks/transfer/crossing.py

Reads benchmarks/transfer/pairs.md, draws docs/crossing.svg (matplotlib: the extra `evaluate`). Each PBMC study is
held out of the model that is applied to it; every other method is trained on the study's own cells. The crossing
is where the median over studies of the best of these passes the calibrated model: between the sizes that were run,
by straight lines over log cells.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from accuracy.settings import SETTINGS
from common import need

OURS = "calibrated"
LABELS = {
    "plain": "pre-trained, not calibrated",
    "calibrated": "pre-trained, calibrated",
    "paper": "DeepImpute as published, trained on the cells",
    "default": "preset default, trained on the cells",
    "non-zero mean": "non-zero mean + library slope",
    "gene mean x library, truncated": "gene mean x library, zero-truncated",
}
STUDIES = {name for name, setting in SETTINGS.items() if setting.study}
TRAINED = tuple(LABELS)[2:]
PAIRS = Path(__file__).with_name("pairs.md")
# By study and number of cells: MSE and Pearson of each method.
Scores = dict[tuple[str, int], dict[str, tuple[float, float]]]


def read(text: str) -> Scores:
    """Return the scores of the PBMC models that saw all studies but one, at the sizes that are numbers."""
    lines = iter(text.splitlines())
    header = next([cell.strip() for cell in line.split("|")] for line in lines if "| trained on |" in line)
    scores: Scores = {}
    for line in lines:
        row = dict(zip(header, (cell.strip() for cell in line.split("|")), strict=False))
        if row.get("trained on") == "the others" and row["applied to"] in STUDIES and row["cells"].isdigit():
            found = {method: tuple(map(float, row[method].split(" / "))) for method in LABELS}
            scores[row["applied to"], int(row["cells"])] = {m: (mse, r) for m, (mse, r) in found.items()}
    return scores


def medians(scores: Scores) -> dict[int, dict[str, tuple[float, float]]]:
    """Return by number of cells the median over studies of MSE / ours, and of Pearson - ours.

    Method ``best`` is the best of `TRAINED`, for each figure of each study by itself.
    """
    ratios: dict[int, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for (_, cells), found in scores.items():
        best = min(found[m][0] for m in TRAINED), max(found[m][1] for m in TRAINED)
        for method, (mse, pearson) in (found | {"best": best}).items():
            ratios[cells][method].append((mse / found[OURS][0], pearson - found[OURS][1]))
    return {
        cells: {
            method: (median(a for a, _ in values), median(b for _, b in values)) for method, values in by.items()
        }
        for cells, by in sorted(ratios.items())
    }


def crossing(points: list[tuple[int, float]], level: float) -> float | None:
    """Return where a curve passes a level for the first time; None where it never does."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if (y0 - level) * (y1 - level) <= 0 and y0 != y1:
            share = (level - y0) / (y1 - y0)
            return math.exp(math.log(x0) + share * (math.log(x1) - math.log(x0)))
    return None


def draw(found: dict[int, dict[str, tuple[float, float]]], out: Path, *, title: str) -> list[float | None]:
    """Draw both figures of merit, mark the crossings, and return them."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "cellfill"
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(10, 4))
    crossings = []
    for which, (panel, level, label) in enumerate(
        zip(
            panels,
            (1.0, 0.0),
            ("MSE over the calibrated model's", "Pearson less the calibrated model's"),
            strict=True,
        )
    ):
        for method, name in LABELS.items():
            ours = method == OURS
            panel.plot(
                list(found),
                [by[method][which] for by in found.values()],
                label=name,
                marker="" if ours else "o",
                markersize=4,
                linewidth=2.5 if ours else 1.3,
                color="black" if ours else None,
            )
        met = crossing([(cells, by["best"][which]) for cells, by in found.items()], level)
        crossings.append(met)
        if met is not None:
            panel.axvline(met, color="grey", linestyle=":")
            above = panel.get_xaxis_transform()
            panel.text(met, 1.01, f"crossing: {met:.0f} cells", fontsize=8, ha="center", transform=above)
        panel.set_xscale("log")
        panel.set_xticks(list(found), [f"{cells:,}" for cells in found])
        panel.minorticks_off()
        panel.set_xlabel("cells of the new study")
        panel.set_ylabel(label, fontsize=9)
    panels[0].set_yscale("log")
    panels[0].set_yticks([0.9, 1, 1.25, 1.5, 2, 2.5], ["0.9", "1", "1.25", "1.5", "2", "2.5"])
    panels[0].minorticks_off()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=3, fontsize=8, frameon=False)
    figure.suptitle(title, fontsize=10)
    figure.tight_layout(rect=(0, 0.1, 1, 1))
    figure.savefig(out, metadata={"Date": None})
    return crossings


def main() -> None:
    """Draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "docs" / "crossing.svg")
    arguments = parser.parse_args()
    need("matplotlib")
    found = medians(read(PAIRS.read_text()))
    if not found:
        raise SystemExit("pairs.md has no PBMC study that was held out: run pairs.py first.")
    title = "Held-out PBMC studies, `expressed`, masked entries: median over studies"
    mse, pearson = draw(found, arguments.out, title=title)
    for name, met in (("MSE", mse), ("Pearson", pearson)):
        print(f"{name}: " + ("no crossing" if met is None else f"{met:.0f} cells"))


if __name__ == "__main__":
    main()
