"""What a dataset lacks, what that is worth, and whether to go on: in Python and on the command line."""

import dataclasses
import json
import subprocess
import sys

import anndata
import numpy as np
import pandas as pd
import pytest

import cellfill
from cellfill.bundle import GeneIndex
from cellfill.errors import DataError, GeneMatchError, SpeciesError, UsageError
from cellfill.genes.align import gene_worth, match
from cellfill.genes.coverage import describe
from cellfill.tasks.imputation.options import ImputeOptions
from conftest import EXAMPLE, MODEL


def of_genes(names, **columns):
    return anndata.AnnData(np.ones((2, len(names)), dtype=np.float32), var=pd.DataFrame(columns, index=list(names)))


def by_worth(model):
    """Rows of the input genes, those of the highest worth first."""
    order = np.argsort(-gene_worth(model.genes), kind="stable")
    return order[np.isin(order, model.genes.inputs)]


def test_all_genes_of_a_model_are_a_coverage_of_one(model):
    c = model.align(of_genes([gene.symbol or gene.ensembl_id for gene in model.genes]))
    assert c.coverage == pytest.approx(1)
    assert (c.verdict, c.refusal, c.worst_missing) == ("good", "", ())
    assert (c.inputs_found, c.targets_filled) == (c.inputs_needed, c.targets_known)
    assert c.threshold == model.manifest.min_coverage


def test_the_worst_losses_are_named_with_their_worth(model, example):
    lacking = {"LYZ", "CD74", "NKG7"}
    c = model.align(example[:, ~example.var_names.isin(lacking)].copy())
    whole = model.align(example)
    lost = {g.symbol: g.worth for g in c.worst_missing if g.symbol in lacking}
    assert set(lost) == lacking
    assert whole.coverage - c.coverage == pytest.approx(sum(lost.values()))
    assert [g.worth for g in c.worst_missing] == sorted((g.worth for g in c.worst_missing), reverse=True)
    assert "LYZ" in describe(c, verbose=True)


def test_coverage_counts_worth_and_not_genes(model):
    rows = by_worth(model)
    symbols = [gene.symbol or gene.ensembl_id for gene in model.genes]
    best, rest = ([symbols[r] for r in part] for part in (rows[:100], rows[100:]))
    assert model.align(of_genes(best)).coverage > model.align(of_genes(rest)).coverage


def test_too_little_is_refused_and_the_way_on_is_named(model, example):
    lacking = {model.genes[int(r)].symbol for r in by_worth(model)[:500]}
    few = example[:, ~example.var_names.isin(lacking)].copy()
    c = model.align(few)
    assert c.verdict == "refused"
    assert c.coverage < model.manifest.min_coverage
    with pytest.raises(
        GeneMatchError, match=r"a coverage of 0\.\d+, .* go on at your own risk with --min-coverage"
    ):
        model.impute(few)
    offered = float(c.refusal.split("--min-coverage ")[1].split()[0])
    again = model.align(few, min_coverage=offered)
    assert again.verdict == "usable"
    assert again.refusal == ""


def test_another_species_is_refused_whatever_the_coverage(model, example):
    mouse = example[:5].copy()
    mouse.var_names = [f"Gm{1000 + i}" if i % 9 == 0 else n for i, n in enumerate(mouse.var_names)]
    mouse = mouse[:, [n.startswith("Gm") or ("-" not in n and "." not in n) for n in mouse.var_names]].copy()
    mouse.var_names = mouse.var_names.str.upper()  # as some write mouse genes
    c = model.align(mouse)
    assert (c.verdict, c.species) == ("refused", ("Mus musculus",))
    assert c.coverage > model.manifest.min_coverage
    with pytest.raises(SpeciesError, match=r"model is for Homo sapiens; .* look like .*: Mus musculus"):
        model.impute(mouse)


def test_the_column_that_names_the_genes_can_be_named(model, example):
    ids = {gene.symbol: gene.ensembl_id for gene in model.genes}
    data = example[:5].copy()
    data.var["mine"] = [ids.get(name) or name for name in data.var_names]
    data.var_names = [f"row{i}" for i in range(data.n_vars)]
    assert model.align(data, gene_column="mine").coverage == pytest.approx(model.align(example).coverage)
    with pytest.raises(DataError, match=r"no column 'theirs' .*columns: mine"):
        model.align(data, gene_column="theirs")
    with pytest.raises(DataError, match="takes an AnnData"):
        model.align([1, 2])


def test_what_is_not_filled_says_why(model, example):
    tagged = of_genes(
        [*example.var_names, "LYZ-1", "CD14"],
        feature_types=["Gene Expression"] * (example.n_vars + 1) + ["Antibody Capture"],
    )
    c = model.align(tagged)
    whole = model.align(example)
    assert c.columns_summed == whole.columns_summed + 2
    assert (
        c.not_filled["several columns match one gene"]
        == whole.not_filled.get("several columns match one gene", 0) + 2
    )
    assert c.not_filled["not gene expression"] == 1
    assert c.genes == tagged.n_vars == c.targets_filled + sum(c.not_filled.values())


def test_a_model_without_worth_counts_the_networks_that_read_a_gene(model):
    plain = GeneIndex([dataclasses.replace(gene, worth=float("nan")) for gene in model.genes])
    reads = np.array([len(gene.predicts) for gene in plain])
    np.testing.assert_allclose(gene_worth(plain), reads / reads.sum())


def test_matching_refuses_nothing(model):
    found = match(model.genes, [["WBGene00000010"]])
    assert (found.coverage, found.targets_found) == (0, 0)


def test_a_coverage_that_is_no_share_is_refused():
    with pytest.raises(UsageError, match="min_coverage is 2"):
        ImputeOptions(min_coverage=2)


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "cellfill.cli", "align", *map(str, arguments), "--model", str(MODEL)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_what_the_library_says(model, example):
    done = command(EXAMPLE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip("\n") == describe(model.align(example))
    assert done.stdout.startswith("good: 90.7% of what the model reads is there\n")
    assert command(EXAMPLE, "-v").stdout.rstrip("\n") == describe(model.align(example), verbose=True)
    record = json.loads(command(EXAMPLE, "--json").stdout)
    quiet = command(EXAMPLE, "--quiet")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    assert record == json.loads(json.dumps(dataclasses.asdict(model.align(example))))


def test_the_command_exits_with_3_where_imputing_would_be_refused(tmp_path, example):
    few = example[:3, :50].copy()
    few.write_h5ad(tmp_path / "few.h5ad")
    done = command(tmp_path / "few.h5ad")
    assert done.returncode == 3
    assert "--min-coverage" in done.stdout
    assert "Traceback" not in done.stderr
    assert command(EXAMPLE, "--min-coverage", "1").returncode == 3
    assert command(EXAMPLE, "--gene-column", "absent").returncode == 3


def test_a_dataset_with_genes_in_rows_is_told_to_be_transposed(model, example, tmp_path):
    turned = example.T.copy()
    assert "transpose it: adata.t" in model.align(turned).refusal.lower()
    turned.write_h5ad(tmp_path / "in.h5ad")
    with pytest.raises(GeneMatchError, match=r"look like genes .* Transpose it: adata\.T"):
        cellfill.impute_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=model)


def test_columns_that_could_hold_the_names_are_listed(model, example):
    numbered = example.copy()
    numbered.var = pd.DataFrame({"mine": example.var_names}, index=[str(i) for i in range(example.n_vars)])
    with pytest.raises(GeneMatchError, match=r"--gene-column: mine\)"):
        model.impute(numbered)
    assert "--gene-column: mine)" in model.align(numbered).refusal
    model.impute(numbered, gene_column="mine")


@pytest.mark.parametrize("number", [4, 20, 28])
def test_a_few_genes_are_not_enough_however_much_they_tell(model, number):
    best = [model.genes[int(row)].symbol for row in by_worth(model)[:number]]
    few = of_genes(best)
    few.X = (np.arange(few.X.size) % 7).reshape(few.shape).astype(np.float32)
    c = model.align(few)
    assert c.coverage > model.manifest.min_coverage
    assert (c.verdict, c.least_inputs) == ("refused", 200)
    with pytest.raises(GeneMatchError, match=rf"has {number} of the .* too few to go by.* needs 200 of them"):
        model.impute(few)
    offered = float(c.refusal.split("--min-coverage ")[1].split()[0])
    again = model.align(few, min_coverage=offered)
    assert again.least_inputs == 0
    assert again.verdict == ("usable" if again.targets_filled else "refused")
    assert "too few to go by" not in again.refusal


def test_a_panel_of_good_coverage_is_enough(model):
    best = [model.genes[int(row)].symbol or model.genes[int(row)].ensembl_id for row in by_worth(model)]
    panel = next(n for n in range(40, 200) if model.align(of_genes(best[:n])).coverage >= 0.5)
    assert model.align(of_genes(best[:panel])).verdict == "good"
    assert model.align(of_genes(best[panel : panel + 1500])).verdict == "usable"


def test_a_small_model_needs_no_more_genes_than_it_reads(model):
    from cellfill.genes.align import LEAST_INPUTS, enough_inputs

    small = GeneIndex([model.genes[int(row)] for row in by_worth(model)[:30]])
    assert enough_inputs(small, None) == 30
    assert enough_inputs(model.genes, None) == LEAST_INPUTS
    assert enough_inputs(model.genes, 0.1) == 0
