"""Studies that do not go together are refused before the training; empty batches are left out and named."""

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import DataError, UsageError
from cellfill_training import ARCHITECTURES, About, Words, architecture_options, fit, fit_network, options_for
from cellfill_training.cards.words import StudyWords
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.study import Place
from cellfill_training.workflow.shared_genes import check_shared
from training.small import study_of
from training.tiny import TINY

SMALL = {"most_genes": 100, "min_genes": 1, "min_detection": 0.0, "max_epochs": 1, "batch_size": 32}


def studies(*, shared, cells=60, genes=200):
    """Two studies of as many genes, of which some are called alike."""
    counts = np.random.default_rng(0).poisson(2.0, (2 * cells, genes)).astype(np.float32)
    first = study_of(counts[:cells], "first", [f"GENE{g}" for g in range(genes)])
    names = [f"GENE{g}" if g < shared else f"OTHER{g}" for g in range(genes)]
    return [first, study_of(counts[cells:], "second", names)]


@pytest.mark.parametrize(("shared", "refused"), [(0, True), (19, True), (20, False), (200, False)])
def test_studies_that_call_genes_otherwise_are_not_learnt_apart(shared, refused):
    cohort = harmonise(studies(shared=shared), GeneTable())
    check_shared(cohort, species="unknown")
    if not refused:
        check_shared(cohort, species="Homo sapiens")
        return
    with pytest.raises(DataError, match=rf"first shares {shared} of its 200 genes .*--gene-table"):
        check_shared(cohort, species="Homo sapiens")


def test_a_panel_need_only_share_what_it_has():
    first, second = studies(shared=200)
    panel = dataclasses.replace(second, counts=second.counts[:, :20], gene_names=(second.gene_names[0][:20],))
    check_shared(harmonise([first, panel], GeneTable()), species="Homo sapiens")


def train(parts, out, architecture, said, species=""):
    words = Words(studies={part.name: StudyWords() for part in parts})  # as every recipe has it
    about = {"on_step": said.append, "about": About(species=species), "words": words}
    if architecture is None:
        chosen = options_for("default", **(TINY | {"max_epochs": 1, "min_genes": 1}))
        return fit(parts, out=out, options=chosen, **about)
    reads = {key: value for key, value in SMALL.items() if key in ARCHITECTURES[architecture].reads}
    return fit_network(
        parts, out=out, architecture=architecture, options=architecture_options(architecture, **reads), **about
    )


@pytest.mark.parametrize("architecture", [None, "pca"])
def test_no_training_begins_with_them(tmp_path, architecture):
    with pytest.raises(DataError, match="first shares 0 of its 200 genes"):
        train(studies(shared=0), tmp_path / "m", architecture, [], species="Mus musculus")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("architecture", [None, "pca"])
def test_a_batch_without_a_cell_is_left_out_and_named(tmp_path, architecture):
    first, second = (
        dataclasses.replace(study, place=Place(file="a.h5ad", cells=("batch", study.name)))
        for study in studies(shared=200)
    )
    empty = dataclasses.replace(second, counts=sparse.csr_matrix(second.counts.shape, dtype=np.float32))
    said = []
    made = train([first, empty], tmp_path / "m", architecture, said)
    assert [line for line in said if line.startswith("WARNING A batch is left out. No cell of second has 1 genes")]
    assert [study.name for study in made.manifest.studies] == ["first"]


def test_a_file_without_a_cell_is_refused(tmp_path):
    first, second = studies(shared=200)
    empty = dataclasses.replace(second, counts=sparse.csr_matrix(second.counts.shape, dtype=np.float32))
    with pytest.raises(DataError, match="No cell of second has"):
        train([first, empty], tmp_path / "m", "pca", [])
    nothing = dataclasses.replace(empty, place=Place(file="a.h5ad", cells=("batch", "second")))
    with pytest.raises(DataError, match="No cell of second has"):
        train([nothing], tmp_path / "m", "pca", [])


def test_batches_do_not_vouch_for_one_another():
    parts = studies(shared=0)
    twice = [dataclasses.replace(one, name=f"{one.name}{n}") for one in parts for n in (1, 2)]
    with pytest.raises(DataError, match="first1 shares 0 of its 200 genes with second2 and what goes with it"):
        check_shared(harmonise(twice, GeneTable()), species="Homo sapiens")
    bridge = studies(shared=100)[1]
    check_shared(harmonise([*twice[:2], bridge, *studies(shared=100)], GeneTable()), species="Homo sapiens")


def test_a_reference_that_has_no_cell_is_no_batch(tmp_path):
    first, second = (
        dataclasses.replace(study, place=Place(file="a.h5ad", cells=("batch", study.name)))
        for study in studies(shared=200)
    )
    third = dataclasses.replace(second, name="third")
    empty = dataclasses.replace(second, counts=sparse.csr_matrix(second.counts.shape, dtype=np.float32))
    options = architecture_options("mmd-resnet", min_genes=1, reference="second")
    with pytest.raises(UsageError, match="second"):
        fit_network(
            [first, empty, third], out=tmp_path / "m", architecture="mmd-resnet", options=options, on_step=print
        )
