"""A bundle of a few sub-networks of the shipped model, small enough to travel a hundred times."""

from __future__ import annotations

import dataclasses
import math

from cellfill.bundle import GeneIndex, read_bundle, write_bundle
from cellfill.bundle.cut import cut_graph

KEPT = (0, 1)


def write_small(model, folder, *, name="human-pbmc"):
    """Cut a model down to two of its sub-networks, and write it as a bundle of its own."""
    whole = read_bundle(model)
    genes = [g for g in whole.genes if g.subnetwork in KEPT or set(g.predicts) & set(KEPT)]
    kept = [
        dataclasses.replace(
            g,
            is_target=g.subnetwork in KEPT,
            is_input=bool(set(g.predicts) & set(KEPT)),
            subnetwork=g.subnetwork if g.subnetwork in KEPT else -1,
            predicts=tuple(n for n in g.predicts if n in KEPT),
            worth=g.worth if set(g.predicts) & set(KEPT) else math.nan,
        )
        for g in genes
    ]
    targets = sum(g.is_target for g in kept)
    cut = cut_graph(whole.graph, whole.manifest.graph, networks=KEPT, targets=targets)
    fewer = dataclasses.replace(whole.manifest.imputation, subnetworks=whole.manifest.subnetworks[: len(KEPT)])
    manifest = dataclasses.replace(whole.manifest, name=name, imputation=fewer, min_coverage=0.05)
    card = whole.card.replace(f"- name: {whole.manifest.name}", f"- name: {name}")
    bundle = dataclasses.replace(whole, manifest=manifest, genes=GeneIndex(kept), graph=cut.graph, card=card)
    write_bundle(bundle, folder)
    return folder
