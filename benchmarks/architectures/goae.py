"""Are types found better where GOAE's and GONN's first layer are GO terms, than where it is wired at random.

Usage: python benchmarks/architectures/goae.py --data FOLDER

Peng, Wang & Shang (2019) claim that cells are clustered better in what a network gives whose first layer is wired
by the Gene Ontology than in principal components and in what other networks give. Here GOAE learns 3,500 sorted
blood cells and clusters them; GONN is taught the types of four other studies of blood, and clusters cells that did
not train it. Beside each stands the same network with the genes of all terms exchanged at random.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from architectures.places import clustered, principal
from architectures.taught import trained
from cell_types.studies import TRAINING, Studies, read_studies
from cellfill.genes.align import align
from cellfill.network.cells import map_genes
from cellfill.network.predict import predict_outputs
from cellfill.network.session import open_network
from cellfill_training.architectures.catalogue import architecture_options
from cellfill_training.fitting.levels import measure_levels
from cellfill_training.fitting.variable_genes import most_variable
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_sets import GeneSet, read_gene_sets, wire
from common import keep, need, table

STUDY, OTHER, GENES, EPOCHS, DRAWN = "zheng_pbmc14k_3500", "kang_pbmc", 2000, 12, (0, 1)
HEAD = ("clustered in", f"{STUDY}: ARI", "NMI", f"{OTHER}: ARI", "NMI", "accuracy in the two")


def main() -> None:
    """Measure and keep the table."""
    need("tensorflow", "sklearn")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    began = time.process_time()
    studies = read_studies(arguments.data)
    sets = read_gene_sets(arguments.data / "genes" / "go-bp-human.gmt.gz")
    types = {name: _types(studies, name) for name in (STUDY, OTHER)}
    rows = [
        ["30 principal components", *_score(_components(studies, 30), types), "-"],
        ["100 principal components", *_score(_components(studies, 100), types), "-"],
        ["mean level of each term's genes, nothing learnt", *_score(_unlearnt(studies, sets), types), "-"],
    ]
    every: dict[str, list[float]] = {}
    for name in ("goae", "gonn"):
        for said, wired in (
            ("GO terms", sets),
            *((f"the same at random, {n + 1}", _exchanged(sets, seed=n)) for n in DRAWN),
        ):
            on = (STUDY,) if name == "goae" else TRAINING
            bundle = trained(studies, name, on=on, sets=wired, most_genes=GENES, max_epochs=EPOCHS)
            seen = {study: _seen(bundle, studies.labelled[study].study) for study in (STUDY, OTHER)}
            found = _score({study: one["embedding"] for study, one in seen.items()}, types)
            right = "-" if name == "goae" else ", ".join(_accuracy(studies, seen))
            rows.append([f"{name.upper()}, {said}", *found, right])
            every.setdefault(name, []).append(float(found[0]))
    best = max(float(row[1]) for row in rows[:3])
    wired = [name.upper() for name, found in every.items() if found[0] > max(found[1:])]
    ahead = [name.upper() for name, found in every.items() if found[0] > best]
    body = (
        f"k-means with as many clusters as types, of the first layer's neurons, {GENES} genes; at most {EPOCHS} "
        f"epochs, one seed; {time.process_time() - began:.0f} s of CPU. GOAE is trained on {STUDY}, "
        f"GONN on the types of {', '.join(TRAINING)}.\n\n"
        + table(HEAD, rows)
        + f"\n\nBy ARI on {STUDY}: that terms cluster better than the same network wired at random is reached by "
        f"{' and '.join(wired) or 'neither'}; that they cluster better than principal components and than terms of "
        f"which nothing was learnt, by {' and '.join(ahead) or 'neither'}."
    )
    keep(Path(__file__).with_suffix(".md"), "python benchmarks/architectures/goae.py --data FOLDER", body)


def _types(studies: Studies, name: str):
    return np.array([*studies.table.tree.leaves, ""])[studies.labelled[name].leaves]


def _levels(studies: Studies, name: str):
    """Return levels of a study's variable genes, and the names of these."""
    cohort = harmonise([studies.labelled[name].study], studies.genes)
    genes = most_variable(cohort, measure_levels(cohort), GENES)
    counts = cohort.counts[:]
    depth = np.maximum(np.asarray(counts.sum(axis=1)), 1)
    return np.log1p(counts[:, genes].toarray() / depth * 1e4), [cohort.genes[g] for g in genes]


def _components(studies: Studies, number: int):
    """Return principal components of each study by itself."""
    every = {name: _levels(studies, name)[0] for name in (STUDY, OTHER)}
    return {name: principal(levels, number).transform(levels) for name, levels in every.items()}


def _unlearnt(studies: Studies, sets):
    """Return the mean standardised level of the genes of each term that a network would have."""
    options, found = architecture_options("goae"), {}
    for name in (STUDY, OTHER):
        levels, genes = _levels(studies, name)
        wiring = wire(
            sets,
            genes,
            studies.genes,
            least=options.least_set_genes,
            most=options.most_set_genes,
            most_sets=options.most_sets,
        )
        scaled = np.clip((levels - levels.mean(axis=0)) / (levels.std(axis=0) + 1e-6), -10, 10)
        found[name] = scaled @ wiring.member / wiring.member.sum(axis=0)
    return found


def _exchanged(sets: tuple[GeneSet, ...], *, seed: int) -> list[GeneSet]:
    """Return sets of the same sizes, which share as many genes, but of other genes."""
    names = np.array(sorted({gene for one in sets for gene in one.genes}))
    others = dict(zip(names, np.random.default_rng(seed).permutation(names), strict=True))
    return [GeneSet(name=one.name, genes=frozenset(others[gene] for gene in one.genes)) for one in sets]


def _seen(bundle, study):
    """Return what the graph gives for a study."""
    known = align(bundle.genes, study.gene_names, species=bundle.manifest.species, min_coverage=0.1)
    network = open_network(bundle, device="cpu", threads=1)
    cells = map_genes(known, bundle.genes, inputs=network.inputs).input_cells(study.counts)
    return predict_outputs(network, cells, network.meanings)


def _score(places, types) -> list[str]:
    found = []
    for name in (STUDY, OTHER):
        nmi, ari = clustered(np.asarray(places[name]), types[name])
        found += [f"{ari:.3f}", f"{nmi:.3f}"]
    return found


def _accuracy(studies: Studies, seen) -> list[str]:
    found = []
    for name, one in seen.items():
        truth = studies.labelled[name].leaves
        said = np.nan_to_num(one["class_probabilities"]).argmax(axis=1)
        found.append(f"{(said == truth)[truth >= 0].mean():.3f}")
    return found


if __name__ == "__main__":
    main()
