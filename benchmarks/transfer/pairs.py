"""A model of one study on every other, by number of cells, against training on those cells.

Usage: python benchmarks/transfer/pairs.py --data FOLDER [--scratch FOLDER] [--seeds 1]
           [--sizes 50 200 all] [--only PBMC]

Preset `default`, trained on one PBMC study and applied to each of the others; on five and applied to the sixth;
on one set of lung lines and applied to another; on five lung patients and applied to the sixth. Entries are hidden
as in `held_out.py`: ten a gene, of the genes that 5 % of the target study's cells have. Each method is
scored on the entries whose gene the pre-trained model fills. What was trained is kept in the scratch folder and
used again, so that a run goes on where it was cut off; after a change to the training, give it a new one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from anndata import read_h5ad

from cellfill.bundle import read_bundle
from cellfill.fitness.hiding import Masked, hide_entries
from cellfill.fitness.metrics import masked_scores
from cellfill_training import Study, fit, read_gene_table, read_study
from cellfill_training.evaluation import Judge
from cellfill_training.fitting.presets import PRESET_NAMES, Preset
from cellfill_training.studies.study import filter_cells
from common import keep, need
from transfer.pairs_table import Score, report
from transfer.self_training import (
    BASELINES,
    CALIBRATED,
    DEFAULT,
    LEAST_DETECTION,
    PAPER,
    PLAIN,
    SELF_TRAINED,
    detection,
    draw,
    self_trained,
)

SIZES = ("50", "100", "200", "500", "1000", "all")
GENE_TABLES = ("genes/gencode-v44.csv", "genes/hg19-10x.tsv")
PBMC = ("pbmc3k", "pbmc4k_soupx", "pbmc_donorA", "pbmc1k_5p", "zheng_pbmc14k_3500", "kang_pbmc")
LINES = ("mix5cl_celseq2", "mix3cl_celseq2", "mix3cl_dropseq")
PATIENTS = "luad_patients"


@dataclass(frozen=True, slots=True)
class Pair:
    """A group of pairs, what the model is trained on, and what it is applied to."""

    group: str
    sources: tuple[str, ...]
    target: str


def read_studies(data: Path) -> dict[str, Study]:
    """Return every study, cells with 200 genes or more; a lung patient is a study."""
    studies = {name: read_study(data / "h5ad" / f"{name}.h5ad", name=name) for name in (*PBMC, *LINES)}
    path = data / "h5ad" / f"{PATIENTS}.h5ad"
    lung, patient = read_study(path), read_h5ad(path).obs["sample"].astype(str).to_numpy()
    for name in sorted(set(patient)):
        of_patient = lung.take(patient == name)
        short = "lung_" + name.split("_")[2]
        studies[short] = Study(name=short, counts=of_patient.counts, gene_names=lung.gene_names)
    return {name: filter_cells(study, min_genes=200) for name, study in studies.items()}


def pairs_of(studies: dict[str, Study]) -> list[Pair]:
    """Return every pair."""
    lung = tuple(name for name in studies if name.startswith("lung_"))
    return [
        *(Pair("PBMC, one study", (a,), b) for a, b in permutations(PBMC, 2)),
        *(Pair("PBMC, five studies", _without(PBMC, name), name) for name in PBMC),
        *(Pair("lung lines", (a,), b) for a, b in permutations(LINES, 2)),
        *(Pair("lung patients, five", _without(lung, name), name) for name in lung),
    ]


def _without(names: tuple[str, ...], left_out: str) -> tuple[str, ...]:
    return tuple(name for name in names if name != left_out)


@dataclass(frozen=True, slots=True)
class Task:
    """Some cells of a study with hidden entries, for all models alike."""

    name: str
    part: Study
    masked: Masked
    genes: np.ndarray


def tasks(study: Study, sizes: list[str], seeds: int) -> Iterator[tuple[str, Task]]:
    """Yield the tasks of a study, with the sizes that it has cells for."""
    genes = np.flatnonzero(detection(study) >= LEAST_DETECTION)
    for size in sizes:
        if size != "all" and int(size) >= study.counts.shape[0]:
            continue
        for seed in range(seeds):
            part = draw(study, None if size == "all" else int(size), seed)
            masked = hide_entries(part.counts, genes, seed=seed)
            yield size, Task(f"{study.name}-{size}-{seed}", part, masked, genes)


class Kept:
    """What was trained, kept in a folder."""

    def __init__(self, folder: Path, data: Path, studies: dict[str, Study]) -> None:
        self.folder, self.studies = folder, studies
        self.table = read_gene_table([data / name for name in GENE_TABLES])
        self._judges: dict[tuple[str, ...], Judge] = {}

    def judge(self, sources: tuple[str, ...]) -> Judge:
        """Return the model of some studies."""
        if sources not in self._judges:
            folder = self.folder / "models" / ".".join(sources)
            if not folder.exists():
                print("training on", *sources, flush=True)
                fit([self.studies[name] for name in sources], out=folder, gene_table=self.table)
            self._judges[sources] = Judge(read_bundle(folder))
        return self._judges[sources]

    def own(self, task: Task, preset: Preset) -> np.ndarray:
        """Return what a preset trained on the task's cells says of the hidden entries."""
        path = self.folder / "own" / f"{task.name}-{preset}.npy"
        if not path.exists():
            print(f"training preset {preset} on {task.name}", flush=True)
            values, _ = self_trained(task.part, task.masked, task.genes, task.genes, preset)
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(".part")
            with beside.open("wb") as file:
                np.save(file, values)
            beside.rename(path)
        result: np.ndarray = np.load(path)
        return result


def score(pair: Pair, size: str, task: Task, kept: Kept) -> list[Score]:
    """Score every method on one pair and task."""
    judge = kept.judge(pair.sources)
    masked = task.masked
    filled = np.isin(masked.columns, judge.targets(task.part))
    where = masked.rows, masked.columns
    values = {SELF_TRAINED.format(preset): kept.own(task, preset) for preset in PRESET_NAMES}
    values |= {name: baseline(masked.counts)[where] for name, baseline in BASELINES.items()}
    for name, calibrate in ((PLAIN, False), (CALIBRATED, True)):
        told, _ = judge.predict(task.part, masked.counts, estimate="expressed", calibrate=calibrate)
        values[name] = told[where]
    results = []
    for method in (PLAIN, CALIBRATED, PAPER, DEFAULT, *BASELINES):
        found = masked_scores(values[method][filled], masked.truth[filled])
        source = pair.sources[0] if len(pair.sources) == 1 else "the others"
        results.append(Score(pair.group, source, pair.target, size, method, found["mse"], found["pearson"]))
    return results


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "cellfill-pairs")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="", help="groups of pairs whose name begins so")
    arguments = parser.parse_args()
    need("tensorflow")
    studies = read_studies(arguments.data)
    kept = Kept(arguments.scratch, arguments.data, studies)
    pairs = [pair for pair in pairs_of(studies) if pair.group.startswith(arguments.only)]
    scores: list[Score] = []
    for target in dict.fromkeys(pair.target for pair in pairs):
        for size, task in tasks(studies[target], arguments.sizes, arguments.seeds):
            for pair in pairs:
                if pair.target == target:
                    scores += score(pair, size, task, kept)
    given = "".join(f" --{name} {value}" for name, value in (("seeds", arguments.seeds),) if value != 1)
    if arguments.sizes != list(SIZES):
        given += " --sizes " + " ".join(arguments.sizes)
    if arguments.only:
        given += f" --only '{arguments.only}'"
    label = "-".join(["pairs", *"".join(c if c.isalnum() else " " for c in arguments.only.lower()).split()])
    keep(
        Path(__file__).with_name(f"{label}.md"),
        f"python benchmarks/transfer/pairs.py --data FOLDER{given}",
        report(scores),
    )


if __name__ == "__main__":
    main()
