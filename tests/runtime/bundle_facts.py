"""What a bundle holds, in few words: both runtimes must have read the same."""

import hashlib

import numpy as np

COLUMNS = ("mean", "neutral", "worth", "inverse_dispersion", "mse", "pearson", "baseline_mse", "baseline_pearson")


def digest(texts):
    """SHA-256 of texts, a line each."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def weighted(numbers):
    """A sum that sees the order of numbers, too; of what is unknown 0."""
    flat = np.nan_to_num(np.asarray(numbers, dtype=np.float64).ravel(), nan=0.0)
    return float((flat * (np.arange(len(flat)) % 97 + 1)).sum())


def known(numbers):
    """Numbers of which the unknown ones are None."""
    return [None if np.isnan(number) else float(number) for number in numbers]


def facts(bundle):
    """The facts of a bundle, as JSON has them."""
    manifest, genes, classes = bundle.manifest, bundle.genes, bundle.classes
    found = {
        "sha256": bundle.origin.manifest_sha256,
        "manifest": [manifest.format_version, manifest.name, manifest.species, manifest.licence],
        "tissue": digest([manifest.tissue]),
        "min_coverage": manifest.min_coverage,
        "library_sizes": list(manifest.scale.library_sizes),
        "estimates": list(manifest.imputation.estimates) if manifest.imputation else None,
        "confidence": manifest.annotation.confidence if manifest.annotation else None,
        "key": manifest.embedding.key if manifest.embedding else None,
        "inputs": [[i.name, i.meaning] for i in manifest.graph.inputs],
        "outputs": [[o.name, o.meaning, list(o.dimensions)] for o in manifest.graph.outputs],
        "studies": digest(
            f"{s.name} {s.role} {s.cells} {s.genes} {s.source} {s.licence}" for s in manifest.studies
        ),
        "evaluations": weighted([v for e in manifest.evaluations for s in e.scores for v in s.values.values()]),
        "judged": digest(
            f"{e.data} {e.protocol} {e.task} {e.estimate or ''} {e.cells}" for e in manifest.evaluations
        ),
        "provenance": digest(f"{key} {value}" for key, value in sorted(manifest.provenance.items())),
        "names": digest(f"{g.ensembl_id} {g.symbol} {'|'.join(g.aliases)}" for g in genes),
        "networks": digest(f"{g.subnetwork} {' '.join(map(str, g.predicts))}" for g in genes),
        "columns": [weighted(genes.column(name)) for name in COLUMNS],
        "unknown": [int(np.isnan(genes.column(name)).sum()) for name in COLUMNS],
        "roles": [weighted(genes.inputs), weighted(genes.targets), len(genes.inputs), len(genes.targets)],
        "graph": hashlib.sha256(bundle.graph).hexdigest(),
        "card": hashlib.sha256(bundle.card.encode()).hexdigest(),
    }
    if classes is not None:
        found["classes"] = {
            "names": list(classes.names),
            "parents": classes.parents.tolist(),
            "levels": classes.levels.tolist(),
            "leaves": classes.leaves.tolist(),
            "ids": [row.ontology_id for row in classes.rows],
            **{name: known(getattr(row, name) for row in classes.rows) for name in ("prior", "cells", "f1")},
        }
    if bundle.profiles is not None:
        found["profiles"] = [weighted(bundle.profiles.shares), len(bundle.profiles.shares.T)]
    if bundle.reference is not None:
        of = [
            f"{study} {kind}" for study, kind in zip(bundle.reference.studies, bundle.reference.types, strict=True)
        ]
        found["reference"] = [weighted(bundle.reference.coordinates), digest(of)]
    if bundle.golden is not None:
        golden = bundle.golden
        found["golden"] = [
            digest([*golden.genes, *golden.missing]),
            weighted([c for cell in golden.cells for c in (*cell.genes, *cell.counts, cell.size_factor)]),
            weighted([v for output in golden.outputs for row in output.values for v in (*output.columns, *row)]),
        ]
    return found
