"""Fine-tuning: better on the new cells than the model it began from, which stays where the cells tell nothing."""

import dataclasses
import shutil

import numpy as np
import pytest
from scipy import sparse

from cellfill.bundle import read_bundle, write_bundle
from cellfill.errors import BundleError, GeneMatchError, SpeciesError, UsageError
from cellfill.fitness.metrics import poisson_loss
from cellfill_training import About, GeneTable, Words, fit, tuning_options
from cellfill_training.architectures.subnetworks.start import read_start, start_cohort, start_levels
from cellfill_training.cards.card import write_card
from cellfill_training.cards.read_back import words_of_card
from cellfill_training.cards.words import StudyWords
from cellfill_training.evaluation import Judge
from training.tiny import TINY

FAST = {"min_genes": 50, "max_epochs": 8, "learning_rate": 3e-3}


def shifted(study, lost=()):
    """Cells of another lab: two thirds of the molecules of every second gene, and some genes not measured."""
    rng = np.random.default_rng(1)
    counts = study.counts.tocoo()
    kept = rng.binomial(counts.data.astype(int), np.where(counts.col % 2, 1.0, 0.4))
    moved = sparse.csr_matrix((kept.astype("f4"), (counts.row, counts.col)), shape=counts.shape)
    moved.eliminate_zeros()
    columns = np.setdiff1d(np.arange(counts.shape[1]), lost)
    names = tuple(tuple(column[i] for i in columns) for column in study.gene_names)
    return dataclasses.replace(study, name="shifted", counts=moved[:, columns], gene_names=names)


@pytest.fixture(scope="module")
def lost(studies, tiny):
    """Columns of every fifth target gene of the model."""
    return Judge(read_bundle(tiny)).targets(studies[1])[::5]


@pytest.fixture(scope="module")
def cells(studies, lost):
    """Shifted cells that lack some genes: some to tune on, some to judge on."""
    new = shifted(studies[1], lost)
    return new.take(np.arange(0, 240)), dataclasses.replace(new.take(np.arange(240, 300)), name="unseen")


@pytest.fixture(scope="module")
def tuned(tiny, cells, tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "tuned"
    return fit(cells[:1], out=out, start=tiny, options=tuning_options("default", **FAST), held_out=cells[1:])


def loss(bundle, study):
    judge = Judge(bundle)
    columns = judge.targets(study)
    mean, _ = judge.predict(study, study.counts, estimate="expected", calibrate=False)
    return poisson_loss(mean[:, columns], study.counts[:, columns])


def test_a_model_to_go_on_from_is_found_by_its_name(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CELLFILL_MODELS", str(tiny.parent))
    assert read_start(tiny.name).bundle == read_bundle(tiny)


def test_a_tuned_model_is_better_on_the_new_cells(tiny, tuned, cells):
    assert loss(tuned, cells[1]) < loss(read_bundle(tiny), cells[1])


def test_what_the_new_cells_do_not_measure_stays(tiny, tuned, cells):
    before, after = read_start(tiny), read_start(tuned)
    measured = start_cohort(before, cells[:1]).measured[0]
    targets = before.plan.targets
    unknown = np.flatnonzero(~measured[:targets])
    assert len(unknown) > 20
    network, place = np.divmod(unknown, before.plan.group_size)
    for number in (2, 3):  # the last layer
        old, new = before.weights[number], after.weights[number]
        np.testing.assert_allclose(new[network, :, place], old[network, :, place], atol=1e-6)
        assert np.abs(new - old).max() > 1e-3
    for name in ("mean", "inverse_dispersion", "worth"):
        old, new = (start.bundle.genes.column(name)[~measured] for start in (before, after))
        np.testing.assert_array_equal(old, new)
    assert np.nansum(after.bundle.genes.column("worth")) == pytest.approx(1, abs=1e-5)


def test_genes_sub_networks_and_scale_are_the_first_models(tiny, tuned):
    before, after = read_start(tiny), read_start(tuned)
    for name in ("ensembl_id", "symbol", "aliases", "is_input", "is_target", "subnetwork", "predicts"):
        assert [getattr(g, name) for g in before.bundle.genes] == [getattr(g, name) for g in after.bundle.genes]
    np.testing.assert_array_equal(
        before.centres[before.bundle.genes.inputs], after.centres[after.bundle.genes.inputs]
    )


def test_a_start_gives_back_what_the_graph_gives(tiny, studies):
    """The weights that are read out of a graph, in networks again, say what the graph says."""
    from cellfill_training.architectures.subnetworks.export import check_export
    from cellfill_training.architectures.subnetworks.network import SubNetworks
    from cellfill_training.fitting.presets import options_for

    start = read_start(tiny)
    cohort = start_cohort(start, studies[1:])
    levels = dataclasses.replace(start_levels(start, cohort), means=start.means)
    networks = SubNetworks(start.plan, levels, options_for("default", **TINY))
    networks.restore(start.weights)
    assert check_export(start.bundle.graph, networks, cohort.counts[:40].toarray()) < 1e-4


def test_levels_of_new_cells_keep_the_scale(tiny, studies):
    """Size factors by the new means are those by the old ones, and a level that halved is found."""
    start = read_start(tiny)
    cohort = start_cohort(start, [shifted(studies[1])])
    levels = start_levels(start, cohort)
    measured = cohort.measured[0]
    again = cohort.counts @ (measured / levels.means[measured].sum())
    np.testing.assert_allclose(again, levels.size_factors, rtol=0.02)
    whole = start_levels(start, start_cohort(start, studies[1:]))
    halved = np.log(levels.means / whole.means)[measured]
    assert halved.std() > 0.3


def test_records_name_the_first_model_and_its_studies(tiny, tuned):
    first, manifest = read_bundle(tiny).manifest, tuned.manifest
    assert manifest.provenance["fine-tuned from"] == f"tiny, model.onnx sha256 {first.files['model.onnx'].sha256}"
    assert [(s.name, s.role) for s in manifest.studies] == [
        ("pbmc3k_400", "training"),
        ("shifted", "training"),
        ("unseen", "held-out"),
    ]
    assert manifest.architecture.options["max_targets"] == "300"
    assert manifest.architecture.options["learning_rate"] == "0.003"
    assert "Fine-tuned from tiny" in tuned.card
    assert "On unseen (60 cells), which trained nothing" in tuned.card


def test_a_model_tuned_twice_names_both(tuned, studies, tmp_path):
    options = tuning_options("default", **(FAST | {"max_epochs": 1}))
    again = fit(studies[1:], out=tmp_path / "again", start=tuned, options=options)
    told = again.manifest.provenance["fine-tuned from"]
    assert told.startswith("tuned, ")
    assert "; itself from tiny, " in told


def test_where_nothing_helps_the_first_weights_stay(tiny, studies, tmp_path):
    """A learning rate that only does harm leaves the model at the level of the new cells."""
    options = tuning_options("default", **(FAST | {"learning_rate": 0.9, "max_epochs": 3, "weight_decay": 0.0}))
    bundle = fit(studies[1:], out=tmp_path / "same", start=tiny, options=options)
    assert {network.best_epoch for network in bundle.manifest.subnetworks} == {0}
    before, after = read_start(tiny), read_start(bundle)
    for old, new in zip(before.weights[:3], after.weights[:3], strict=True):
        np.testing.assert_array_equal(old, new)
    assert loss(bundle, studies[1]) < loss(read_bundle(tiny), studies[1])  # the level of the new cells alone


def test_a_published_model_can_be_tuned_too(studies, tmp_path):
    from cellfill_training import options_for

    options = options_for("paper", **(TINY | {"max_epochs": 2}))
    fit(studies[:1], out=tmp_path / "paper", preset="paper", options=options)
    tuned = fit(
        studies[1:],
        out=tmp_path / "tuned",
        preset="paper",
        start=tmp_path / "paper",
        options=tuning_options("paper", min_genes=50, max_epochs=2),
    )
    assert tuned.manifest.estimates == ("expressed",)
    with pytest.raises(UsageError, match=r"is of preset 'paper' .* Say --preset paper"):
        fit(studies[1:], out=tmp_path / "other", start=tmp_path / "paper")


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"preset": "paper"}, UsageError, r"is of preset 'default' .* Say --preset default"),
        ({"about": About(species="Mus musculus")}, UsageError, "tiny is for Homo sapiens"),
        ({"gene_table": GeneTable()}, UsageError, "no gene table"),
        ({"targets": ["CD3D"]}, UsageError, "no targets"),
    ],
)
def test_what_contradicts_the_model_is_refused(tiny, studies, tmp_path, more, error, message):
    bundle = read_bundle(tiny)
    human = dataclasses.replace(bundle, manifest=dataclasses.replace(bundle.manifest, species="Homo sapiens"))
    write_bundle(human, tmp_path / "tiny")
    with pytest.raises(error, match=message):
        fit(studies[1:], out=tmp_path / "x", start=tmp_path / "tiny", **more)


def test_cells_of_another_species_and_other_genes_are_refused(tiny, studies, tmp_path):
    bundle = read_bundle(tiny)
    human = dataclasses.replace(bundle, manifest=dataclasses.replace(bundle.manifest, species="Homo sapiens"))
    ids = [tuple(f"{kind}{i:{form}}" for i in range(900)) for kind, form in (("ENSMUSG", "011d"), ("gene", "d"))]
    for names, error in zip(ids, (SpeciesError, GeneMatchError), strict=True):
        other = dataclasses.replace(studies[1], gene_names=(names[: studies[1].counts.shape[1]],))
        with pytest.raises(error):
            fit([other], out=tmp_path / "x", start=human, options=tuning_options("default", min_genes=50))


def test_the_model_that_is_decided_cannot_be_changed():
    with pytest.raises(UsageError, match="hidden is decided by the model"):
        tuning_options("default", hidden=32)


def test_a_study_that_trained_the_first_model_cannot_judge_the_second(tiny, studies, tmp_path):
    with pytest.raises(UsageError, match="tiny was itself trained on pbmc3k_400"):
        fit(studies[1:], out=tmp_path / "x", start=tiny, held_out=studies[:1])


def test_cells_that_may_have_trained_the_first_model_are_warned_of_and_its_studies_are_still_described(
    tiny, studies, tmp_path
):
    bundle, said = read_bundle(tiny), []
    old, *others = bundle.manifest.studies
    manifest = dataclasses.replace(
        bundle.manifest, studies=(dataclasses.replace(old, source="GSE1, donor 1"), *others)
    )
    words = Words(studies={old.name: StudyWords(accession="GSE1 (GSM1)", platform="inDrop", cell_types="all")})
    card = write_card(manifest, bundle.genes, words=words)
    judge = dataclasses.replace(studies[1].take(slice(0, 60)), name="judge", source="subset of GSE1")
    tuned = fit(
        [dataclasses.replace(studies[1].take(slice(60, 160)), name="mine")],
        out=tmp_path / "tuned",
        start=dataclasses.replace(bundle, manifest=manifest, card=card),
        options=tuning_options("default", **(FAST | {"max_epochs": 1})),
        held_out=[judge],
        on_step=said.append,
    )
    (warning,) = (line for line in said if line.startswith("WARNING"))
    assert warning.startswith(f"WARNING judge is from GSE1, and so is {old.name}, which trained")
    assert "trained nothing of it" not in tuned.card
    assert words_of_card(tuned)[old.name].platform == "inDrop"
    assert f"which {old.name} trained" in tuned.card


def test_a_model_of_another_kind_is_refused(tiny, tmp_path):
    bundle = read_bundle(tiny)
    other = dataclasses.replace(bundle.manifest.architecture, name="magic")
    with pytest.raises(UsageError, match="its architecture is 'magic'"):
        read_start(dataclasses.replace(bundle, manifest=dataclasses.replace(bundle.manifest, architecture=other)))
    genes = [dataclasses.replace(g, predicts=()) for g in bundle.genes]
    with pytest.raises(BundleError, match="disagree about what its sub-networks read"):
        read_start(dataclasses.replace(bundle, genes=type(bundle.genes)(genes)))
    shutil.copytree(tiny, tmp_path / "damaged")
    (tmp_path / "damaged" / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(BundleError):
        read_start(tmp_path / "damaged")
