"""docs/bundle.md is enough: a reader written by it alone finds the genes and gets the numbers of cellfill."""

import ast
import dataclasses
import json
import runpy
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from scipy import sparse

from cellfill.bundle import GeneIndex, format_genes, read_bundle
from cellfill.genes.align import match
from cellfill.network.cells import map_genes
from cellfill.network.golden import TOLERANCE
from cellfill.network.predict import predict_outputs
from cellfill.network.session import open_network
from conftest import MODEL, ROOT
from runtime import bundles
from runtime.hostile import parts
from runtime.test_align import make
from runtime.test_spoiled_names import HUMAN as SPOILED

PROGRAM = ROOT / "examples" / "bundle_without_cellfill.py"
port = runpy.run_path(str(PROGRAM))
MOUSE = MODEL.parent / "mouse-pancreas-e15"

# What names become: each takes one name, of which it makes another.
CHANGES = [
    lambda n: n,
    str.lower,
    str.upper,
    str.title,
    lambda n: n.replace("-", "."),
    lambda n: n.replace("-", "_"),
    lambda n: f"{n}-1",
    lambda n: f"{n}.12",
    lambda n: f"{n}.123",
    lambda n: f"GRCh38_{n}",
    lambda n: f"mm10___{n}",
    lambda n: f"hg19{n}",
    lambda n: f"X{n}",
    lambda n: f"{n}_PAR_Y",
    lambda n: f" {n}",
    lambda n: f"hs:{n}",
    lambda n: "",
    lambda n: n[:-1],
]
ODD = [
    *("7-Sep", "07. Sep", "Sep-07", "7-Sep-21", "X7.Sep", "2021-09-07", "2009-09-01", "X2016.09.01", "3-Mar"),
    *("1-Mar", "2-Mar", "11-MAR", "12-mar", "3-März", "15-Sep", "16-Sep", "0-Sep", "1-Dec", "2-déc", "3-Dec"),
    *("2021-03-03T00:00:00", "7-Sep-2021", "7--Sep", "7.-Sep", "7...Sep", "Sep.-7.", "Sept 7", "sep7", "7Sep"),
    *("12345", "X12345", "X7SK", "X4.1BB", "ENSG00000000001.3_GENE2", "GENE2|ENSG00000000001"),
    *("ENSG00000000001;-GENE2", "GENE2,ENSG00000000001.12", "ENSG00000000001_PAR_Y"),
    *("GRCh38_ENSG00000000001.4_GENE2", "GRCm39_GRCh38_GENE2", "mm9_GENE2", "GRCh38__", "ENSG00000000001_"),
    *("_ENSG00000000001", "ENSG0000000001", "ENSMUSG00000000001", "ENSG00000000001.x", "nothing"),
    *("ENSG00000000001 GENE2", "GENE2 ENSG00000000001", "é", "한", "geneß", "GENE2-", "-1", "X", "X1", "."),
    *("NA", "2015-09-01", "2016-09-01", "GENE2-ENSG00000000001", "AB.1", "ab-1", "Ab-1"),
]


def rows_of(genes):
    return port["read_table"](format_genes(genes))


def same(genes, sets, names=None):
    """Compare the rule of the page with cellfill, and return the rows."""
    found = (names or port["Names"](rows_of(genes))).rows(sets)
    wanted = match(genes, sets).gene_of_column
    different = np.flatnonzero(found != wanted)
    assert len(different) == 0, [tuple(names[i] for names in sets) for i in different[:5]]
    return found


@cache
def names_of_human():
    return port["Names"](rows_of(read_bundle(MODEL).genes))


HARD = GeneIndex(
    [
        make(0),
        make(1, aliases=("OLD1", "BOTH", "gene2")),
        make(2, aliases=("BOTH", "GENE3", "Old.1")),
        make(3, aliases=("ENSG00000000009", "HLA.A", "x_1")),
        make(4, aliases=("hla-a", "MARCH5", "SEPT7")),
        dataclasses.replace(make(55), symbol="AB-1"),
        make(56, aliases=("ab_1",)),
        dataclasses.replace(make(57), symbol="12345"),
        dataclasses.replace(make(58), symbol="SEPTIN1"),
        *SPOILED,
    ]
)


@pytest.mark.parametrize("genes", [HARD, SPOILED], ids=["ids and aliases", "symbols alone"])
def test_odd_names_find_the_gene_that_cellfill_finds(genes):
    own = [name for gene in genes for name in (gene.symbol, gene.ensembl_id, *gene.aliases) if name]
    changed = [change(name) for name in own for change in CHANGES]
    found = same(genes, [[*ODD, *own, *changed]])
    assert len(set(found.tolist())) == len(genes) + 1
    for name in (*ODD, *changed):  # each alone, where nothing outranks it
        same(genes, [[name, "OTHER"]])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("folder", [MODEL, MOUSE], ids=["human", "mouse"])
def test_any_mixture_of_names_finds_the_genes_that_cellfill_finds(folder, seed):
    genes = read_bundle(folder).genes
    random = np.random.default_rng(seed)
    names = port["Names"](rows_of(genes))
    drawn = [genes[i] for i in random.choice(len(genes), 1500)]
    symbols = [g.symbol or g.ensembl_id for g in drawn]
    ids = [g.ensembl_id or g.symbol for g in drawn]
    others = [random.choice([*g.aliases, g.symbol, g.ensembl_id]) for g in drawn]

    def some(column, share):
        made = [
            CHANGES[random.integers(len(CHANGES))](str(n)) if random.random() < share else str(n) for n in column
        ]
        return [ODD[random.integers(len(ODD))] if random.random() < share / 10 else n for n in made]

    found = same(genes, [some(symbols, 0.7)], names)
    assert (found >= 0).mean() > 0.3
    same(genes, [some(others, 0.5), some(ids, 0.3)], names)
    same(genes, [some(ids, 0.9), some(symbols, 0.9), some(others, 0.9)], names)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "-1"),
        ("hs_", ""),
        ("a.b-c_", "_sample.2"),
        ("GRCh38_", "|x"),
        ("", "1"),
        ("x" * 29 + "_", ""),
        ("x" * 30 + "_", ""),
        ("", "_" + "x" * 29),
        ("", "_" + "x" * 30),
        ("abcdefghijklmnopqrstuvwxyz_abcdefgh_", "_abcdefghijklmnopqrstuvwxyz-abcdefgh"),
    ],
)
@pytest.mark.parametrize("number", [19, 20, 600])
def test_what_all_names_share_is_taken_off_as_cellfill_does(before, after, number):
    genes = read_bundle(MODEL).genes
    names = names_of_human()
    plain = [gene.symbol for gene in genes if gene.symbol][:number]
    same(genes, [[before + name + after for name in plain]], names)
    half = [before + name + after if i % 2 else "" for i, name in enumerate(plain)]
    same(genes, [half, plain], names)


@pytest.mark.parametrize(("with_it", "taken_off"), [(9, True), (11, False), (15, False), (16, False)])
def test_what_is_shared_stays_where_not_twice_as_many_are_genes_without_it(with_it, taken_off):
    symbols = [f"G{i}" for i in range(22)] + [f"G{i}-1" for i in range(with_it)]
    genes = GeneIndex([dataclasses.replace(make(i), symbol=symbol) for i, symbol in enumerate(symbols)])
    found = same(genes, [[f"G{i}-1" for i in range(22)]])
    assert (found[0] == 0) == taken_off


def test_a_suffix_is_not_taken_off_beside_an_id_nor_where_no_other_has_the_name():
    sets = [["ENSG00000000099", "ENSG00000000098"], ["GENE2-1", "GENE2"]]
    assert same(HARD, sets).tolist() == [-1, 2]
    assert same(HARD, [["GENE2-1", "GENE3"]]).tolist() == [-1, 3]
    assert same(HARD, [["GENE2-1", "GENE2"]]).tolist() == [2, 2]


def test_a_large_dataset_is_looked_at_by_steps_as_cellfill_does():
    genes = read_bundle(MODEL).genes
    named = [f"{gene.symbol}-1" for gene in genes if gene.symbol][:4100]
    assert (same(genes, [named]) >= 0).all()
    for first in range(3):  # every third is looked at, from the first on
        others = [f"z{i}-1" if i % 3 == first else n for i, n in enumerate(named)]
        assert (same(genes, [others]) >= 0).mean() == pytest.approx(2 / 3 if first else 0, abs=0.05)


@pytest.mark.parametrize("tasks", [bundles.TASKS, ("impute",), ("annotate",), ("embed",)], ids="-".join)
def test_it_gets_the_numbers_that_cellfill_gets_on_a_dataset_with_missing_doubled_and_other_genes(tasks, tmp_path):
    folder = bundles.make(tmp_path / "model", tasks)
    bundle = read_bundle(folder)
    names = [bundle.genes[0].symbol, "other", bundle.genes[2].ensembl_id, bundle.genes[4].symbol]
    names += [bundle.genes[2].ensembl_id + ".7", bundle.genes[3].symbol.lower()]
    counts = np.random.default_rng(1).poisson(2.0, (9, len(names))).astype("f") + 1
    alignment = match(bundle.genes, [names])
    network = open_network(bundle, device="cpu")
    cells = map_genes(alignment, bundle.genes, inputs=network.inputs).input_cells(sparse.csr_matrix(counts))
    wanted = predict_outputs(network, cells, network.meanings)

    files = port["read_files"](folder)
    genes = port["read_table"](files["genes.tsv"])
    rows = port["Names"](genes).rows([names])
    found = port["run"](files, *port["inputs_of"](genes, rows, counts))
    meaning = port["outputs_of"](json.loads(files["manifest.json"]))
    assert {meaning[name] for name in found} == set(wanted)
    for name, values in found.items():
        np.testing.assert_allclose(values, wanted[meaning[name]], rtol=1e-5, atol=1e-6)
    if "annotate" in tasks:
        summed = port["summed_up"](port["read_table"](files["classes.tsv"]), found["types"])
        ours = bundle.classes.sum_up(wanted["class_probabilities"])
        for name, values in summed.items():
            np.testing.assert_allclose(values, ours[:, bundle.classes.names.index(name)], rtol=1e-5)
        ranks = port["ranks"](files, rows, counts, found["types"], found["energy"])
        assert ranks.shape == (9,)
        assert ((ranks >= 0) & (ranks <= 1)).all()
        assert len(set(ranks.tolist())) > 3


def test_a_cell_drawn_from_its_profile_has_the_score_0_on_average_at_any_depth(tmp_path):
    files = port["read_files"](bundles.make(tmp_path / "model", ("annotate",)))
    raw = json.loads(files["manifest.json"])
    levels = np.linspace(0, 1, 201).tolist()
    raw["annotation"]["unknown"] |= {
        "levels": levels,
        "scores": [{"score": "profile", "quantiles": [np.linspace(-1, 1, 201).tolist()]}],
    }
    files["manifest.json"] = json.dumps(raw).encode()
    profiles = np.array([row[1:] for row in bundles.profiles()[1:]], dtype=float)
    random = np.random.default_rng(2)
    rows = np.array([0, 1, 3, 4])  # the third gene is missing
    for depth in (40, 4000):
        for leaf in range(3):
            cells = random.multinomial(depth, profiles[:, leaf] / profiles[:, leaf].sum(), size=4000)[:, rows]
            probabilities = np.eye(3)[np.full(len(cells), leaf)]
            ranks = port["ranks"](files, rows, cells.astype(float), probabilities, np.zeros((len(cells), 1)))
            assert 2 * ranks.mean() - 1 == pytest.approx(0, abs=0.02)


def test_the_program_replays_golden_values(tmp_path):
    folder = bundles.make(tmp_path / "model")
    done = subprocess.run([sys.executable, PROGRAM, folder], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].startswith("size factors: ")
    assert len(done.stdout.splitlines()) == 5
    assert "too much" not in done.stdout
    files = bundles.sound()
    graph = bundles.graph()
    graph.constants["type_b"] = parts.constant("type_b", np.array([0.101, 0.2, -0.1], "f"))
    wrong = parts.write(tmp_path / "wrong", parts.seal(files | {"model.onnx": graph.bytes()}))
    differences = port["replay"](wrong)
    assert differences["types"] > TOLERANCE
    assert differences["imputed_counts"] < TOLERANCE


def test_the_program_needs_numpy_and_onnx_runtime_alone():
    tree = ast.parse(PROGRAM.read_text())
    found = {
        name.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    }
    found |= {node.module.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}
