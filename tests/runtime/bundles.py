"""Tiny bundles of format 2, of any tasks, made part by part so that each part can be spoiled.

What imputes is the graph of `runtime.hostile.parts`; what names types and embeds reads the same logarithms through
one hidden layer, whose weights are of half precision.
"""

import dataclasses
import json
from functools import cache

import numpy as np
from scipy import sparse

from cellfill.bundle import Bundle, parse_classes, parse_genes, parse_manifest
from cellfill.bundle.golden import format_golden
from cellfill.network.golden import make_golden
from runtime.hostile import parts
from runtime.hostile.parts import constant, node, value, whole

TASKS = ("impute", "annotate", "embed")
LEAVES, DIMENSIONS, HIDDEN = 3, 2, 4
CLASSES = [
    ("T cell", "", "CL:0000084", "", "", "", "", "", "", ""),
    ("CD4 T cell", "T cell", "CL:0000624", "0.5", "100", "40", "0.9", "0.8", "0.85", "0.7"),
    ("B cell", "", "CL:0000236", "0.25", "50", "20", "0.95", "0.9", "0.925", "0.9"),
    ("CD8 T cell", "T cell", "CL:0000625", "0.25", "50", "", "", "", "", ""),
]
COLUMNS = ("name", "parent", "ontology_id", "prior", "cells", "judged", "precision", "recall", "f1", "baseline_f1")
LEAF_NAMES = [row[0] for row in CLASSES[1:]]
OUTPUTS = {
    "impute": [("imputed_counts", "expected", parts.TARGETS)],
    "annotate": [("types", "class_probabilities", LEAVES), ("energy", "class_energy", 1)],
    "embed": [("map", "embedding", DIMENSIONS)],
}


def graph(tasks=TASKS):
    """The graph of some tasks, in parts."""
    made = parts.graph()
    if "impute" not in tasks:
        made.nodes = {place: step for place, step in made.nodes.items() if place < 4}
        made.constants = {name: made.constants[name] for name in ("input_centres", "one")}
        del made.values["imputed_counts"]
    if {"annotate", "embed"} & set(tasks):
        rng = np.random.default_rng(9)
        half = {"deep_w": rng.normal(0, 0.5, (parts.INPUTS, HIDDEN)).astype("f2")}
        full = {"deep_b": rng.normal(0, 0.3, HIDDEN).astype("f")}
        steps = [
            node("Cast", "deep_w", "deep_wide", whole("to", 1)),
            node("MatMul", "sub deep_wide", "deep_sum"),
            node("Add", "deep_sum deep_b", "deep_moved"),
            node("Relu", "deep_moved", "deep"),
        ]
        if "annotate" in tasks:
            half["type_w"] = rng.normal(0, 1.5, (HIDDEN, LEAVES)).astype("f2")
            full |= {
                "type_b": np.array([0.1, 0.2, -0.1], "f"),
                "colder": np.float32(0.8),
                "ones": np.ones((LEAVES, 1), "f"),
            }
            steps += [
                node("Cast", "type_w", "type_wide", whole("to", 1)),
                node("MatMul", "deep type_wide", "type_sum"),
                node("Add", "type_sum type_b", "logits"),
                node("Exp", "logits", "logits_exp"),
                node("MatMul", "logits_exp ones", "logits_total"),
                node("Log", "logits_total", "energy"),
                node("Mul", "logits colder", "cold"),
                node("Exp", "cold", "cold_exp"),
                node("MatMul", "cold_exp ones", "cold_total"),
                node("Div", "cold_exp cold_total", "types"),
            ]
        if "embed" in tasks:
            half["map_w"] = rng.normal(0, 1, (HIDDEN, DIMENSIONS)).astype("f2")
            steps += [node("Cast", "map_w", "map_wide", whole("to", 1)), node("MatMul", "deep map_wide", "map")]
        made.nodes |= dict(enumerate(steps, 30))
        made.constants |= {name: constant(name, array, kind=10) for name, array in half.items()}
        made.constants |= {name: constant(name, array) for name, array in full.items()}
    for task in tasks:
        for name, _, columns in OUTPUTS[task] if task != "impute" else ():
            made.values[name] = value(12, name, "cells", columns)
    return made


def genes(tasks=TASKS):
    """Rows of genes.tsv, first the header."""
    rows = parts.genes()
    if "impute" in tasks:
        return rows
    kept = [row for row in rows[1:] if row[3] != "target"]
    for row in kept:
        row[3:6] = ("input", "", "")
    return [rows[0], *kept]


def manifest(tasks=TASKS):
    """What manifest.json says, but for its files."""
    raw = parts.manifest()
    imputation = {"estimates": raw.pop("estimates"), "subnetworks": raw.pop("subnetworks")}
    cut = raw["graph"]["cut"]
    del raw["task"]
    levels = [0.0, 0.01, 0.1, 0.5, 1.0]
    unknown = {
        "threshold": 0.02,
        "levels": levels,
        "scores": [
            {"score": "profile", "quantiles": [[-2.0, -1.0, -0.5, -0.1, 0.5]] * LEAVES},
            {"score": "energy", "quantiles": [[-1.0, 0.5, 1.0, 2.0, 5.0]]},
        ],
    }
    raw |= {
        "format_version": 2,
        "graph": {
            "inputs": raw["graph"]["inputs"],
            "outputs": [
                {
                    "name": name,
                    "meaning": meaning,
                    "dimensions": [str(i + 1) for i in range(columns)] if meaning == "embedding" else [],
                }
                for task in TASKS
                if task in tasks
                for name, meaning, columns in OUTPUTS[task]
            ],
            "opset": 18,
            "cut": cut if "impute" in tasks else None,
        },
        "imputation": imputation if "impute" in tasks else None,
        "annotation": {"confidence": 0.5, "unknown": unknown} if "annotate" in tasks else None,
        "embedding": {"key": "X_small"} if "embed" in tasks else None,
        "evaluations": [
            *([e | {"task": "impute"} for e in raw["evaluations"]] if "impute" in tasks else []),
            *([evaluation("annotate", accuracy=0.9, macro_f1=0.8, ece=0.02)] if "annotate" in tasks else []),
            *([evaluation("embed", knn=0.9, silhouette=-0.1)] if "embed" in tasks else []),
        ],
    }
    return raw


def evaluation(task, **figures):
    """One evaluation, in JSON, beside a baseline that is worse."""
    worse = {name: figure - 0.1 for name, figure in figures.items()}
    scores = [{"method": "small (cellfill)", "values": figures}, {"method": "majority class", "values": worse}]
    return {
        "data": "cells",
        "protocol": "left out",
        "task": task,
        "estimate": None,
        "cells": 40,
        "entries": 0,
        "scores": scores,
    }


def profiles():
    """Rows of profiles.tsv, first the header."""
    shares = np.random.default_rng(3).dirichlet(np.ones(parts.INPUTS), LEAVES).T
    names = [row[0] for row in genes(("annotate",))[1:]]
    rows = [[name, *(f"{share:.6g}" for share in row)] for name, row in zip(names, shares, strict=True)]
    return [["gene", *LEAF_NAMES], *rows]


def reference(tasks=TASKS):
    """Rows of reference.tsv, first the header."""
    study = parts.manifest()["studies"][0]["name"]
    types = ["CD4 T cell", "T cell", "B cell", ""] if "annotate" in tasks else ["any cell", "", "", ""]
    rows = [[study, kind, f"{i / 2:g}", f"{-i / 3:.6g}"] for i, kind in enumerate(types)]
    return [["study", "type", "1", "2"], *rows]


def cells(number=10, *, tasks=TASKS, seed=4):
    """Raw counts, cells x model genes."""
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix(rng.poisson(2.0, (number, len(genes(tasks)) - 1)).astype(np.float32))


@cache
def _golden(tasks):
    text = json.dumps(manifest(tasks) | {"files": {}}).encode()
    bundle = Bundle(
        manifest=parse_manifest(text),
        genes=parse_genes(parts.table(genes(tasks))),
        graph=graph(tasks).bytes(),
        card="",
        classes=parse_classes(parts.table([COLUMNS, *CLASSES])) if "annotate" in tasks else None,
    )
    return format_golden(make_golden(bundle, cells(tasks=tasks), missing=[1]))


def sound(tasks=TASKS):
    """The files of a sound bundle; the manifest's records are written by `parts.seal`."""
    files = {
        "README.md": parts.sound()["README.md"],
        "genes.tsv": parts.table(genes(tasks)),
        "model.onnx": graph(tasks).bytes(),
        "golden.json": _golden(tuple(tasks)),
        "manifest.json": manifest(tasks),
    }
    if "annotate" in tasks:
        files |= {"classes.tsv": parts.table([COLUMNS, *CLASSES]), "profiles.tsv": parts.table(profiles())}
    if "embed" in tasks:
        files["reference.tsv"] = parts.table(reference(tasks))
    return files


def make(folder, tasks=TASKS, **changes):
    """Write a sound bundle of some tasks, with other bytes in the place of some files, and return its folder.

    Parameters
    ----------
    folder
        Must not exist.
    tasks
        Some of `TASKS`.
    **changes
        By the name of a file without its ending: its bytes, or what changes those; of ``manifest`` what changes the
        dictionary in place. None leaves the file out.
    """
    files = sound(tasks)
    for stem, change in changes.items():
        (name,) = (name for name in files if name.partition(".")[0] == stem)
        if stem == "manifest":
            change(files[name])
        elif change is None:
            del files[name]
        else:
            files[name] = change(files[name]) if callable(change) else change
    return parts.write(folder, parts.seal(files))


def replaced(bundle, **sections):
    """A bundle with other parts of its manifest."""
    return dataclasses.replace(bundle, manifest=dataclasses.replace(bundle.manifest, **sections))
