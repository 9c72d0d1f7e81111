"""Counts on disk give the model that counts in memory give, and are refused for the same reasons."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import CountsError
from cellfill_training import fit, options_for, read_study
from cellfill_training.studies import blocks
from cellfill_training.studies import reading as study_files
from cellfill_training.studies.blocks import cell_totals, cells_with_gene, detected_genes, gene_sums, take_cells
from cellfill_training.studies.stored import StoredCounts
from conftest import DATA
from training.tiny import TINY

FILES = {name: DATA / f"{name}.h5ad" for name in ("pbmc3k_400", "pbmc_donor_a_300")}


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks that do not divide the number of cells."""
    monkeypatch.setattr(blocks, "BLOCK", 37)
    monkeypatch.setattr(study_files, "_READ", 53)


@pytest.fixture
def made():
    counts = np.random.default_rng(0).poisson(0.4, (100, 30)).astype(np.float32)
    counts[40:45] = 0
    return sparse.csr_matrix(counts)


@pytest.fixture
def stored(made, tmp_path):
    return StoredCounts(tmp_path, (made[a : a + 30] for a in range(0, 100, 30)), 30)


def test_any_cells_are_those_in_memory(made, stored):
    order = np.random.default_rng(1).permutation(100)[:60]
    for rows in (slice(None), slice(35, 47), slice(90, 200), order, order[:0], np.arange(100) % 3 == 0):
        np.testing.assert_array_equal(stored[rows].toarray(), made[rows].toarray())
    some = stored.take(order).take(np.arange(5, 30))
    assert some.shape == (25, 30)
    np.testing.assert_array_equal(some[:].toarray(), made[order[5:30]].toarray())
    np.testing.assert_array_equal(some[slice(3, 9)].toarray(), made[order[8:14]].toarray())


def test_what_is_counted_block_by_block_is_what_is_counted_at_once(made, stored, small_blocks):
    dense, study = made.toarray().astype(float), np.arange(100) % 2
    for counts in (made, stored):
        np.testing.assert_array_equal(cells_with_gene(counts), (dense > 0).sum(axis=0))
        np.testing.assert_array_equal(detected_genes(counts), (dense > 0).sum(axis=1))
        np.testing.assert_array_equal(cell_totals(counts), dense.sum(axis=1))
        np.testing.assert_array_equal(gene_sums(counts, study, 2), [dense[study == s].sum(axis=0) for s in (0, 1)])
        np.testing.assert_array_equal(detected_genes(take_cells(counts, study == 1)), (dense[1::2] > 0).sum(axis=1))


def test_the_sum_of_many_cells_is_not_rounded_as_it_grows():
    counts = sparse.csr_matrix(np.full((200_000, 1), 0.1, dtype=np.float32))
    total = gene_sums(counts, np.zeros(200_000, dtype=int), 1)
    np.testing.assert_allclose(total, 200_000 * np.float64(np.float32(0.1)), rtol=1e-9)


def test_the_model_is_the_same_to_the_bit(small_blocks, tiny, tmp_path):
    options = options_for("default", **TINY | {"max_epochs": 2, "thinning": 0.5, "cells_fraction": 0.9})
    made = {}
    for where in (None, tmp_path):
        read = [read_study(path, on_disk=where) for path in FILES.values()]
        assert [isinstance(study.counts, StoredCounts) for study in read] == [where is not None] * 2
        both = fit(read, out=tmp_path / "both", options=options, overwrite=True)
        tuned = fit(read[:1], out=tmp_path / "tuned", start=tiny, held_out=read[1:], overwrite=True)
        made[where] = both.manifest, tuned.manifest
    for memory, disk in zip(*made.values(), strict=True):
        assert memory.files["model.onnx"] == disk.files["model.onnx"]
        assert memory == disk  # and genes.tsv, every figure, and the library sizes


def test_cells_without_counts_are_left_out_and_counts_are_checked(small_blocks, tmp_path):
    values = np.random.default_rng(0).poisson(1, (120, 20)).astype(np.float32)
    values[50:110] = 0
    path, folder = tmp_path / "made.h5ad", tmp_path / "folder"
    folder.mkdir()
    for matrix in (values, sparse.csr_matrix(values)):
        anndata.AnnData(matrix).write_h5ad(path)
        found = read_study(path, on_disk=folder).counts
        np.testing.assert_array_equal(found[:].toarray(), values)
    noisy = values * np.random.default_rng(1).uniform(0.5, 2, values.shape)
    for wrong, message in ((noisy, "holds fractions"), (values * 0, "only zeros")):
        anndata.AnnData(sparse.csr_matrix(wrong)).write_h5ad(path)
        with pytest.raises(CountsError, match=message):
            read_study(path, on_disk=folder)
