"""Does `cellfill recommend` pick the right tissue, and say that none fits where no model of the catalogue does.

Usage: python benchmarks/fitness/recommend.py --data FOLDER [--hub model_cards]

FOLDER/h5ad holds the datasets. Each is offered every model of ``--hub``, mouse cells the human models only as well.
What is expected is stated here, with whether the expected model has seen the cells, and the command fails where a
pick is another.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import anndata

import cellfill
from cellfill.ranking.recommendation import Recommendation
from common import keep, table

PBMC, LUAD, LINES, ISLETS = (
    "human-pbmc",
    "human-lung-adenocarcinoma",
    "human-lung-cell-lines",
    "human-pancreas",
)
PANCREAS, MARROW, GUT, GLIA = (
    "mouse-pancreas-e15",
    "mouse-bone-marrow",
    "mouse-intestine",
    "mouse-oligodendrocytes",
)
HUMAN = (PBMC, LUAD, LINES, ISLETS)
MOUSE = (PANCREAS, MARROW, GUT, GLIA)
# The patient that the model of lung adenocarcinoma has not seen.
HELD_OUT_PATIENT = "LX679"


@dataclass(frozen=True)
class Case:
    """A dataset, what is expected (None: none fits), and whether the expected model has seen its cells."""

    name: str
    expected: str | None
    seen: str
    rows: tuple[str, str] | None = None
    models: tuple[str, ...] = (*HUMAN, *MOUSE)

    def data(self, folder: Path) -> Any:
        """Return the path of the file, or some of its cells."""
        path = folder / f"{self.name}.h5ad"
        if self.rows is None:
            return path
        adata = anndata.read_h5ad(path)
        column, value = self.rows
        return adata[adata.obs[column].astype(str).str.contains(value)].copy()

    @property
    def title(self) -> str:
        """What the table calls it."""
        part = f", {self.rows[1]}" if self.rows else ""
        return self.name + part + (", human models only" if self.models == HUMAN else "")


GAINS = ("gain", "calibrated", "knowledge")
CASES = (
    Case("zheng_pbmc14k_3500", PBMC, "held out"),
    *(
        Case(name, PBMC, "trained on")
        for name in ("pbmc3k", "pbmc4k_soupx", "pbmc_donorA", "pbmc1k_5p", "kang_pbmc")
    ),
    Case("luad_patients", LUAD, "held out", rows=("sample", HELD_OUT_PATIENT)),
    Case("luad_patients", LUAD, "5 of 6 patients trained on"),
    Case("mix3cl_dropseq", LINES, "held out"),
    *(Case(name, LINES, "trained on") for name in ("mix5cl_celseq2", "mix3cl_celseq2")),
    Case("human_ctcl_pbmc_cite", PBMC, "held out"),
    Case("human_pancreas_baron_h1", ISLETS, "held out", rows=("sample", "human1_lib2")),
    Case("human_pancreas_baron_h1", ISLETS, "2 of 3 libraries trained on"),
    Case("mouse_hspc_indrop", MARROW, "held out", rows=("sample", "P12A")),
    Case("mouse_hspc_indrop", MARROW, "3 of 4 libraries trained on"),
    Case("mouse_oligodendrocyte_marques", GLIA, "held out", rows=("sample", "hypothalamus")),
    Case("mouse_oligodendrocyte_marques", GLIA, "5 of 6 regions trained on"),
    Case("mouse_intestine_moor", GUT, "trained on"),
    Case("mouse_pancreas_e15", PANCREAS, "trained on"),
    Case("worm_l2", None, "-"),
    *(Case(n, None, "-", models=HUMAN) for n in ("mouse_pancreas_e15", "saver_zeisel", "mouse_e35_e45_4k")),
    Case("saver_baron", ISLETS, "another file of the same study"),
    *(Case(name, None, "-") for name in ("saver_zeisel", "mouse1M_10k", "mouse_e35_e45_4k")),
)


def offered(cases: tuple[Case, ...], hub: Path, scratch: Path) -> Iterator[tuple[Case, Path]]:
    """Yield each case with a folder of the models that it is offered."""
    for case in cases:
        folder = scratch / "-".join(case.models)
        if not folder.exists():
            for model in case.models:
                shutil.copytree(hub / model, folder / model)
        yield case, folder


def rank_of(found: Recommendation, place: int) -> str:
    """Say what stands at a place."""
    measured = [ranked for ranked in found.ranks if ranked.stage == "measured"]
    if place >= len(measured):
        return "-"
    ranked = measured[place]
    return f"{Path(ranked.model).name}: {ranked.verdict}, {ranked.gain:.4f}"


def lines_of(case: Case, found: Recommendation) -> list[list[str]]:
    """Return a line a measured model: what was known before it was fetched, and what was measured."""
    return [
        [
            case.title,
            Path(r.model).name,
            f"{r.coverage.coverage:.0%}",
            f"{r.likeness:.2f}",
            f"{r.share:.0%}",
            f"{r.gain:.4f}",
            f"{r.calibrated:.4f}",
            f"{r.evidence.knowledge:.0%}",
        ]
        for r in found.ranks
        if r.coverage is not None and r.evidence is not None
    ]


def margin(found: Recommendation, by: str) -> float:
    """Return by how many times the right model is ahead of the best of the others."""
    first, *others = [getattr(ranked, by) for ranked in found.ranks if ranked.stage == "measured"]
    return float(first / max(others))


def main() -> None:
    """Measure, keep the tables, and fail where a pick is not the expected one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--hub", type=Path, default=Path("model_cards"))
    arguments = parser.parse_args()
    picks, lines, wrong = [], [], []
    margins: dict[str, list[float]] = {"gain": [], "calibrated": [], "likeness": []}
    with tempfile.TemporaryDirectory() as scratch:
        for case, folder in offered(CASES, arguments.hub, Path(scratch)):
            data = case.data(arguments.data / "h5ad")
            begun = time.perf_counter()
            found = cellfill.recommend(data, hub=folder)
            seconds = time.perf_counter() - begun
            pick = None if found.best is None else Path(found.best.model).name
            if pick != case.expected:
                wrong.append(f"{case.title}: {pick}, not {case.expected}")
            ruled_out = sum(ranked.stage == "ruled out" for ranked in found.ranks)
            picks.append(
                [
                    case.title,
                    case.seen,
                    f"**{pick or 'none fits'}**" + ("" if pick == case.expected else " (wrong)"),
                    *(rank_of(found, place) for place in range(3)),
                    str(ruled_out),
                    f"{seconds:.1f}",
                ]
            )
            lines += lines_of(case, found)
            if case.expected and sum(ranked.stage == "measured" for ranked in found.ranks) > 1:
                for by, values in margins.items():
                    values.append(margin(found, by))
    head = ["cells", "the model has these", "recommended", "rank 1", "rank 2", "rank 3", "ruled out by genes", "s"]
    right = len(CASES) - len(wrong)
    ahead = ", ".join(f"{min(values):.2f} to {max(values):.1f} times by {by}" for by, values in margins.items())
    body = (
        f"{right} of {len(CASES)} picks are the expected ones. Of each measured model its verdict and its gain: "
        "nats a hidden molecule of the dataset over gene mean x library, of what the model knows itself. Seconds "
        "are of reading, screening and measuring, models on disk, on a machine that others used, too.\n\n"
        + table(head, picks)
        + "\n\nWhat is known of each model before its graph is fetched (coverage, likeness of the genes' levels, "
        "share of the counts that it fills), and what was measured: the gain by which models are ranked, the gain "
        "of what imputing gives once calibrated, and what the model knows as a share of what the cells teach "
        "without it. Where several models were measured and one is right, it is ahead of the "
        f"next best {ahead}.\n\n" + table(["cells", "model", "coverage", "likeness", "counts", *GAINS], lines)
    )
    keep(Path(__file__).with_name("recommend.md"), "python benchmarks/fitness/recommend.py --data FOLDER", body)
    if wrong:
        sys.exit("; ".join(wrong))


if __name__ == "__main__":
    main()
