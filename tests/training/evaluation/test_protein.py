"""Protein as truth: an antibody's gene, the cells that carry it, and what RNA tells of them."""

import anndata
import numpy as np
import pandas as pd
import pytest

from cellfill.errors import DataError, UsageError
from cellfill_training.evaluation import methods
from cellfill_training.evaluation.proteins.antibodies import genes_of
from cellfill_training.evaluation.proteins.carriers import carriers, centred_log_ratios
from cellfill_training.evaluation.proteins.levels import Carried, Proteins, carried_by, read_proteins
from cellfill_training.evaluation.protocols import protein
from cellfill_training.evaluation.protocols.filling import UNCHANGED
from cellfill_training.evaluation.protocols.named import choose_protocols, make_task
from cellfill_training.evaluation.subjects import Subject, read_subject
from training.small import study_of

CELLS = 120


@pytest.fixture
def cells():
    """120 cells, every third with the protein of the first gene; its RNA is mostly missed."""
    rng = np.random.default_rng(0)
    carry = np.arange(CELLS) % 3 == 0
    counts = rng.poisson(3, (CELLS, 4)).astype(np.float32)
    counts[:, 0] = carry & (rng.random(CELLS) < 0.3)
    levels = rng.poisson(np.where(carry, 200, 4)[:, None] * [1, 0, 0] + [0, 20, 20]).astype(float)
    return counts, carry, levels


@pytest.fixture
def file(cells, tmp_path):
    counts, _, levels = cells
    adata = anndata.AnnData(counts, var=pd.DataFrame(index=["NCAM1", "CD4", "ACTB", "GAPDH"]))
    adata.obsm["protein"] = pd.DataFrame(levels, index=adata.obs_names, columns=["CD56", "CD4", "IgG1"])
    adata.obsm["bare"] = levels
    adata.obsm["scaled"] = pd.DataFrame(levels - 5, index=adata.obs_names, columns=["CD56", "CD4", "IgG1"])
    adata.write_h5ad(tmp_path / "cite.h5ad")
    return tmp_path / "cite.h5ad"


@pytest.mark.parametrize(
    ("antibody", "gene"),
    [
        ("CD56", "NCAM1"),
        ("CD3_TotalSeqB", "CD3E"),
        ("adt_CD8a", "CD8A"),
        ("anti-human CD279 (PD-1)", "PDCD1"),
        ("PD1 (CD279)", "PDCD1"),
        ("MHCII (HLA-DR)", "HLA-DRA"),
        ("IL7Ralpha (CD127)", "IL7R"),
        ("HLA-A,B,C", "HLA-A"),
        ("CXCR5", "CXCR5"),
        ("SDC4", "SDC4"),  # on no list, but a symbol
        ("CD45RA", None),  # one gene's forms
        ("B220 (CD45R)", None),
        ("IgG1", None),
        ("CD999", None),
    ],
)
def test_an_antibody_is_of_the_gene_that_panels_mean(antibody, gene):
    there = ["NCAM1", "CD3E", "CD8A", "PDCD1", "HLA-DRA", "IL7R", "HLA-A", "CXCR5", "SDC4", "PTPRC"]
    assert genes_of([antibody], there).get(antibody) == gene


def test_a_gene_that_the_study_lacks_is_no_antibodys():
    assert genes_of(["CD56", "CD4"], ["CD4"]) == {"CD4": "CD4"}


def test_cells_carry_a_protein_where_its_levels_are_two(cells):
    _, carry, levels = cells
    ratios = centred_log_ratios(levels)
    np.testing.assert_allclose(ratios.sum(axis=1), 0, atol=1e-9)
    np.testing.assert_array_equal(carriers(levels[:, 0], ratios[:, 0]), carry)
    assert carriers(levels[:, 1], ratios[:, 1]) is None  # its ratio falls where the other rises; its counts do not
    one = np.random.default_rng(1).normal(size=500)
    assert carriers(np.exp(one), one) is None  # one kind of cells
    assert carriers(np.zeros(500), np.zeros(500)) is None
    one[:5] += 50
    assert carriers(np.where(one > 9, 90, 2), one) is None  # five cells are too few to judge by


def test_rna_that_knows_the_carriers_has_an_area_of_one_and_what_is_not_filled_is_as_it_was(cells):
    counts, carry, _ = cells
    study = study_of(counts)
    carried = (Carried(antibody="a", gene=0, cells=carry), Carried(antibody="b", gene=1, cells=carry))
    told = np.where(carry[:, None], 5, 0.1) * np.ones((1, 4), dtype=np.float32)
    told[:, 1] = np.nan
    found = protein.score({"expected": told.astype(np.float32)}, study, carried)
    raw = protein.score(methods.baselines()[0], study, carried)[UNCHANGED]
    assert raw.filled == raw.better == raw.worse == raw.worst == 0
    assert 0.55 < raw.auroc < 0.65  # 30 % of the carriers of the one, chance of the other
    whole = found["expected, all"]
    assert (whole.antibodies, whole.filled, whole.better, whole.worse) == (2, 1, 1, 0)
    assert whole.auroc_filled > 0.99
    assert whole.worst == 0  # that of the gene that is not filled
    wrong = {"expected": np.where(carry[:, None], 0.1, 5).astype(np.float32) * np.ones((1, 4), np.float32)}
    assert protein.score(wrong, study, carried)["expected, all"].worse == 2


def test_a_file_says_which_cells_carry_what_and_a_draw_keeps_it(file, cells):
    subject = read_subject(file, proteins="protein", min_genes=1)
    assert [(c.antibody, c.gene) for c in subject.carried] == [("CD56", 0)]
    drawn = subject.draw(60, seed=0)
    assert len(drawn.carried[0].cells) == 60
    assert isinstance(make_task("protein", drawn, np.arange(4), seed=0), protein.ProteinOfCells)
    assert "protein" in choose_protocols(None, [subject])
    few = Subject(study=study_of(cells[0]), carried=(Carried(antibody="a", gene=0, cells=np.arange(CELLS) < 3),))
    assert make_task("protein", few, np.arange(4), seed=0) is None  # three carriers were drawn


def test_what_cannot_be_judged_is_said(file, cells):
    with pytest.raises(UsageError, match="--proteins"):
        choose_protocols(["protein"], [Subject(study=study_of(cells[0]))])
    with pytest.raises(DataError, match=r"it has .*protein"):
        read_proteins(file, "adt")
    with pytest.raises(DataError, match="a column an antibody"):
        read_proteins(file, "bare")
    with pytest.raises(DataError, match="raw counts of antibodies"):
        read_proteins(file, "scaled")
    same = Proteins(antibodies=("CD56", "x"), counts=np.ones((CELLS, 2)))
    with pytest.raises(DataError, match="1 of 2 antibodies"):
        carried_by(same, study_of(cells[0], genes=["NCAM1", "CD4", "ACTB", "GAPDH"]))
