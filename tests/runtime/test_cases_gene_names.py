"""Which column is which gene: the cases that the runtime in the browser is tested with have Python's answers.

Run as a program (PYTHONPATH=tests), it writes the answers anew: for cases that are added to the file without any.
"""

import functools
import hashlib
import json
import math
import re
import types
from collections import Counter

import numpy as np
import pytest
from scipy import sparse

from cellfill.bundle.gene_index import COLUMNS, parse_genes
from cellfill.errors import GeneMatchError
from cellfill.genes.align import align, enough_inputs, match
from cellfill.genes.coverage import describe, measure_coverage
from cellfill.genes.feature_kinds import feature_kinds, with_types_of
from cellfill.genes.lookup import gene_lookup
from cellfill.genes.mismatch import Elsewhere
from cellfill.genes.names import is_ensembl_id, name_columns, parts, stem
from cellfill.genes.spoiled import is_date, note_on_dates, restored_symbols, without_r_prefix
from cellfill.genes.table import GeneColumn, GeneTable
from cellfill.network.cells import map_genes
from conftest import ROOT

FILE = ROOT / "tests" / "data" / "cases" / "gene-names.json"
CASES = json.loads(FILE.read_text(encoding="utf-8"))


@functools.cache
def model(name):
    """A published model's genes and what else matters of it, or one of the file."""
    if (given := CASES["models"].get(name)) is None:
        folder = ROOT / "model_cards" / name
        told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        text = (folder / "genes.tsv").read_bytes()
        known = {key: told[key] for key in ("name", "species", "min_coverage")}
    else:
        rows = [[*row, *[""] * (len(COLUMNS) - len(row))] for row in (COLUMNS, *given["genes"])]
        text = "".join("\t".join(row) + "\n" for row in rows).encode("utf-8")
        known = {"name": name, "species": given["species"], "min_coverage": given["min_coverage"]}
    return types.SimpleNamespace(genes=parse_genes(text), **known)


def table(var):
    """The genes of a dataset."""
    columns = [GeneColumn(c["label"], c["texts"], is_text=c["is_text"]) for c in var["columns"]]
    return GeneTable(index=var["index"], index_name="", columns=tuple(columns), frame=lambda: None)


def spelling(name):
    """What one name is taken for, without a model."""
    return {
        "parts": list(parts(name)),
        "stem": stem(name),
        "is_id": is_ensembl_id(name),
        "is_date": is_date(name),
        "restored": list(restored_symbols(name)),
        "without_x": without_r_prefix(name),
    }


def alone(case):
    """Of every name alone the gene, and by what it was found: 0 for an id, 1 a symbol, 2 an alias, 3 else."""
    genes = model(case["model"]).genes
    hits = {name: gene_lookup(genes).column([name], [set()]) for name in case["names"]}
    return {name: [genes[hit[1]].symbol or genes[hit[1]].ensembl_id, hit[0]] for name, hit in hits.items() if hit}


def genes_of(case):
    """Of every column its gene, and why it is not imputed."""
    genes = model(case["model"]).genes
    found = match(genes, case["names"], expression=case.get("expression"))
    rows = found.gene_of_column.tolist()
    return {
        "genes": [genes[row].symbol or genes[row].ensembl_id if row >= 0 else "" for row in rows],
        "reasons": list(found.reasons),
        "species": sorted(found.species.species),
        "why": found.species.why,
    }


def taken(take):
    """Names of a model's genes, every so many, with something before and behind them."""
    names = [getattr(gene, take["field"]) for gene in model(take["of"]).genes][:: take["step"]]
    names = [name.upper() if take.get("upper") else name for name in names if name]
    return [f"{take.get('before', '')}{name}{take.get('after', '')}" for name in names]


def as_page(words):
    """What the page says where Python names options of its commands."""
    words = words.replace("a column of var, --gene-column", "a column of var")
    words = words.replace(" (--gene-column)", "").replace("(--gene-column: ", "(var also has ")
    words = re.sub(r"with --min-coverage (\S+) \(min_coverage=\.\.\.\)", r"in Python, with min_coverage=\1", words)
    return words.replace("adata.T (a text table: --orientation genes-in-rows)", "adata.T in Python, t(counts) in R")


def dataset(case):
    """What a whole dataset's genes are to a model: found, missing, refused."""
    its, least = model(case["model"]), case.get("min_coverage")
    names = [*case["names"], *[name for take in case["take"] for name in taken(take)]]
    columns = tuple(GeneColumn(label, [], is_text=False) for label in case.get("columns", ()))
    var = GeneTable(index=names, index_name="", columns=columns, frame=lambda: None)
    coverage = measure_coverage(its, its.genes, var, min_coverage=least, cells=lambda: case.get("cells", ()))
    floor = its.min_coverage if least is None else least
    found = match(its.genes, [names], floor=floor)
    error, refusal = "", ""
    try:
        align(
            its.genes,
            [names],
            species=its.species,
            min_coverage=floor,
            least_inputs=enough_inputs(its.genes, least),
            elsewhere=Elsewhere(columns=var.labels, cells=lambda: case.get("cells", ())),
        )
    except GeneMatchError as refused:
        error, refusal = type(refused).__name__, str(refused)
    verdict, _, *said = describe(coverage, verbose=True).split("\n")
    return {
        "columns": len(names),
        "sha256": hashlib.sha256(",".join(map(str, found.gene_of_column.tolist())).encode()).hexdigest(),
        "reasons": dict(sorted(Counter(found.reasons).items())),
        "coverage": coverage.coverage,
        "inputs": [coverage.inputs_found, coverage.inputs_needed],
        "targets": [coverage.targets_filled, coverage.targets_known],
        "verdict": coverage.verdict,
        "error": error,
        "refusal": refusal,
        "page": as_page(refusal),
        "said": said if coverage.refusal == refusal != "" else [verdict, *said],
    }


def features(case):
    """What the columns of a matrix count, and what names them."""
    var = table(case["var"])
    kinds = feature_kinds(var)
    whole = table(case["whole"]) if "whole" in case else var
    names = name_columns(var.index, var, gene_column=case.get("gene_column"))
    return {
        "types": list(kinds.types),
        "expression": kinds.expression,
        "note": kinds.note,
        "dates": note_on_dates(var.index),
        "sets": [list(column) for column in names],
        "types_of_whole": list(feature_kinds(with_types_of(var, whole)).types),
    }


def cells(case):
    """What the graph is given for cells: counts in its genes, and size factors."""
    its = model(case["model"])
    found = match(its.genes, case["names"])
    counts = sparse.csr_matrix(np.array(case["counts"], dtype=np.float32))
    given = map_genes(found, its.genes, inputs=its.genes.inputs).cells(counts)
    inputs = given.inputs.toarray()
    factors = np.where(given.size_factors == 0, np.float32(1), given.size_factors)
    missing = np.flatnonzero(given.fill)
    inputs[:, missing] = factors[:, None] * given.fill[missing]
    return {
        "inputs": [[float(f"{value:.7g}") for value in row] for row in inputs],
        "size_factors": [float(f"{value:.7g}") for value in given.size_factors],
        "model_counts": given.counts.toarray().astype(int).tolist(),
    }


ANSWERS = {"alone": alone, "genes": genes_of, "datasets": dataset, "features": features, "cells": cells}


def same(answer, said):
    """Whether two answers are the same, numbers to seven digits."""
    if isinstance(said, dict):
        return answer.keys() == said.keys() and all(same(answer[key], said[key]) for key in said)
    if isinstance(said, list):
        return len(answer) == len(said) and all(map(same, answer, said))
    if isinstance(said, float):
        return math.isclose(answer, said, rel_tol=1e-6, abs_tol=1e-12)
    return answer == said


def test_names_are_taken_apart_as_the_cases_say():
    assert {name: spelling(name) for name in CASES["spellings"]} == CASES["spellings"]


@pytest.mark.parametrize(
    ("part", "case"),
    [pytest.param(part, case, id=case["title"]) for part in ANSWERS for case in CASES[part]],
)
def test_the_answer_of_a_case_is_that_of_python(part, case):
    answer = ANSWERS[part](case)
    assert same(answer, case["answer"]), answer


def write():
    """Write the answers anew."""
    lines = ["{"]
    for key in ("about", "models", "spellings", *ANSWERS):
        its = CASES[key]
        if key in ANSWERS:
            rows = [json.dumps(case | {"answer": ANSWERS[key](case)}, ensure_ascii=False) for case in its]
            lines.append(f'"{key}": [\n' + ",\n".join(rows) + "\n],")
        else:
            its = {name: spelling(name) for name in its} if key == "spellings" else its
            lines.append(f'"{key}": {json.dumps(its, ensure_ascii=False)},')
    FILE.write_text("\n".join(lines)[:-1] + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
